"""Waiting lists: memory and PostgreSQL keep the same promises."""

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
from adapters.postgres.resale_waiting import PostgresDueWaitingLists
from adapters.system.ids import Uuid7Source
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.resale.market.market_terms import MarketTerms
from core.resale.waiting.waiting_entry import PlacedOffer, WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_errors import AlreadyWaitingError
from core.shared.callers import Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, ListingId, TenantId, TicketId, WaitingEntryId, WaitingOfferId
from ports.paging import PageRequest
from ports.resale import ResaleTransactions
from ports.resale.listings import DueListings
from ports.resale.waiting_list import DueWaitingLists
from tests.market_builders import NOW, STARTS_AT, TICKET, open_listing
from tests.servers import PostgresServer
from tests.waiting_world import WINDOW, Queue

OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
OTHER_TICKET = TicketId(UUID(int=0x72))
IDS = Uuid7Source()
SECOND = timedelta(seconds=1)
MANY = MarketTerms(listings_per_event_max=50)

type Stores = tuple[ResaleTransactions, DueListings, DueWaitingLists]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryResaleTransactions(MemoryMessages(ids=IDS))
        yield memory, memory.due_listings, memory.due_waiting_lists
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    app = await open_pool(database.app_url, connections_max=8)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield PostgresResaleTransactions(app, IDS), PostgresDueListings(relay), PostgresDueWaitingLists(relay)
    finally:
        await relay.close()
        await app.close()


def an_entry(number: int, *, quantity: int = 1, fewer: bool = False, ticket_id: TicketId = TICKET) -> WaitingEntry:
    return WaitingEntry(
        id=WaitingEntryId(UUID(int=0xE000 + number)),
        ticket_id=ticket_id,
        account_id=AccountId(UUID(int=0xA000 + number)),
        quantity=quantity,
        accept_fewer=fewer,
        sequence=number,
        joined_at=NOW,
        ends_at=STARTS_AT,
    )


def an_offer(*numbers: int, id: int = 0x0FFE) -> PlacedOffer:
    return PlacedOffer(WaitingOfferId(UUID(int=id)), tuple(ListingId(UUID(int=n)) for n in numbers), NOW + WINDOW)


async def kept(transactions: ResaleTransactions, *entries: WaitingEntry) -> None:
    """Store them as they would come there: added, then changed."""
    async with transactions.begin(OURS) as tx:
        for entry in entries:
            await tx.waiting_list.begun(entry.ticket_id)
            await tx.waiting_list.add(replace(entry, status=WaitingStatus.WAITING, offer=None))
            await tx.waiting_list.save(entry)


async def test_an_entry_comes_back_as_it_was_stored(stores: Stores) -> None:
    transactions, _, _ = stores
    plain = an_entry(1, quantity=3, fewer=True)
    offered = an_entry(2).offered(an_offer(7, 5))
    entries = (
        plain,
        offered,
        an_entry(3).offered(an_offer(8, id=3)).accepted(),
        an_entry(4).left(),
        an_entry(5).offered(an_offer(9, 6, id=5)).unanswered(sequence=50, lapses_max=2),
        an_entry(6).ended(),
    )
    await kept(transactions, *entries)
    async with transactions.begin(OURS) as tx:
        assert [await tx.waiting_list.get(entry.id) for entry in entries] == list(entries)
        assert await tx.waiting_list.of_offer(an_offer().id) == offered
        assert await tx.waiting_list.of_offer(WaitingOfferId(UUID(int=3))) == entries[2]
        assert await tx.waiting_list.of_offer(WaitingOfferId(UUID(int=5))) is None
        assert await tx.waiting_list.offered(TICKET) == [offered]
        assert await tx.waiting_list.offered(OTHER_TICKET) == []


async def test_a_list_is_there_once_somebody_waited(stores: Stores) -> None:
    transactions, _, _ = stores
    async with transactions.begin(OURS) as tx:
        assert not await tx.waiting_list.locked(TICKET)
        await tx.waiting_list.begun(TICKET)
        await tx.waiting_list.begun(TICKET)
        assert await tx.waiting_list.locked(TICKET)
        assert [await tx.waiting_list.next_sequence(TICKET) for _ in range(3)] == [1, 2, 3]
        assert not await tx.waiting_list.locked(OTHER_TICKET)


