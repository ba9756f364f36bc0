"""Listings in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import override

from core.resale.market.listed import ListedPass, Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import AlreadyListedError
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, ListingId, PassId, PayoutId, ReservationId, TenantId, TicketId, VerdictId
from ports.paging import Page, PageRequest
from ports.resale.listings import (
    DueListing,
    DueListings,
    ListingOrder,
    ListingQuery,
    ListingStore,
    PurchaseEntry,
    SellersListings,
)

type ListingRows = dict[ListingId, Listing]
type PurchaseRows = dict[ReservationId, tuple[ListingId, Purchase]]


class MemoryListingStore(ListingStore):
    """The listings of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: ListingRows, purchases: PurchaseRows) -> None:
        self._rows = rows
        self._purchases = purchases

    @override
    async def add(self, listing: Listing) -> None:
        if await self.live_of_passes([listing.subject.pass_id]):
            raise AlreadyListedError
        self._rows[listing.id] = listing

    @override
    async def get(self, listing_id: ListingId) -> Listing | None:
        return self._rows.get(listing_id)

    @override
    async def locked(self, listing_id: ListingId) -> Listing | None:
        return self._rows.get(listing_id)

    @override
    async def purchase(self, purchase_id: ReservationId) -> PurchaseEntry | None:
        found = self._purchases.get(purchase_id)
        return PurchaseEntry(found[1], self._rows[found[0]]) if found is not None else None

    @override
    async def locked_purchase(self, purchase_id: ReservationId) -> PurchaseEntry | None:
        return await self.purchase(purchase_id)

    @override
    async def live_of_passes(self, pass_ids: Collection[PassId]) -> Sequence[ListingId]:
        return sorted(each.id for each in self._rows.values() if each.is_live and each.subject.pass_id in pass_ids)

    @override
    async def of_payout(self, payout_id: PayoutId) -> ListingId | None:
        paid = (each for each in self._rows.values() if each.payout is not None and each.payout.id == payout_id)
        return next((each.id for each in paid), None)

    @override
    async def resting_on(self, verdict_id: VerdictId, *, party: AccountId) -> Listing | None:
        for each in self._rows.values():
            buyer = each.purchase.account_id if each.purchase is not None else None
            if each.terms.verdict_id == verdict_id and party in {each.seller_id, buyer}:
                return each
        return None

    @override
    async def save(self, listing: Listing) -> None:
        stored = self._rows.get(listing.id)
        if stored is None or stored.version != listing.version - 1:
            raise StaleVersionError("The listing was changed by somebody else.")
        self._rows[listing.id] = listing
        if listing.purchase is not None:
            self._purchases[listing.purchase.id] = (listing.id, listing.purchase)

    @override
    async def of_seller(self, seller_id: AccountId, subject: ListedPass) -> SellersListings:
        live = [each for each in self._rows.values() if each.is_live and each.seller_id == seller_id]
        event = (subject.venue_id, subject.event_starts_at)
        same = [each for each in live if (each.subject.venue_id, each.subject.event_starts_at) == event]
        return SellersListings(of_event=len(same), all=len(live))

    @override
    async def kept_for(self, buyer_id: AccountId, *, now: datetime) -> int:
        return sum(
            each.status is ListingStatus.RESERVED
            and each.purchase is not None
            and each.purchase.account_id == buyer_id
            and not each.purchase.has_ended(now)
            for each in self._rows.values()
        )

    @override
    async def open_returns(self, ticket_id: TicketId, *, now: datetime, listings_max: int) -> Sequence[ListingId]:
        found = (
            each.id
            for each in self._rows.values()
            if each.kind is ListingKind.RETURN and each.subject.ticket_id == ticket_id and each.is_for_sale(now)
        )
        return sorted(found)[:listings_max]

    @override
    async def page(self, page: PageRequest, query: ListingQuery) -> Page[Listing]:
        place = _place_in(query.order)
        wanted = sorted((each for each in self._rows.values() if _is_wanted(each, query)), key=place)
        if page.after is not None:
            mark = self._rows.get(ListingId(page.after))
            wanted = [each for each in wanted if mark is not None and place(each) > place(mark)]
        items = tuple(wanted[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(wanted) > len(items) else None)

    @override
    async def count(self, query: ListingQuery) -> int:
        return sum(_is_wanted(each, query) for each in self._rows.values())


class MemoryDueListings(DueListings):
    """The sweep's view of the same rows."""

    def __init__(self, tenants: Callable[[], Iterator[tuple[TenantId, Mapping[ListingId, Listing]]]]) -> None:
        self._tenants = tenants

    @override
    async def due(self, *, now: datetime, listings_max: int) -> Sequence[DueListing]:
        found = [
            (each.due_at, DueListing(tenant_id, each.id))
            for tenant_id, rows in self._tenants()
            for each in rows.values()
            if each.due_at is not None and each.due_at <= now
        ]
        found.sort(key=lambda each: (each[0], each[1].tenant_id, each[1].listing_id))
        return [due for _, due in found[:listings_max]]


def _place_in(order: ListingOrder) -> Callable[[Listing], tuple[int, ListingId]]:
    if order is ListingOrder.PRICE:
        return lambda listing: (listing.price.amount_minor, listing.id)
    return lambda listing: (0, listing.id)


def _is_wanted(listing: Listing, query: ListingQuery) -> bool:
    now = query.for_sale_at
    return (
        query.ticket_id in {None, listing.subject.ticket_id}
        and query.venue_id in {None, listing.subject.venue_id}
        and query.seller_id in {None, listing.seller_id}
        and (query.statuses is None or listing.status in query.statuses)
        and (now is None or (listing.is_for_sale(now) and listing.is_offered_to(query.buyer_id, now)))
    )
