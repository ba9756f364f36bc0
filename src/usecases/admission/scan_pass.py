"""Scan a pass at the gate."""

from dataclasses import dataclass

from core.admission.scans import ScanAttempt, ScanDirection
from core.shared.callers import STAFF, ApiScope, Caller
from core.shared.ids import ScanId, TicketId
from ports.clock import Clock
from ports.ids import IdSource
from usecases.admission.scanning import ScanAnswer, Scanning


@dataclass(frozen=True, slots=True)
class ScanPass:
    """Scanners, everybody above, and the services of the gates.

    The first scan of a pass admits; who went out may come in again.
    """

    scanning: Scanning
    ids: IdSource
    clock: Clock

    async def __call__(
        self,
        caller: Caller,
        code: str,
        *,
        gate: str,
        device: str | None = None,
        direction: ScanDirection = ScanDirection.IN,
        ticket_id: TicketId | None = None,
        scan_id: ScanId | None = None,
    ) -> ScanAnswer:
        """Return whether it admits, and why not; the same `scan_id` again answers the same.

        `ticket_id` is the event that the gate is for. Raises ForbiddenError, and ScanConflictError for a `scan_id` that
        another scan has.
        """
        caller.must_be_one_of(STAFF, or_key_for=ApiScope.SCANS_WRITE)
        attempt = ScanAttempt(
            id=scan_id or ScanId(self.ids.new()),
            code=code,
            gate=gate,
            device=device,
            direction=direction,
            ticket_id=ticket_id,
            scanned_at=self.clock.now(),
        )
        return await self.scanning(caller, attempt)
