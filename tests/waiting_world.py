"""The market with waiting lists: those who wait, and what they are offered."""

from datetime import timedelta
from uuid import UUID

from core.resale.market.market_terms import MarketTerms
from core.resale.waiting.waiting_entry import WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_terms import WaitingTerms
from core.shared.callers import Caller
from core.shared.ids import ListingId, TicketId, WaitingOfferId
from ports.resale import ResaleTransactions
from ports.resale.listings import DueListings
from ports.resale.waiting_list import DueWaitingLists, Standing
from tests.market_world import Market
from tests.published_builders import AlwaysOnSale
from usecases.resale.answer_waiting_offer import (
    AcceptWaitingOffer,
    DeclineWaitingOffer,
    OfferedReturns,
    ReadWaitingOffers,
)
from usecases.resale.buy_listing import NewPurchase
from usecases.resale.match_waiting_list import MatchOpened, MatchWaitingLists
from usecases.resale.wait_for_returns import JoinWaitingList, LeaveWaitingList, ReadWaitingList

WINDOW = timedelta(minutes=30)


class Queue:
    """A market whose seller gives passes back, and a list of those who wait for them."""

    def __init__(
        self,
        resale: ResaleTransactions | None = None,
        due: DueListings | None = None,
        due_lists: DueWaitingLists | None = None,
        *,
        seats: int = 3,
        terms: WaitingTerms | None = None,
        market_terms: MarketTerms | None = None,
    ) -> None:
        self.terms = terms or WaitingTerms()
        self.market = market = Market(resale, due, seats=seats, terms=market_terms, waiting_terms=self.terms)
        self.clock = clock = market.clock
        transactions, match, ids = market.resale, market.match, market.ids
        self.ticket_id = TicketId(market.sale.ticket_id)
        self.join = JoinWaitingList(transactions, AlwaysOnSale(), match, clock, ids, self.terms)
        self.leave = LeaveWaitingList(transactions, match, clock)
        self.read = ReadWaitingList(transactions, clock)
        self.offers = ReadWaitingOffers(transactions, clock, self.terms)
        self.accept = AcceptWaitingOffer(
            transactions, market.venues, match, clock, ids, market.buy.tokens, market.terms
        )
        self.decline = DeclineWaitingOffer(transactions, match, clock)
        self.on_opened = MatchOpened(transactions, match)
        lists = due_lists or market.due_waiting_lists
        self.sweep = MatchWaitingLists(lists, transactions, match, clock, self.terms)

    async def waits(self, caller: Caller, quantity: int = 1, *, fewer: bool = False) -> Standing:
        return await self.join(caller, self.ticket_id, quantity=quantity, accept_fewer=fewer)

    async def offered(self, caller: Caller) -> OfferedReturns | None:
        """Return the one offer of this person; None for none."""
        found = await self.offers(caller)
        assert len(found) <= 1
        return found[0] if found else None

    async def offer_of(self, caller: Caller) -> WaitingOfferId:
        found = await self.offered(caller)
        assert found is not None, "nothing is offered"
        return found.offer.id

    async def accepted(self, caller: Caller) -> list[NewPurchase]:
        return list(await self.accept(caller, await self.offer_of(caller)))

    async def standing(self, caller: Caller) -> tuple[WaitingStatus, int]:
        found = await self.read.mine(caller, self.ticket_id)
        return found.entry.status, found.ahead + 1

    async def entry(self, found: Standing) -> WaitingEntry:
        """Return the entry as it is stored now."""
        async with self.market.resale.begin(self.market.tenant_id) as tx:
            stored = await tx.waiting_list.get(found.entry.id)
        assert stored is not None
        return stored

    async def gives_back(self, *numbers: int) -> list[ListingId]:
        """Give these passes of the seller back."""
        return [(await self.market.returned(number)).id for number in numbers]

    async def is_public(self, listing_id: UUID) -> bool:
        listing = await self.market.now_is(ListingId(listing_id))
        now = self.clock.now()
        return listing.is_for_sale(now) and listing.is_offered_to(None, now)
