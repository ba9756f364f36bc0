"""Look at the market, and at one's own part in it."""

from collections.abc import Set
from dataclasses import dataclass

from core.resale.market.listing import Listing
from core.resale.market.listing_errors import ListingNotFoundError
from core.resale.market.listing_status import ListingStatus
from core.shared.callers import STAFF, Caller
from core.shared.errors import ForbiddenError
from core.shared.ids import ListingId, TicketId
from ports.clock import Clock
from ports.paging import Page, PageRequest
from ports.resale import ResaleTransactions
from ports.resale.listings import ListingOrder, ListingQuery


@dataclass(frozen=True, slots=True)
class ShownListing:
    """A listing at a moment; `in_full` says whether the one who asks may see what only seller and staff see."""

    listing: Listing
    status: ListingStatus
    in_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingWish:
    """Which listings somebody wants to see: of a ticket, in some states, his own."""

    ticket_id: TicketId | None = None
    statuses: Set[ListingStatus] = frozenset()
    mine: bool = False
    order: ListingOrder = ListingOrder.TIME


@dataclass(frozen=True, slots=True)
class ReadListing:
    """Open to everybody in the organisation while it is for sale; else to the seller, the buyer and staff."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, caller: Caller, listing_id: ListingId) -> ShownListing:
        """Return the listing; raises ListingNotFoundError for none that the caller may see."""
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            listing = await tx.listings.get(listing_id)
        if listing is None:
            raise ListingNotFoundError
        shown = _shown(listing, listing.status_at(now), caller)
        buyer = listing.freed(now).purchase
        is_buyer = buyer is not None and buyer.account_id == caller.account_id
        is_offered = listing.is_for_sale(now) and listing.is_offered_to(caller.account_id, now)
        if not (shown.in_full or is_buyer or is_offered):
            raise ListingNotFoundError
        return shown


@dataclass(frozen=True, slots=True)
class ListListings:
    """Open to everybody in the organisation: what is for sale. Sellers see all of their own, and staff see all."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, caller: Caller, wish: ListingWish, page: PageRequest) -> Page[ShownListing]:
        """Return a page of listings; raises ForbiddenError for states that are not for the caller to see.

        Statuses are as they are stored: what is over by its time alone is found as it was before, and shown as it is.
        """
        now = self.clock.now()
        sees_all = wish.mine or caller.role in STAFF
        if not sees_all and wish.statuses - {ListingStatus.OPEN}:
            raise ForbiddenError("Only staff see listings of others that are not open.")
        query = ListingQuery(
            ticket_id=wish.ticket_id,
            seller_id=caller.account_id if wish.mine else None,
            statuses=frozenset(wish.statuses) if wish.statuses and sees_all else None,
            for_sale_at=None if sees_all else now,
            buyer_id=caller.account_id,
            order=wish.order,
        )
        async with self.resale.begin(caller.tenant_id) as tx:
            found = await tx.listings.page(page, query)
        items = tuple(_shown(listing, listing.status_at(now), caller) for listing in found.items)
        return Page(items=items, next_after=found.next_after)


def _shown(listing: Listing, status: ListingStatus, caller: Caller) -> ShownListing:
    return ShownListing(listing, status, caller.role in STAFF or listing.seller_id == caller.account_id)
