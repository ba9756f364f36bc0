"""Take in the scans that were made without a network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.admission.errors import ScanConflictError
from core.admission.scans import ScanAttempt
from core.shared.callers import STAFF, ApiScope, Caller
from core.shared.ids import ScanId
from ports.clock import Clock
from usecases.admission.scanning import ScanAnswer, Scanning


@dataclass(frozen=True, slots=True)
class ReconcileScans:
    """Scanners, everybody above, and the services of the gates.

    Each scan in a transaction of its own, so that a batch can be sent again.

    What the scanners decided is a fact and is kept as such; what speaks against it is named as a conflict. Of two that
    were let in with one pass the one who was scanned first was in the right, whichever scan was heard of first. A clock
    that is ahead is put back to now.
    """

    scanning: Scanning
    clock: Clock

    async def __call__(
        self, caller: Caller, attempts: Sequence[ScanAttempt]
    ) -> dict[ScanId, ScanAnswer | ScanConflictError]:
        """Return what became of each, or the error for an id that another scan has; raises ForbiddenError.

        They are taken in the order they were made in.
        """
        caller.must_be_one_of(STAFF, or_key_for=ApiScope.SCANS_WRITE)
        now = self.clock.now()
        answers: dict[ScanId, ScanAnswer | ScanConflictError] = {}
        for attempt in sorted(attempts, key=lambda each: (each.scanned_at, each.id)):
            try:
                answers[attempt.id] = await self.scanning(
                    caller, replace(attempt, scanned_at=min(attempt.scanned_at, now))
                )
            except ScanConflictError as error:
                answers[attempt.id] = error
        return answers
