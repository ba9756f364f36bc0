"""List what a scanner has to know to work without a network."""

from dataclasses import dataclass

from core.admission.passes import Pass
from core.shared.callers import STAFF, ApiScope, Caller
from core.shared.ids import TicketId
from ports.admission import AdmissionTransactions
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class ScanManifest:
    """Scanners, everybody above, and the services of the gates."""

    admission: AdmissionTransactions

    async def __call__(self, caller: Caller, ticket_id: TicketId, page: PageRequest) -> Page[Pass]:
        """Return the passes of the event by id, those that admit nobody as well; raises ForbiddenError."""
        caller.must_be_one_of(STAFF, or_key_for=ApiScope.SCANS_WRITE)
        async with self.admission.begin(caller.tenant_id) as tx:
            return await tx.passes.of_ticket(page, ticket_id)