async def test_an_account_has_one_live_entry_on_a_list(stores: Stores) -> None:
    transactions, _, _ = stores
    await kept(transactions, an_entry(1))
    again = replace(an_entry(2), account_id=an_entry(1).account_id)
    with pytest.raises(AlreadyWaitingError):
        await kept(transactions, again)
    await kept(transactions, replace(again, ticket_id=OTHER_TICKET))
    async with transactions.begin(OURS) as tx:
        await tx.waiting_list.save(an_entry(1).left())
    await kept(transactions, replace(again, id=WaitingEntryId(UUID(int=3)), sequence=3))


async def test_a_return_is_offered_to_one_entry_at_a_time(stores: Stores) -> None:
    transactions, _, _ = stores
    first, second = an_entry(1).offered(an_offer(1, 2)), an_entry(2).offered(an_offer(3, 2, id=2))
    await kept(transactions, first, an_entry(2))
    with pytest.raises(StaleVersionError):
        async with transactions.begin(OURS) as tx:
            await tx.waiting_list.save(second)
    async with transactions.begin(OURS) as tx:
        await tx.waiting_list.save(first.narrowed((ListingId(UUID(int=1)),)))
        await tx.waiting_list.save(second)
    async with transactions.begin(OURS) as tx:
        assert await tx.waiting_list.get(second.id) == second


async def test_those_who_wait_come_in_their_order_as_far_as_they_can_be_served(stores: Stores) -> None:
    transactions, _, _ = stores
    await kept(
        transactions,
        an_entry(3),
        an_entry(1, quantity=3),
        an_entry(2, quantity=3, fewer=True),
        an_entry(4).offered(an_offer(1)),
        an_entry(5).left(),
        an_entry(6, ticket_id=OTHER_TICKET),
    )

    async def found(*, after: int = 0, returns: int = 3, most: int = 10, ago: timedelta = SECOND) -> list[int]:
        async with transactions.begin(OURS) as tx:
            entries = await tx.waiting_list.waiting(
                TICKET, after=after, returns=returns, now=STARTS_AT - ago, entries_max=most
            )
        return [each.sequence for each in entries]

    assert await found() == [1, 2, 3]
    assert await found(returns=2) == [2, 3]
    assert await found(after=1) == [2, 3]
    assert await found(most=1) == [1]
    assert await found(ago=timedelta()) == []


async def test_places_count_the_live_entries_before(stores: Stores) -> None:
    transactions, _, _ = stores
    last = an_entry(4)
    await kept(transactions, an_entry(1), an_entry(2).left(), an_entry(3).offered(an_offer(1)), last)
    async with transactions.begin(OURS) as tx:
        standing = await tx.waiting_list.of_account(TICKET, last.account_id, now=NOW)
        assert standing is not None and (standing.entry, standing.ahead) == (last, 2)
        assert await tx.waiting_list.of_account(TICKET, last.account_id, now=STARTS_AT) is None
        assert await tx.waiting_list.of_account(TICKET, an_entry(2).account_id, now=NOW) is None
        assert await tx.waiting_list.count_of_ticket(TICKET, now=NOW) == 3
        assert await tx.waiting_list.count_of_account(last.account_id, now=NOW) == 1
        assert await tx.waiting_list.count_of_account(last.account_id, now=STARTS_AT) == 0


async def test_offers_of_an_account_end_exactly_at_their_time(stores: Stores) -> None:
    transactions, _, _ = stores
    entry = an_entry(1).offered(an_offer(1))
    await kept(transactions, entry, an_entry(2).offered(an_offer(2, id=2)))

    async def found(ago: timedelta, *, most: int = 5) -> list[WaitingEntry]:
        async with transactions.begin(OURS) as tx:
            now = NOW + WINDOW - ago
            return list(await tx.waiting_list.offers_of(entry.account_id, now=now, entries_max=most))

    assert (await found(SECOND), await found(timedelta()), await found(SECOND, most=0)) == ([entry], [], [])


