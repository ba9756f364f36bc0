"""End what is on the market of an event that is cancelled."""

from collections.abc import Collection
from dataclasses import dataclass

from core.resale.market.listing_status import ListingStatus
from core.resale.waiting.waiting_entry import WaitingStatus
from core.shared.ids import TenantId, TicketId
from ports.clock import Clock
from ports.paging import PageRequest
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.listings import ListingQuery
from usecases.resale.listing_news import save_and_announce
from usecases.resale.match_waiting_list import MatchReturns

_BATCH = 50
_STOPPABLE = frozenset(
    {
        ListingStatus.OPENING,
        ListingStatus.OPEN,
        ListingStatus.RESERVED,
        ListingStatus.ORDERED,
        ListingStatus.SUSPENDED,
    }
)


@dataclass(frozen=True, slots=True)
class EndMarket:
    """For the operation that cancels an event, which only owners and managers begin.

    Transfers to persons end with their passes, and so do listings that come up later.
    """

    resale: ResaleTransactions
    match: MatchReturns
    clock: Clock

    async def standing(self, tenant_id: TenantId, ticket_ids: Collection[TicketId]) -> tuple[int, int]:
        """Return how many listings of the tickets are live, and how many accounts wait for some."""
        listings = waiting = 0
        async with self.resale.begin(tenant_id) as tx:
            for ticket_id in ticket_ids:
                query = ListingQuery(ticket_id=ticket_id, statuses=_STOPPABLE | {ListingStatus.SOLD})
                listings += await tx.listings.count(query)
                waiting += await tx.waiting_list.count_of_ticket(ticket_id, now=self.clock.now())
        return listings, waiting

    async def __call__(self, tenant_id: TenantId, ticket_id: TicketId, reason: str) -> int:
        """End a batch of what is live, and return how many ended; 0 when nothing is left.

        A listing that is SOLD is left alone, as StopListings does.
        """
        async with self.resale.begin(tenant_id) as tx:
            ended = await self._waiting(tx, ticket_id)
        async with self.resale.begin(tenant_id) as tx:
            return ended + await self._listings(tx, ticket_id, reason)

    async def _waiting(self, tx: ResaleTransaction, ticket_id: TicketId) -> int:
        if not await tx.waiting_list.locked(ticket_id):
            return 0
        now = self.clock.now()
        page = await tx.waiting_list.page(ticket_id, PageRequest(_BATCH), now=now)
        for entry in page.items:
            if entry.status is WaitingStatus.OFFERED:
                await self.match.end_offer(tx, entry, entry.ended(), "withdrawn", now=now)
            else:
                await tx.waiting_list.save(entry.ended())
        await tx.waiting_list.set_due(ticket_id, None)
        return len(page.items)

    async def _listings(self, tx: ResaleTransaction, ticket_id: TicketId, reason: str) -> int:
        now, ended = self.clock.now(), 0
        query = ListingQuery(ticket_id=ticket_id, statuses=_STOPPABLE)
        page = await tx.listings.page(PageRequest(_BATCH), query)
        for listing_id in sorted(each.id for each in page.items):
            listing = await tx.listings.locked(listing_id)
            if listing is not None and listing.is_live and listing.status is not ListingStatus.SOLD:
                await save_and_announce(tx, listing, listing.ended(reason, now), now=now)
                ended += 1
        return ended
