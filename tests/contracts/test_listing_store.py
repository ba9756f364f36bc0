"""Listings and purchases: memory and PostgreSQL keep the same promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_listings import PostgresDueListings
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.resale.market import market
from core.resale.market.listed import OfferedTo
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import AlreadyListedError, NotForSaleError
from core.resale.market.listing_status import LIVE, OVER, ListingKind, ListingStatus
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, PassId, PayoutId, ReservationId, TenantId, TicketId, VerdictId
from ports.paging import PageRequest
from ports.resale import ResaleTransactions
from ports.resale.listings import DueListing, DueListings, ListingOrder, ListingQuery, SellersListings
from tests.market_builders import (
    BUYER,
    NOW,
    ORDER,
    OTHER,
    SELLER,
    STARTS_AT,
    TICKET,
    a_pass,
    a_purchase,
    listing_that_is,
    open_listing,
    opening,
)
from tests.servers import PostgresServer

OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()
FIRST_PAGE = PageRequest()

type Stores = tuple[ResaleTransactions, DueListings]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryResaleTransactions(MemoryMessages(ids=IDS))
        yield memory, memory.due_listings
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    app = await open_pool(database.app_url, connections_max=8)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield PostgresResaleTransactions(app, IDS), PostgresDueListings(relay)
    finally:
        await app.close()
        await relay.close()


async def kept(transactions: ResaleTransactions, *listings: Listing, tenant_id: TenantId = OURS) -> None:
    """Store listings that have come further than their beginning."""
    async with transactions.begin(tenant_id) as tx:
        for listing in listings:
            await tx.listings.add(
                replace(listing, version=1, status=ListingStatus.OPENING, suspension=None, payout=None)
            )
            await tx.listings.save(replace(listing, version=2))


async def listed(transactions: ResaleTransactions, query: ListingQuery, page: PageRequest = FIRST_PAGE) -> list[int]:
    """Return the units of the passes on a page, which are their numbers."""
    async with transactions.begin(OURS) as tx:
        return [each.subject.unit for each in (await tx.listings.page(page, query)).items]


@pytest.mark.parametrize("status", list(ListingStatus))
async def test_a_listing_comes_back_as_it_was_stored(stores: Stores, status: ListingStatus) -> None:
    transactions, _ = stores
    listing = replace(listing_that_is(status), version=2)
    await kept(transactions, listing)
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.get(listing.id) == listing
        assert await tx.listings.locked(listing.id) == listing
        if listing.purchase is not None:
            entry = await tx.listings.purchase(listing.purchase.id)
            assert entry is not None and (entry.purchase, entry.listing) == (listing.purchase, listing)
            assert await tx.listings.locked_purchase(listing.purchase.id) == entry


async def test_a_return_for_somebody_of_a_place_without_a_seat_comes_back_too(stores: Stores) -> None:
    transactions, _ = stores
    offered_to = OfferedTo(BUYER, NOW + timedelta(hours=1))
    listing = opening(kind=ListingKind.RETURN, offered_to=offered_to, subject=a_pass(seat=None))
    async with transactions.begin(OURS) as tx:
        await tx.listings.add(listing)
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.get(listing.id) == listing


async def test_a_purchase_is_known_when_another_buyer_has_the_listing(stores: Stores) -> None:
    transactions, _ = stores
    first = replace(listing_that_is(ListingStatus.ORDERED), version=2)
    await kept(transactions, first)
    later = NOW + timedelta(hours=1)
    second = market.buy(first, a_purchase(2, by=OTHER, now=later), now=later)
    async with transactions.begin(OURS) as tx:
        await tx.listings.save(second)
    async with transactions.begin(OURS) as tx:
        assert first.purchase is not None
        entry = await tx.listings.locked_purchase(first.purchase.id)
        assert entry is not None and (entry.purchase, entry.listing) == (first.purchase, second)
        assert entry.purchase.order_id == ORDER
        assert await tx.listings.purchase(ReservationId(UUID(int=1))) is None
        assert await tx.listings.locked_purchase(ReservationId(UUID(int=1))) is None


@pytest.mark.parametrize("status", list(ListingStatus))
async def test_a_pass_has_one_live_listing(stores: Stores, status: ListingStatus) -> None:
    transactions, _ = stores
    first = listing_that_is(status)
    await kept(transactions, first)
    again = opening(2, subject=first.subject)
    async with transactions.begin(OURS) as tx:
        assert list(await tx.listings.live_of_passes([first.subject.pass_id])) == [first.id] * (status in LIVE)
    if status in OVER:
        async with transactions.begin(OURS) as tx:
            await tx.listings.add(again)
        return
    with pytest.raises(AlreadyListedError):
        async with transactions.begin(OURS) as tx:
            await tx.listings.add(again)


async def test_of_many_listings_of_one_pass_at_once_one_is_kept(stores: Stores) -> None:
    transactions, _ = stores
    subject = a_pass()

    async def list_it(number: int) -> None:
        async with transactions.begin(OURS) as tx:
            await tx.listings.add(opening(number, subject=subject))

    results = await asyncio.gather(*(list_it(number) for number in range(1, 21)), return_exceptions=True)
    assert [result for result in results if not isinstance(result, AlreadyListedError)] == [None]


async def test_of_fifty_buyers_at_once_one_gets_it(stores: Stores) -> None:
    transactions, _ = stores
    listing = replace(open_listing(), version=2)
    await kept(transactions, listing)

    async def buy(number: int) -> AccountId:
        buyer = AccountId(UUID(int=0xB0B0 + number))
        async with transactions.begin(OURS) as tx:
            found = await tx.listings.locked(listing.id)
            assert found is not None
            await tx.listings.save(market.buy(found, a_purchase(number, by=buyer), now=NOW))
        return buyer

    results = await asyncio.gather(*(buy(number) for number in range(50)), return_exceptions=True)
    winners = [result for result in results if not isinstance(result, NotForSaleError)]
    async with transactions.begin(OURS) as tx:
        found = await tx.listings.get(listing.id)
    assert found is not None and found.purchase is not None
    assert winners == [found.purchase.account_id] and found.version == 3


async def test_of_two_changes_of_one_version_the_second_is_refused(stores: Stores) -> None:
    transactions, _ = stores
    listing = opening()
    async with transactions.begin(OURS) as tx:
        await tx.listings.add(listing)
        await tx.listings.save(listing.opened(NOW))
    with pytest.raises(StaleVersionError):
        async with transactions.begin(OURS) as tx:
            await tx.listings.save(listing.refused("", NOW))
    with pytest.raises(StaleVersionError):
        async with transactions.begin(OURS) as tx:
            await tx.listings.save(open_listing(9))


async def test_a_transaction_that_fails_leaves_nothing(stores: Stores) -> None:
    transactions, _ = stores
    with pytest.raises(LookupError):
        async with transactions.begin(OURS) as tx:
            await tx.listings.add(opening())
            raise LookupError
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.get(opening().id) is None


async def test_another_tenant_has_nothing_of_it(stores: Stores) -> None:
    transactions, _ = stores
    listing = replace(listing_that_is(ListingStatus.RESERVED), version=2)
    await kept(transactions, listing)
    assert listing.purchase is not None
    async with transactions.begin(THEIRS) as tx:
        assert await tx.listings.get(listing.id) is None
        assert await tx.listings.locked(listing.id) is None
        assert await tx.listings.purchase(listing.purchase.id) is None
        assert await tx.listings.locked_purchase(listing.purchase.id) is None
        assert list(await tx.listings.live_of_passes([listing.subject.pass_id])) == []
        assert await tx.listings.of_seller(SELLER, listing.subject) == SellersListings(0, 0)
        assert await tx.listings.kept_for(BUYER, now=NOW) == 0
        assert (await tx.listings.page(PageRequest(), ListingQuery())).items == ()
    with pytest.raises(StaleVersionError):
        async with transactions.begin(THEIRS) as tx:
            await tx.listings.save(replace(listing, version=3))
    await kept(transactions, listing, tenant_id=THEIRS)


async def test_a_sellers_live_listings_are_counted_by_event(stores: Stores) -> None:
    transactions, _ = stores
    other_event = a_pass(2, event_starts_at=STARTS_AT + timedelta(days=1))
    cancelled = replace(listing_that_is(ListingStatus.CANCELLED), id=opening(4).id, subject=a_pass(4))
    await kept(transactions, open_listing(1), open_listing(2, subject=other_event), open_listing(3, seller_id=OTHER))
    await kept(transactions, cancelled)
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.of_seller(SELLER, a_pass()) == SellersListings(of_event=1, all=2)
        assert await tx.listings.of_seller(OTHER, other_event) == SellersListings(of_event=0, all=1)


async def test_a_seller_never_lists_more_than_was_counted(stores: Stores) -> None:
    transactions, _ = stores

    async def list_one(number: int) -> bool:
        async with transactions.begin(OURS) as tx:
            if (await tx.listings.of_seller(SELLER, a_pass())).all >= 3:
                return False
            await tx.listings.add(opening(number))
        return True

    assert sum(await asyncio.gather(*(list_one(number) for number in range(1, 13)))) == 3


async def test_what_is_kept_for_a_buyer_is_counted_until_its_time(stores: Stores) -> None:
    transactions, _ = stores
    reserved = [open_listing(number).reserved(a_purchase(number), NOW) for number in (1, 2)]
    ordered = open_listing(3).reserved(a_purchase(3), NOW).ordered(ORDER, until=NOW + timedelta(hours=1), now=NOW)
    given_back = open_listing(4).reserved(a_purchase(4), NOW)
    await kept(transactions, *reserved, ordered, given_back)
    async with transactions.begin(OURS) as tx:
        await tx.listings.save(replace(given_back.released(NOW), version=3))
    until = NOW + timedelta(minutes=10)
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.kept_for(BUYER, now=until - timedelta(microseconds=1)) == 2
        assert await tx.listings.kept_for(BUYER, now=until) == 0
        assert await tx.listings.kept_for(OTHER, now=NOW) == 0


async def test_pages_sort_by_time_or_by_price(stores: Stores) -> None:
    transactions, _ = stores
    prices = {1: 300, 2: 100, 3: 200, 4: 100}
    await kept(transactions, *(open_listing(number, price_minor=price) for number, price in prices.items()))
    for order, numbers in ((ListingOrder.TIME, [1, 2, 3, 4]), (ListingOrder.PRICE, [2, 4, 3, 1])):
        query = ListingQuery(order=order)
        assert await listed(transactions, query) == numbers
        async with transactions.begin(OURS) as tx:
            first = await tx.listings.page(PageRequest(limit=3), query)
        assert [each.subject.unit for each in first.items] == numbers[:3]
        assert await listed(transactions, query, PageRequest(limit=3, after=first.next_after)) == numbers[3:]
        assert await listed(transactions, query, PageRequest(limit=4)) == numbers
    assert await listed(transactions, ListingQuery(), PageRequest(after=UUID(int=1))) == []


async def test_only_what_may_be_bought_now_is_for_sale(stores: Stores) -> None:
    transactions, _ = stores
    everything = [
        replace(listing_that_is(status), id=opening(number).id, subject=a_pass(number))
        for number, status in enumerate(ListingStatus, start=1)
    ]
    number_of = {listing.status: listing.subject.unit for listing in everything}
    await kept(transactions, *everything)
    until = NOW + timedelta(minutes=10)
    taken = [number_of[ListingStatus.RESERVED], number_of[ListingStatus.ORDERED]]
    for moment, numbers in (
        (until - timedelta(microseconds=1), [number_of[ListingStatus.OPEN]]),
        (until, [number_of[ListingStatus.OPEN], *taken]),
        (STARTS_AT - timedelta(microseconds=1), [number_of[ListingStatus.OPEN], *taken]),
        (STARTS_AT, []),
    ):
        assert await listed(transactions, ListingQuery(for_sale_at=moment)) == numbers


async def test_what_is_offered_to_somebody_is_for_sale_to_them_alone(stores: Stores) -> None:
    transactions, _ = stores
    until = NOW + timedelta(hours=1)
    await kept(transactions, open_listing(offered_to=OfferedTo(BUYER, until)))
    just_before = until - timedelta(microseconds=1)
    assert await listed(transactions, ListingQuery(for_sale_at=just_before, buyer_id=OTHER)) == []
    assert await listed(transactions, ListingQuery(for_sale_at=just_before)) == []
    assert await listed(transactions, ListingQuery(for_sale_at=just_before, buyer_id=BUYER)) == [1]
    assert await listed(transactions, ListingQuery(for_sale_at=until, buyer_id=OTHER)) == [1]


async def test_a_list_is_of_a_ticket_a_seller_or_a_status(stores: Stores) -> None:
    transactions, _ = stores
    ticket = TicketId(UUID(int=0x72))
    suspended = replace(listing_that_is(ListingStatus.SUSPENDED), id=opening(3).id, subject=a_pass(3))
    await kept(transactions, open_listing(1, seller_id=OTHER), open_listing(2, subject=a_pass(2, ticket_id=ticket)))
    await kept(transactions, suspended)
    assert await listed(transactions, ListingQuery(ticket_id=TICKET)) == [1, 3]
    assert await listed(transactions, ListingQuery(ticket_id=ticket)) == [2]
    assert await listed(transactions, ListingQuery(seller_id=OTHER)) == [1]
    statuses = frozenset({ListingStatus.SUSPENDED, ListingStatus.SOLD})
    assert await listed(transactions, ListingQuery(statuses=statuses)) == [3]


async def test_the_sweep_finds_what_is_due_of_every_tenant(stores: Stores) -> None:
    transactions, due = stores
    ours, theirs = open_listing(1), replace(listing_that_is(ListingStatus.CANCELLED), id=opening(2).id)
    sold = replace(listing_that_is(ListingStatus.SOLD), id=opening(3).id, subject=a_pass(3))
    await kept(transactions, ours, sold)
    await kept(transactions, theirs, tenant_id=THEIRS)
    assert await due.due(now=NOW - timedelta(microseconds=1), listings_max=9) == []
    assert list(await due.due(now=NOW, listings_max=9)) == [DueListing(THEIRS, theirs.id)]
    found = await due.due(now=STARTS_AT, listings_max=9)
    assert list(found) == [DueListing(THEIRS, theirs.id), DueListing(OURS, ours.id)]
    assert list(await due.due(now=STARTS_AT, listings_max=1)) == [DueListing(THEIRS, theirs.id)]


async def test_a_listing_is_found_by_its_payout(stores: Stores) -> None:
    transactions, _ = stores
    completed = replace(listing_that_is(ListingStatus.COMPLETED), version=2)
    await kept(transactions, completed)
    assert completed.payout is not None
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.of_payout(completed.payout.id) == completed.id
        assert await tx.listings.of_payout(PayoutId(UUID(int=1))) is None
    async with transactions.begin(THEIRS) as tx:
        assert await tx.listings.of_payout(completed.payout.id) is None


async def test_the_listing_that_rests_on_a_verdict_is_found_by_its_seller_and_its_last_buyer_alone(
    stores: Stores,
) -> None:
    transactions, _ = stores
    given_back = open_listing(1).reserved(a_purchase(1, by=OTHER), NOW).released(NOW)
    taken = given_back.reserved(a_purchase(2), NOW)
    await kept(transactions, open_listing(1))
    async with transactions.begin(OURS) as tx:
        for step in (open_listing(1).reserved(a_purchase(1, by=OTHER), NOW), given_back, taken):
            await tx.listings.save(step)
    verdict_id = taken.terms.verdict_id
    async with transactions.begin(OURS) as tx:
        assert await tx.listings.resting_on(verdict_id, party=SELLER) == taken
        assert await tx.listings.resting_on(verdict_id, party=BUYER) == taken
        assert await tx.listings.resting_on(verdict_id, party=OTHER) is None
        assert await tx.listings.resting_on(VerdictId(UUID(int=1)), party=SELLER) is None
    async with transactions.begin(THEIRS) as tx:
        assert await tx.listings.resting_on(verdict_id, party=SELLER) is None


async def test_live_listings_of_passes_are_found_by_their_ids(stores: Stores) -> None:
    transactions, _ = stores
    await kept(transactions, open_listing(2), open_listing(1))
    async with transactions.begin(OURS) as tx:
        wanted = [a_pass(2).pass_id, a_pass(1).pass_id, PassId(UUID(int=1))]
        assert list(await tx.listings.live_of_passes(wanted)) == [opening(1).id, opening(2).id]
        assert list(await tx.listings.live_of_passes([])) == []
