"""Look at one's own passes."""

from dataclasses import dataclass

from core.admission.passes import PassStatus
from core.shared.callers import Caller
from ports.admission import AdmissionTransactions
from ports.paging import Page, PageRequest
from usecases.admission.codes import PassCodes, ShownPass


@dataclass(frozen=True, slots=True)
class ListPasses:
    """Everybody signed in, for the passes that are theirs now: bought, given to them, or sold on (void then)."""

    admission: AdmissionTransactions
    codes: PassCodes

    async def __call__(self, caller: Caller, page: PageRequest, status: PassStatus | None) -> Page[ShownPass]:
        """Return a page of them, those issued last first; of one status or of any."""
        async with self.admission.begin(caller.tenant_id) as tx:
            found = await tx.passes.page(page, account_id=caller.account_id, status=status)
            shown = await self.codes.shown(tx, caller.tenant_id, list(found.items))
        return Page(items=tuple(shown), next_after=found.next_after)
