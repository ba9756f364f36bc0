"""What every ledger of general admission promises."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.ticketing import MemoryPlaces, MemoryTicketStore
from adapters.mongo.places import MongoPlaces, prepare_places
from adapters.mongo.tickets import MongoTicketStore, prepare_tickets
from core.shared.errors import DomainError, StaleVersionError
from core.shared.holders import Holder
from core.shared.ids import ReservationId, TenantId, TicketId
from core.shared.money import Money
from core.ticketing import general_admission
from core.ticketing.errors import (
    MaxPlacesPerUserError,
    NotPlacesHolderError,
    PlacesConflictError,
    PlacesExpiredError,
    PlacesNotFoundError,
    QuotaBelowTakenError,
    SoldOutError,
    TicketNotFoundError,
    TicketSalesClosedError,
    TicketSalesNotOpenError,
)
from core.ticketing.general_admission import PlacesHappening
from core.ticketing.places import PlacesRequest, PlacesReservation, PlacesStatus, Stock
from core.ticketing.ticket import Ticket, TicketChange
from ports.ticketing import TicketInTenant
from tests.mongo_databases import fresh_database
from tests.places_world import TTL_S, Books, a_ga_ticket, a_wish, an_account, an_order
from tests.ticketing_builders import NOON

TENANT = TenantId(uuid7())
OTHER = TenantId(uuid7())
END = NOON + timedelta(seconds=TTL_S)
LATER = NOON + timedelta(hours=1)
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture(params=["memory", "mongodb"])
async def books(request: pytest.FixtureRequest) -> AsyncIterator[Books]:
    if request.param == "memory":
        tickets = MemoryTicketStore()
        yield Books(TENANT, tickets, MemoryPlaces(tickets))
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_tickets(database)
        await prepare_places(database)
        yield Books(TENANT, MongoTicketStore(), MongoPlaces(database))


async def held(books: Books, ticket: Ticket, quantity: int = 1, **facts: Any) -> PlacesReservation:
    return (await hold(books, ticket, a_wish(ticket, quantity, **facts))).reservation


async def hold(
    books: Books, ticket: Ticket, wish: PlacesRequest, *, now: datetime = NOON
) -> general_admission.PlacesChange:
    books.ids.add(wish.reservation_id)
    return await books.places.hold(TENANT, wish, ticket=ticket, now=now)


async def sold(books: Books, ticket: Ticket, quantity: int = 1) -> PlacesReservation:
    entry = await held(books, ticket, quantity)
    order_id = an_order()
    by = Holder(entry.account_id)
    reserve = partial(general_admission.reserve, by=by, order_id=order_id, until=LATER, now=NOON)
    await books.places.change(TENANT, entry.id, reserve, now=NOON)
    finalise = partial(general_admission.finalise, order_id=order_id, now=NOON)
    return (await books.places.change(TENANT, entry.id, finalise, now=NOON)).reservation


async def test_a_hold_takes_places_and_is_read_back_equal_in_every_member(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())

    change = await hold(books, ticket, a_wish(ticket, 3))

    assert change.what is PlacesHappening.HELD
    assert await books.places.get(TENANT, change.reservation.id) == change.reservation
    assert change.reservation.price == ticket.price and change.reservation.expires_at == END
    assert await books.audited(ticket) == Stock(20, reserved=3)


async def test_the_price_is_the_one_at_the_hold(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    entry = await held(books, ticket)

    dearer = ticket.changed(TicketChange(price=Money(9900, "EUR")), now=NOON)
    await books.tickets.save(TENANT, dearer, expected_version=ticket.version)

    assert (await books.places.get(TENANT, entry.id)).price == Money(1500, "EUR")
    assert (await held(books, dearer)).price == Money(9900, "EUR")


async def test_a_replayed_hold_is_the_same_hold(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    wish = a_wish(ticket, 2)
    first = await hold(books, ticket, wish)

    again = await hold(books, ticket, wish, now=END - A_MOMENT)

    assert again.reservation == first.reservation and not again.happened
    assert await books.audited(ticket) == Stock(20, reserved=2)


async def test_an_id_that_stands_for_something_else_is_refused(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    other = await books.on_sale(a_ga_ticket())
    wish = a_wish(ticket, 2)
    await hold(books, ticket, wish)

    for changed in (
        replace(wish, quantity=3),
        replace(wish, holder=Holder(an_account())),
        replace(wish, ticket_id=other.id),
    ):
        with pytest.raises(PlacesConflictError):
            await hold(books, other if changed.ticket_id == other.id else ticket, changed)
    with pytest.raises(PlacesExpiredError):
        await hold(books, ticket, wish, now=END)
    assert await books.audited(ticket) == Stock(20, reserved=2)
    assert await books.audited(other) == Stock(20)


async def test_the_last_place_can_be_had_and_one_more_cannot(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=5, max_per_user=5))
    await held(books, ticket, 3)

    with pytest.raises(SoldOutError, match="Only 2 places are left, not 3"):
        await held(books, ticket, 3)
    await held(books, ticket, 2)
    with pytest.raises(SoldOutError, match="no place is left"):
        await held(books, ticket, 1)

    assert await books.audited(ticket) == Stock(5, reserved=5)


async def test_ended_holds_do_not_keep_others_out_and_live_ones_do(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=4))
    ended = [await held(books, ticket, 2), await held(books, ticket, 1)]
    await held(books, ticket, 1, hold_ttl_s=TTL_S + 1)

    with pytest.raises(SoldOutError):
        await hold(books, ticket, a_wish(ticket, 3), now=END - A_MOMENT)
    with pytest.raises(SoldOutError, match="Only 3 places are left, not 4"):
        await hold(books, ticket, a_wish(ticket, 4), now=END)
    await hold(books, ticket, a_wish(ticket, 3), now=END)

    for entry in ended:
        assert (await books.places.get(TENANT, entry.id)).status is PlacesStatus.EXPIRED
    assert await books.audited(ticket) == Stock(4, reserved=4)


async def test_places_are_held_within_the_sales_window_only(books: Books) -> None:
    opens, closes = NOON + timedelta(seconds=1), NOON + timedelta(seconds=2)
    ticket = await books.on_sale(a_ga_ticket(sales_from=opens, sales_until=closes))
    with pytest.raises(TicketSalesNotOpenError):
        await books.places.hold(books.tenant_id, a_wish(ticket), ticket=ticket, now=NOON)
    wish = a_wish(ticket)
    first = await books.places.hold(books.tenant_id, wish, ticket=ticket, now=opens)
    with pytest.raises(TicketSalesClosedError):
        await books.places.hold(books.tenant_id, a_wish(ticket), ticket=ticket, now=closes)
    again = await books.places.hold(books.tenant_id, wish, ticket=ticket, now=closes)
    assert again.reservation == first.reservation and not again.happened
    assert (await books.places.stock(books.tenant_id, ticket.id)).reserved == 1


async def test_one_buyer_has_at_most_so_many_over_live_and_bought_places(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(max_per_user=3))
    bought = await sold(books, ticket, 2)
    by = bought.account_id

    with pytest.raises(MaxPlacesPerUserError):
        await hold(books, ticket, a_wish(ticket, 2, by=by))
    await hold(books, ticket, a_wish(ticket, 1, by=by))
    with pytest.raises(MaxPlacesPerUserError):
        await hold(books, ticket, a_wish(ticket, 1, by=by), now=END - A_MOMENT)
    await hold(books, ticket, a_wish(ticket, 1, by=by), now=END)

    assert (await books.audited(ticket)).sold == 2


async def test_an_entry_goes_through_its_life_and_the_numbers_follow(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    entry, order_id = await held(books, ticket, 4), an_order()
    by = Holder(entry.account_id)
    seen = [await books.audited(ticket)]

    for rule in (
        partial(general_admission.extend, by=by, now=NOON + timedelta(seconds=60)),
        partial(general_admission.reserve, by=by, order_id=order_id, until=LATER, now=NOON),
        partial(general_admission.protect, order_id=order_id, until=LATER + A_MOMENT, now=NOON),
        partial(general_admission.finalise, order_id=order_id, now=NOON),
        partial(general_admission.give_back_some, order_id=order_id, remaining=1, now=NOON),
        partial(general_admission.give_back, order_id=order_id, now=NOON),
    ):
        change = await books.places.change(TENANT, entry.id, rule, now=NOON)
        again = await books.places.change(TENANT, entry.id, rule, now=NOON)
        assert change.happened and not again.happened
        assert await books.places.get(TENANT, entry.id) == again.reservation == change.reservation
        seen.append(await books.audited(ticket))

    held_, sold_, free = Stock(20, reserved=4), Stock(20, sold=4), Stock(20)
    assert seen == [held_, held_, held_, held_, sold_, Stock(20, sold=1), free]


async def test_a_refused_change_changes_nothing(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    entry = await held(books, ticket)

    with pytest.raises(NotPlacesHolderError):
        await books.places.change(
            TENANT, entry.id, partial(general_admission.release_hold, by=Holder(an_account()), now=NOON), now=NOON
        )

    assert await books.places.get(TENANT, entry.id) == entry
    await books.places.change(
        TENANT, entry.id, partial(general_admission.release_hold, by=Holder(entry.account_id), now=NOON), now=NOON
    )
    assert await books.audited(ticket) == Stock(20)


async def test_an_ended_reservation_is_reclaimed_only_while_places_are_left(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=4))
    entry, order_id = await held(books, ticket, 3), an_order()
    by = Holder(entry.account_id)
    await books.places.change(
        TENANT, entry.id, partial(general_admission.reserve, by=by, order_id=order_id, until=END, now=NOON), now=NOON
    )
    finalise = partial(general_admission.finalise, order_id=order_id, now=END)
    with pytest.raises(PlacesExpiredError):
        await books.places.change(TENANT, entry.id, finalise, now=END)
    taken = (await hold(books, ticket, a_wish(ticket, 2), now=END)).reservation

    reclaim = partial(general_admission.reclaim, order_id=order_id)
    with pytest.raises(SoldOutError, match="Only 2 places are left, not 3"):
        await books.places.change(TENANT, entry.id, partial(reclaim, now=END), now=END)
    change = await books.places.change(TENANT, entry.id, partial(reclaim, now=taken.expires_at), now=taken.expires_at)

    assert change.what is PlacesHappening.SOLD
    assert await books.audited(ticket) == Stock(4, sold=3)


async def test_another_tenant_finds_nothing_and_may_use_the_same_ids(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    wish = a_wish(ticket, 2)
    entry = (await hold(books, ticket, wish)).reservation

    with pytest.raises(PlacesNotFoundError):
        await books.places.get(OTHER, entry.id)
    with pytest.raises(PlacesNotFoundError):
        await books.places.change(OTHER, entry.id, partial(general_admission.expire, now=END), now=END)
    with pytest.raises(TicketNotFoundError):
        await books.places.stock(OTHER, ticket.id)
    with pytest.raises(TicketNotFoundError):
        await books.places.hold(OTHER, wish, ticket=ticket, now=NOON)
    own = a_ga_ticket()
    await books.tickets.add(OTHER, own)
    theirs = await books.places.hold(OTHER, replace(wish, ticket_id=own.id), ticket=own, now=NOON)

    assert theirs.happened
    assert await books.places.get(TENANT, entry.id) == entry
    assert await books.audited(ticket) == Stock(20, reserved=2)


async def test_what_is_not_there_is_told_so(books: Books) -> None:
    with pytest.raises(PlacesNotFoundError):
        await books.places.get(TENANT, ReservationId(uuid7()))
    with pytest.raises(TicketNotFoundError):
        await books.places.stock(TENANT, TicketId(uuid7()))


async def test_a_quota_changes_but_never_below_what_is_taken(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    await sold(books, ticket, 3)
    await held(books, ticket, 2)

    low = ticket.changed(TicketChange(quota=4, max_per_user=4), now=NOON)
    with pytest.raises(QuotaBelowTakenError, match="cannot be 4: 2 places are reserved and 3 are sold"):
        await books.tickets.save(TENANT, low, expected_version=ticket.version)
    just = ticket.changed(TicketChange(quota=5, max_per_user=5), now=NOON)
    await books.tickets.save(TENANT, just, expected_version=ticket.version)
    with pytest.raises(StaleVersionError):
        await books.tickets.save(TENANT, low, expected_version=ticket.version)
    with pytest.raises(SoldOutError):
        await held(books, just)
    more = just.changed(TicketChange(quota=6), now=NOON)
    await books.tickets.save(TENANT, more, expected_version=just.version)
    await held(books, more)

    assert await books.audited(more) == Stock(6, reserved=3, sold=3)


async def test_the_sweep_finds_what_has_ended_and_the_oldest_first(books: Books) -> None:
    upkeep = books.places
    assert isinstance(upkeep, MemoryPlaces | MongoPlaces)
    one, two = await books.on_sale(a_ga_ticket()), await books.on_sale(a_ga_ticket())
    await held(books, one, 1, hold_ttl_s=TTL_S)
    await held(books, two, 2, hold_ttl_s=TTL_S - 60)
    await held(books, two, 1, hold_ttl_s=TTL_S + 60)
    await sold(books, one)
    in_one, in_two = TicketInTenant(TENANT, one.id), TicketInTenant(TENANT, two.id)

    assert await upkeep.due(now=END - A_MOMENT, reservations_max=10) == (in_two,)
    assert await upkeep.due(now=END, reservations_max=10) == (in_two, in_one)
    assert await upkeep.due(now=END, reservations_max=1) == (in_two,)
    assert await books.places.expire(TENANT, two.id, now=END, reservations_max=10) == 1
    assert await books.places.expire(TENANT, two.id, now=END, reservations_max=10) == 0
    assert await upkeep.due(now=END, reservations_max=10) == (in_one,)
    assert await books.audited(two) == Stock(20, reserved=1)


async def test_no_more_entries_are_tidied_at_once_than_were_asked_for(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    for _ in range(5):
        await held(books, ticket)

    tidied = [await books.places.expire(TENANT, ticket.id, now=END, reservations_max=2) for _ in range(4)]

    assert tidied == [2, 2, 1, 0]
    assert await books.audited(ticket) == Stock(20)


async def test_two_hundred_buyers_of_twenty_places_get_twenty(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=20))

    outcomes = await asyncio.gather(*(held(books, ticket) for _ in range(200)), return_exceptions=True)

    got = [outcome for outcome in outcomes if isinstance(outcome, PlacesReservation)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, SoldOutError)]
    assert (len(got), len(refused)) == (20, 180)
    assert await books.audited(ticket) == Stock(20, reserved=20)


async def test_one_account_that_asks_many_times_at_once_has_no_more_than_its_share(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(max_per_user=4))
    account = an_account()

    outcomes = await asyncio.gather(
        *(hold(books, ticket, a_wish(ticket, 1 + number % 2, by=account)) for number in range(16)),
        return_exceptions=True,
    )

    assert {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)} == {MaxPlacesPerUserError}
    assert (await books.audited(ticket)).reserved in (3, 4)


async def test_one_id_that_many_accounts_use_at_once_is_one_hold(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    id = ReservationId(uuid7())

    outcomes = await asyncio.gather(
        *(hold(books, ticket, a_wish(ticket, 2, reservation_id=id)) for _ in range(12)), return_exceptions=True
    )

    winners = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(winners) == 1
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)} == {PlacesConflictError}
    assert await books.audited(ticket) == Stock(20, reserved=2)


async def test_a_hold_that_is_sent_many_times_at_once_is_one_hold(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket())
    wish = a_wish(ticket, 2)

    changes = await asyncio.gather(*(hold(books, ticket, wish) for _ in range(12)))

    assert [change.happened for change in changes].count(True) == 1
    assert len({change.reservation.id for change in changes}) == 1
    assert await books.audited(ticket) == Stock(20, reserved=2)


async def test_of_a_sale_and_an_end_at_once_exactly_one_happens(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=10))
    orders = {(await held(books, ticket)).id: an_order() for _ in range(10)}
    for id, order_id in orders.items():
        by = Holder((await books.places.get(TENANT, id)).account_id)
        reserve = partial(general_admission.reserve, by=by, order_id=order_id, until=END, now=NOON)
        await books.places.change(TENANT, id, reserve, now=NOON)

    async def finalise(id: ReservationId) -> bool:
        # This server's clock is behind the one that tidies up.
        rule = partial(general_admission.finalise, order_id=orders[id], now=END - A_MOMENT)
        try:
            await books.places.change(TENANT, id, rule, now=END - A_MOMENT)
        except PlacesExpiredError:
            return False
        return True

    *finalised, expired = await asyncio.gather(
        *(finalise(id) for id in orders),
        books.places.expire(TENANT, ticket.id, now=END, reservations_max=100),
    )

    assert sum(finalised) + expired == 10
    assert await books.audited(ticket) == Stock(10, sold=sum(finalised))


async def test_many_who_come_when_holds_end_share_what_is_free(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=20))
    for _ in range(20):
        await held(books, ticket)

    outcomes = await asyncio.gather(
        *(hold(books, ticket, a_wish(ticket), now=END) for _ in range(60)), return_exceptions=True
    )

    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 20
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)} == {SoldOutError}
    assert await books.audited(ticket) == Stock(20, reserved=20)


async def test_whatever_many_do_at_once_the_numbers_are_what_the_entries_say(books: Books) -> None:
    ticket = await books.on_sale(a_ga_ticket(quota=12, max_per_user=5))
    accounts = [an_account() for _ in range(6)]
    ids = [ReservationId(uuid7()) for _ in range(24)]
    order_id, chance = an_order(), random.Random(7)  # a game, no secret

    async def somebody() -> None:
        for _ in range(12):
            id, by = chance.choice(ids), Holder(chance.choice(accounts))
            now = NOON + timedelta(seconds=chance.choice([0, 0, 0, TTL_S, 2 * TTL_S]))
            rules = (
                partial(general_admission.extend, by=by, now=now),
                partial(general_admission.release_hold, by=by, now=now),
                partial(general_admission.reserve, by=by, order_id=order_id, until=LATER, now=now),
                partial(general_admission.finalise, order_id=order_id, now=now),
                partial(general_admission.reclaim, order_id=order_id, now=now),
                partial(general_admission.give_back, order_id=order_id, now=now),
                partial(general_admission.give_back_some, order_id=order_id, remaining=chance.randint(0, 2), now=now),
                partial(general_admission.expire, now=now),
            )
            try:
                if chance.random() < 0.5:
                    wish = a_wish(ticket, chance.randint(1, 3), holder=by, reservation_id=id)
                    await hold(books, ticket, wish, now=now)
                else:
                    await books.places.change(TENANT, id, chance.choice(rules), now=now)
            except DomainError:
                continue

    await asyncio.gather(*(somebody() for _ in range(8)))

    await books.audited(ticket)


async def test_places_are_counted_anew_from_their_entries(books: Books) -> None:
    upkeep = books.places
    assert isinstance(upkeep, MemoryPlaces | MongoPlaces)
    ticket = await books.on_sale(a_ga_ticket(quota=12, max_per_user=5))
    await sold(books, ticket, 3)
    await held(books, ticket, 2)
    for _ in range(2):
        assert await upkeep.recount(TENANT, ticket.id)
        assert await books.places.stock(TENANT, ticket.id) == Stock(12, reserved=2, sold=3)


async def test_places_are_not_counted_while_somebody_changes_them_nor_beyond_the_quota(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        await prepare_places(database)
        places = MongoPlaces(database)
        books = Books(TENANT, MongoTicketStore(), places)
        ticket = await books.on_sale(a_ga_ticket(quota=4, max_per_user=4))
        await sold(books, ticket, 4)
        tickets, of_ticket = database["tickets"], {"_id": ticket.id}
        marker = {"_id": uuid7(), "accounts": [], "at": NOON, "decided": None}
        for spoilt, mended in (
            ({"sold": 3, "inFlight": [marker]}, {"inFlight": []}),
            ({"sold": 3, "quota": 3}, {"quota": 4}),
        ):
            await tickets.update_one(of_ticket, {"$set": spoilt})
            assert not await places.recount(TENANT, ticket.id)
            await tickets.update_one(of_ticket, {"$set": mended})
            assert await places.recount(TENANT, ticket.id)
            assert await books.places.stock(TENANT, ticket.id) == Stock(4, sold=4)
