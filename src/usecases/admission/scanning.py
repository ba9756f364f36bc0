"""Record a scan, and say whether it admits."""

from dataclasses import dataclass
from datetime import datetime

from core.admission.code import SignedCode
from core.admission.errors import InvalidCodeError, ScanConflictError
from core.admission.passes import Pass
from core.admission.scans import GateRules, Scan, ScanAttempt, ScanRefusal, refusal_of, used_by
from core.shared.callers import Caller
from ports.admission import AdmissionTransaction, AdmissionTransactions
from ports.clock import Clock
from usecases.admission.announcements import tell_stopped
from usecases.admission.verify_code import VerifyCode


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """A scan with the pass it is of, None unless the code was true, and the scan that stood in its way."""

    scan: Scan
    admission: Pass | None
    earlier: Scan | None

    @property
    def conflict(self) -> bool:
        """Whether somebody was let through offline against what is known."""
        return self.scan.admitted and self.scan.reason is not None

    @property
    def rightful(self) -> Scan | None:
        """Of two that were let in with one pass the scan that was made first; None where there is no other."""
        if self.earlier is None:
            return None
        return min(self.earlier, self.scan, key=lambda each: each.scanned_at)


@dataclass(frozen=True, slots=True)
class Scanning:
    """Part of ScanPass and ReconcileScans: one scan in one transaction, under the lock of its pass.

    Every scan is recorded, the refused ones too. The same scan again answers what it answered.
    """

    admission: AdmissionTransactions
    verify: VerifyCode
    clock: Clock
    rules: GateRules

    async def __call__(self, caller: Caller, attempt: ScanAttempt) -> ScanAnswer:
        """Return what became of it; raises ScanConflictError for an id that another scan has."""
        async with self.admission.begin(caller.tenant_id) as tx:
            found, revision, refusal = await self._read(tx, attempt)
            before = await tx.scans.get(attempt.id)  # after the lock, so that two of one id take turns
            if before is not None:
                before.must_be_of(attempt)
                return ScanAnswer(before, found, await self._earlier(tx, before))
            return await self._judged(tx, caller, attempt, found, revision, refusal, now=self.clock.now())

    async def _read(
        self, tx: AdmissionTransaction, attempt: ScanAttempt
    ) -> tuple[Pass | None, int | None, ScanRefusal | None]:
        """Prove the code, and lock its pass."""
        try:
            key = await tx.keys.get(SignedCode.parse(attempt.code).claims.key_id)
            if key is None:
                return None, None, ScanRefusal.UNKNOWN_EVENT
            claims = self.verify(attempt.code, {key.key_id: key.public_key})
        except InvalidCodeError:
            return None, None, ScanRefusal.INVALID_CODE
        found = await tx.passes.lock(claims.pass_id)
        if found is None or found.event.ticket_id != key.ticket_id:
            return None, None, ScanRefusal.INVALID_CODE
        refusal = refusal_of(found, attempt, revision=claims.revision, rules=self.rules)
        return found, claims.revision, refusal

    async def _judged(
        self,
        tx: AdmissionTransaction,
        caller: Caller,
        attempt: ScanAttempt,
        found: Pass | None,
        revision: int | None,
        refusal: ScanRefusal | None,
        *,
        now: datetime,
    ) -> ScanAnswer:
        admitted = refusal is None if attempt.let_through is None else attempt.let_through
        if not admitted and refusal is None:
            refusal = ScanRefusal.REFUSED_AT_GATE
        earlier = None
        if found is not None and found.inside_since is not None and refusal is ScanRefusal.ALREADY_ADMITTED:
            earlier = await tx.scans.first_inside(found.id, since=found.inside_since)
        if found is not None and admitted:
            used = used_by(found, attempt, refusal=refusal)
            await tx.passes.save(used)
            if found.offer is not None and used.offer is None:
                await tell_stopped(tx, used.order_id, [used.id], reason="scanned", over=True, at=now)
            found = used
        scan = Scan(
            id=attempt.id,
            code_hash=attempt.code_hash,
            pass_id=found.id if found is not None else None,
            revision=revision,
            gate=attempt.gate,
            device=attempt.device,
            direction=attempt.direction,
            scanned_by=caller.account_id,
            scanned_at=attempt.scanned_at,
            recorded_at=now,
            offline=attempt.offline,
            admitted=admitted,
            reason=refusal,
            earlier_scan_id=earlier.id if earlier is not None else None,
        )
        if not await tx.scans.add(scan):
            raise ScanConflictError  # the same id at the same moment for another code
        return ScanAnswer(scan, found, earlier)

    async def _earlier(self, tx: AdmissionTransaction, scan: Scan) -> Scan | None:
        return await tx.scans.get(scan.earlier_scan_id) if scan.earlier_scan_id is not None else None
