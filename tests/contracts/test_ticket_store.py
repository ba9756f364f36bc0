"""What every TicketStore promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.ticketing import MemoryTicketStore
from adapters.mongo.client import create_client, database_of
from adapters.mongo.tickets import MongoTicketStore, TicketDocument, prepare_tickets
from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, TicketId
from core.shared.money import Money
from core.ticketing.ticket import Ticket, TicketChange, TicketType
from ports.paging import PageRequest
from ports.stores import StoreUnavailableError
from ports.ticketing import TicketStore
from tests.mongo_databases import fresh_database
from tests.ticketing_builders import KICK_OFF, NOON, a_cancellation, a_draft, a_published_ticket, an_event

TENANT = TenantId(uuid7())
OTHER = TenantId(uuid7())


@pytest.fixture(params=["memory", "mongodb"])
async def tickets(request: pytest.FixtureRequest) -> AsyncIterator[TicketStore]:
    if request.param == "memory":
        yield MemoryTicketStore()
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_tickets(database)
        yield MongoTicketStore()


async def stored(tickets: TicketStore, *some: Ticket, tenant_id: TenantId = TENANT) -> list[Ticket]:
    for ticket in some:
        await tickets.add(tenant_id, ticket)
    return list(some)


@pytest.mark.parametrize(
    "ticket",
    [
        a_draft(),
        a_published_ticket(),
        a_draft(price=Money(0, "KWD"), quota=1_000_000, ticket_type=TicketType.GA),
        a_draft(price=Money(99_999_999, "JPY"), title="Größe & 座席 🎟", ticket_type=TicketType.SEATED_AUTO),
        a_published_ticket(sales_from=NOON, sales_until=KICK_OFF),
        a_draft(sales_until=KICK_OFF),
        a_published_ticket().cancelled(a_cancellation()),
        a_draft(title="$where: {'a.b': 1}", event=an_event(title="null", kind="a.b$c")),
    ],
    ids=["draft", "published", "free", "dear", "window", "open window", "cancelled", "odd names"],
)
async def test_a_ticket_is_read_back_equal_in_every_member(tickets: TicketStore, ticket: Ticket) -> None:
    await tickets.add(TENANT, ticket)

    found = await tickets.get(TENANT, ticket.id)

    assert found == ticket
    assert found.event.starts_at.tzinfo is UTC


async def test_a_ticket_that_is_not_there_is_none(tickets: TicketStore) -> None:
    assert await tickets.get(TENANT, TicketId(uuid7())) is None


async def test_another_tenant_reads_nothing_and_changes_nothing(tickets: TicketStore) -> None:
    [ticket] = await stored(tickets, a_published_ticket())

    assert await tickets.get(OTHER, ticket.id) is None
    assert (await tickets.page(OTHER, PageRequest(), published_only=False)).items == ()
    with pytest.raises(StaleVersionError):
        await tickets.save(OTHER, replace(ticket, title="Stolen"), expected_version=ticket.version)
    assert await tickets.get(TENANT, ticket.id) == ticket


async def test_a_save_over_the_version_that_was_read_replaces_the_ticket(tickets: TicketStore) -> None:
    [ticket] = await stored(tickets, a_draft())
    changed = ticket.changed(TicketChange(title="Changed"), now=NOON)

    await tickets.save(TENANT, changed, expected_version=1)

    assert await tickets.get(TENANT, ticket.id) == changed


async def test_a_save_takes_a_bound_of_the_sales_window_away(tickets: TicketStore) -> None:
    [ticket] = await stored(tickets, a_draft(sales_from=NOON, sales_until=KICK_OFF))
    changed = ticket.changed(TicketChange(sells_at_once=True), now=NOON)

    await tickets.save(TENANT, changed, expected_version=1)

    assert await tickets.get(TENANT, ticket.id) == changed
    assert (changed.sales_from, changed.sales_until) == (None, KICK_OFF)


@pytest.mark.parametrize("version", [0, 2])
async def test_a_save_over_another_version_changes_nothing(tickets: TicketStore, version: int) -> None:
    [ticket] = await stored(tickets, a_draft())

    with pytest.raises(StaleVersionError):
        await tickets.save(TENANT, replace(ticket, title="Lost"), expected_version=version)

    assert await tickets.get(TENANT, ticket.id) == ticket


async def test_a_save_never_makes_a_ticket(tickets: TicketStore) -> None:
    ticket = a_draft()

    with pytest.raises(StaleVersionError):
        await tickets.save(TENANT, ticket, expected_version=1)

    assert await tickets.get(TENANT, ticket.id) is None


async def test_of_many_who_save_over_one_version_exactly_one_succeeds(tickets: TicketStore) -> None:
    [ticket] = await stored(tickets, a_draft())
    rivals = [ticket.changed(TicketChange(title=f"Rival {number}"), now=NOON) for number in range(20)]

    outcomes = await asyncio.gather(
        *(tickets.save(TENANT, rival, expected_version=1) for rival in rivals), return_exceptions=True
    )

    [winner] = [rival for rival, outcome in zip(rivals, outcomes, strict=True) if outcome is None]
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [StaleVersionError] * 19
    assert await tickets.get(TENANT, ticket.id) == winner


async def test_pages_follow_one_another_in_the_order_the_tickets_were_made(tickets: TicketStore) -> None:
    made = await stored(tickets, *(a_draft(title=f"Ticket {number}") for number in range(5)))
    await stored(tickets, a_draft(), tenant_id=OTHER)

    first = await tickets.page(TENANT, PageRequest(limit=2), published_only=False)
    second = await tickets.page(TENANT, PageRequest(limit=2, after=first.next_after), published_only=False)
    third = await tickets.page(TENANT, PageRequest(limit=2, after=second.next_after), published_only=False)

    assert [*first.items, *second.items, *third.items] == made
    assert (first.next_after, second.next_after, third.next_after) == (made[1].id, made[3].id, None)


async def test_a_page_that_is_exactly_full_is_the_last(tickets: TicketStore) -> None:
    made = await stored(tickets, a_draft(), a_draft())

    page = await tickets.page(TENANT, PageRequest(limit=2), published_only=False)

    assert (list(page.items), page.next_after) == (made, None)


async def test_drafts_are_left_out_where_only_published_tickets_are_asked_for(tickets: TicketStore) -> None:
    _, first, _, second = await stored(tickets, a_draft(), a_published_ticket(), a_draft(), a_published_ticket())

    page = await tickets.page(TENANT, PageRequest(limit=1), published_only=True)
    rest = await tickets.page(TENANT, PageRequest(limit=1, after=page.next_after), published_only=True)

    assert (page.items, rest.items, rest.next_after) == ((first,), (second,), None)


async def test_every_index_begins_with_the_tenant(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        await prepare_tickets(database)

        indexes = await (await database.get_collection("tickets").list_indexes()).to_list()

    names = {index["name"]: next(iter(index["key"])) for index in indexes}
    assert names.pop("_id_") == "_id"
    assert len(names) == 2 and set(names.values()) == {"tenantId"}


async def test_a_ticket_from_before_there_were_sales_windows_has_none(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        ticket = a_draft(sales_from=NOON, sales_until=KICK_OFF)
        await MongoTicketStore().add(TENANT, ticket)
        await database.get_collection("tickets").update_one({}, {"$unset": {"salesFrom": "", "salesUntil": ""}})

        found = await MongoTicketStore().get(TENANT, ticket.id)

    assert found == replace(ticket, sales_from=None, sales_until=None)


async def test_money_is_stored_as_whole_minor_units(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        await MongoTicketStore().add(TENANT, a_draft(price=Money(1999, "EUR")))

        document = await database.get_collection("tickets").find_one({"tenantId": TENANT})

    assert document is not None
    assert (type(document["priceMinor"]), document["priceMinor"], document["currency"]) == (int, 1999, "EUR")
    assert TicketDocument.model_fields["price_minor"].annotation is int


async def test_a_server_that_is_away_is_told_as_such(unused_tcp_port: int) -> None:
    url = f"mongodb://127.0.0.1:{unused_tcp_port}/?directConnection=true"
    async with create_client(url, connections_max=1, connect_timeout_s=0.2) as client:
        with pytest.raises(StoreUnavailableError):
            await prepare_tickets(database_of(client, "fairseat_test_away"))