async def test_a_page_goes_on_behind_an_entry_that_is_over_by_now(stores: Stores) -> None:
    transactions, _, _ = stores
    entries = [an_entry(number) for number in (2, 1, 3)]
    await kept(transactions, *entries)

    async def page(after: UUID | None = None) -> tuple[list[int], UUID | None]:
        async with transactions.begin(OURS) as tx:
            found = await tx.waiting_list.page(TICKET, PageRequest(limit=2, after=after), now=NOW)
        return [each.sequence for each in found.items], found.next_after

    assert await page() == ([1, 2], entries[0].id)
    async with transactions.begin(OURS) as tx:
        await tx.waiting_list.save(entries[0].left())
    assert await page(entries[0].id) == ([3], None)
    assert await page(UUID(int=1)) == ([], None)


async def test_the_sweep_finds_lists_that_are_due_the_longest_due_first(stores: Stores) -> None:
    transactions, _, due = stores
    async with transactions.begin(OURS) as tx:
        for ticket_id, due_at in ((TICKET, NOW), (OTHER_TICKET, NOW - SECOND), (TicketId(UUID(int=1)), None)):
            await tx.waiting_list.begun(ticket_id)
            await tx.waiting_list.set_due(ticket_id, due_at)
    assert await due.due(now=NOW, lists_max=5) == [(OURS, OTHER_TICKET), (OURS, TICKET)]
    assert await due.due(now=NOW - SECOND, lists_max=5) == [(OURS, OTHER_TICKET)]
    assert await due.due(now=NOW, lists_max=1) == [(OURS, OTHER_TICKET)]


async def test_another_tenants_list_is_not_there(stores: Stores) -> None:
    transactions, _, _ = stores
    entry = an_entry(1).offered(an_offer(1))
    await kept(transactions, entry)
    async with transactions.begin(THEIRS) as tx:
        assert await tx.waiting_list.get(entry.id) is None
        assert await tx.waiting_list.of_offer(an_offer().id) is None
        assert await tx.waiting_list.of_account(TICKET, entry.account_id, now=NOW) is None
        assert await tx.waiting_list.offers_of(entry.account_id, now=NOW, entries_max=5) == []
        assert (await tx.waiting_list.page(TICKET, PageRequest(), now=NOW)).items == ()
        assert not await tx.waiting_list.locked(TICKET)


async def test_only_open_returns_of_the_ticket_are_found_for_the_list(stores: Stores) -> None:
    transactions, _, _ = stores
    returned = open_listing(1, kind=ListingKind.RETURN)
    async with transactions.begin(OURS) as tx:
        for each in (
            open_listing(2),
            returned,
            open_listing(3, kind=ListingKind.RETURN).cancelled("by its seller", NOW),
        ):
            await tx.listings.add(each)
    async with transactions.begin(OURS) as tx:
        before, at = returned.terms.closes_at - SECOND, returned.terms.closes_at
        assert await tx.listings.open_returns(TICKET, now=before, listings_max=9) == [returned.id]
        assert await tx.listings.open_returns(TICKET, now=at, listings_max=9) == []
        assert await tx.listings.open_returns(TICKET, now=before, listings_max=0) == []
        assert await tx.listings.open_returns(OTHER_TICKET, now=before, listings_max=9) == []


async def test_fifty_returns_and_fifty_entries_at_once_are_matched_one_to_one(stores: Stores) -> None:
    transactions, due_listings, due_lists = stores
    queue = Queue(transactions, due_listings, due_lists, seats=50, market_terms=MANY)
    people = [queue.market.sale.stranger for _ in range(50)]
    passes = await queue.market.passes()

    async def wait(caller: Caller) -> None:
        await queue.waits(caller)

    async def give_back(number: int) -> None:
        await queue.market.return_pass(queue.market.seller, passes[number].id)

    work = [each for pair in zip(map(wait, people), map(give_back, range(50)), strict=True) for each in pair]
    await asyncio.gather(*work, *(queue.sweep() for _ in range(4)))
    async with queue.market.resale.begin(queue.market.tenant_id) as tx:
        await queue.market.match(tx, queue.ticket_id)
        entries = (await tx.waiting_list.page(queue.ticket_id, PageRequest(limit=200), now=NOW)).items
    given = [id for each in entries if each.offer is not None for id in each.offer.listing_ids]
    assert len(given) == len(set(given)) == 50
    assert {each.status for each in entries} == {WaitingStatus.OFFERED}
    for entry in entries[:5]:
        assert entry.offer is not None
        listing = await queue.market.now_is(entry.offer.listing_ids[0])
        assert listing.status is ListingStatus.OPEN
        assert listing.offered_to is not None and listing.offered_to.account_id == entry.account_id
