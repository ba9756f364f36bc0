"""How a pass changed hands, for its holder and for staff, and whether its chain is whole."""

from dataclasses import dataclass

from core.resale.errors import PassHistoryNotFoundError
from core.resale.law.facts import Where
from core.resale.transfers.history import KeptEntry, Lineage, first_broken
from core.shared.callers import SELLERS, Caller
from core.shared.ids import PassId, TenantId
from ports.published.admission import AdmissionApi, PassFacts
from ports.published.refusals import RefusedError
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransactions
from usecases.resale.purchases import purchase_of


@dataclass(frozen=True, slots=True)
class PassHistory:
    """The chain from its first entry on. `broken_at` is the first position that is not as it was written."""

    entries: tuple[KeptEntry, ...]
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """The present holder of a pass, and staff who may act for customers; to others the pass has no history.

    Who holds a pass is admission's to say. Of a pass that was never offered nothing is written yet, and its purchase is
    told as it will be written.
    """

    transactions: ResaleTransactions
    admission: AdmissionApi
    venues: VenuesApi

    async def __call__(self, pass_id: PassId, *, caller: Caller) -> PassHistory:
        """Return the history of a pass, and of those before it; raises PassHistoryNotFoundError, UnavailableError."""
        facts = await self._facts(caller.tenant_id, pass_id)
        holds = facts.account_id == caller.account_id and facts.status != "VOID"
        if caller.role not in SELLERS and not holds:
            raise PassHistoryNotFoundError
        written = await self.verified(caller.tenant_id, PassId(facts.lineage_id))
        return written if written.entries else await self._unwritten(caller.tenant_id, facts)

    async def verified(self, tenant_id: TenantId, lineage_id: PassId) -> PassHistory:
        """Return what is written of a lineage, with every hash of it reckoned again; no entries for nothing."""
        async with self.transactions.begin(tenant_id) as tx:
            lineage = await tx.history.peek(lineage_id)
            entries = await tx.history.entries(lineage_id)
        # What was added between the two reads is checked when somebody reads next.
        known = entries[: lineage.entries_count]
        return PassHistory(tuple(known), first_broken(known, lineage))

    async def _facts(self, tenant_id: TenantId, pass_id: PassId) -> PassFacts:
        try:
            return await self.admission.pass_facts(tenant_id=tenant_id, pass_id=pass_id)
        except RefusedError as error:
            raise PassHistoryNotFoundError from error

    async def _unwritten(self, tenant_id: TenantId, facts: PassFacts) -> PassHistory:
        if facts.lineage_id != facts.pass_id:  # sold on, and the news of that is still on its way
            return PassHistory((), None)
        venue = await self.venues.venue(tenant_id=tenant_id, venue_id=facts.venue_id)
        purchase = purchase_of(facts, place=Where(country=venue.country, subdivision=venue.subdivision))
        return PassHistory((Lineage(purchase.lineage_id).linked(purchase),), None)
