"""Say whether somebody was at an event."""

from dataclasses import dataclass

from core.admission.attendance import Attendance, attendance
from core.shared.ids import AccountId, TenantId, TicketId
from ports.admission import AdmissionTransactions
from ports.clock import Clock

_PASSES_MAX = 200


@dataclass(frozen=True, slots=True)
class AttendanceOf:
    """For the other contexts, which ask for the account itself. Of more than 200 passes the first are looked at."""

    admission: AdmissionTransactions
    clock: Clock

    async def __call__(self, tenant_id: TenantId, account_id: AccountId, ticket_id: TicketId) -> Attendance:
        """Return with which passes of the ticket the account was there, or why it was not."""
        now = self.clock.now()
        async with self.admission.begin(tenant_id) as tx:
            passes = await tx.passes.ever_held(account_id, ticket_id, passes_max=_PASSES_MAX)
            handovers = await tx.handovers.of_passes([each.id for each in passes])
        return attendance(account_id, passes=passes, handovers=handovers, now=now)
