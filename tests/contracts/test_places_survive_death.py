"""General admission on MongoDB when callers die, or fall asleep, between any two of their writes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, override

import pytest
from uuid_utils.compat import uuid7

from adapters.mongo.client import Database
from adapters.mongo.place_steps import PlaceSteps
from adapters.mongo.place_work import Patience
from adapters.mongo.places import MongoPlaces, prepare_places
from adapters.mongo.tickets import MongoTicketStore, prepare_tickets
from core.shared.errors import DomainError
from core.shared.holders import Holder
from core.shared.ids import ReservationId, TenantId
from core.ticketing import general_admission
from core.ticketing.errors import PlacesConflictError, SoldOutError
from core.ticketing.general_admission import PlacesChange
from core.ticketing.places import PlacesReservation, PlacesStatus, Stock
from core.ticketing.ticket import Ticket
from ports.stores import StoreUnavailableError
from ports.ticketing import PlacesLedger
from tests.mongo_databases import fresh_database
from tests.places_world import TTL_S, Books, a_ga_ticket, a_wish, an_account, an_order
from tests.ticketing_builders import NOON

TENANT = TenantId(uuid7())
ORDER = an_order()
END = NOON + timedelta(seconds=TTL_S)
LATER = NOON + timedelta(hours=1)
IMPATIENT = Patience(given_up_after_s=0)
STEPS_OF_A_COMMAND = 4  # begin, decide, write, end


class Killed(Exception):  # noqa: N818  (it is no error of ours: the process is gone)
    """Nothing of the caller runs after this."""


class WatchedSteps(PlaceSteps):
    """Calls `after` with the number of each write that has happened, counted from 1."""

    def __init__(self, database: Database, after: Callable[[int], Any]) -> None:
        super().__init__(database)
        self._after = after
        self._count = 0

    async def _counted[T](self, result: T) -> T:
        self._count += 1
        await self._after(self._count)
        return result

    @override
    async def begin(self, *args: Any, **named: Any) -> bool:
        return await self._counted(await super().begin(*args, **named))

    @override
    async def decide(self, *args: Any, **named: Any) -> bool:
        return await self._counted(await super().decide(*args, **named))

    @override
    async def write(self, *args: Any, **named: Any) -> bool:
        return await self._counted(await super().write(*args, **named))

    @override
    async def end(self, *args: Any, **named: Any) -> None:
        await super().end(*args, **named)
        await self._counted(None)

    @override
    async def undo(self, *args: Any, **named: Any) -> None:
        await super().undo(*args, **named)
        await self._counted(None)


@dataclass
class World:
    """A ticket with ten places, four of which one account holds, reserved, bought or had."""

    database: Database
    books: Books
    ticket: Ticket
    entry: PlacesReservation = field(init=False)

    def ledger(self, after: Callable[[int], Any]) -> MongoPlaces:
        return MongoPlaces(self.database, steps=WatchedSteps(self.database, after), patience=IMPATIENT)

    async def began(self, state: PlacesStatus) -> None:
        """Bring the entry into a state."""
        self.entry = (await self.hold(self.books.places, a_wish(self.ticket, 4))).reservation
        reserved = partial(
            general_admission.reserve, by=Holder(self.entry.account_id), order_id=ORDER, until=END, now=NOON
        )
        rules: dict[PlacesStatus, tuple[Callable[[PlacesReservation], PlacesChange], ...]] = {
            PlacesStatus.HELD: (),
            PlacesStatus.RESERVED: (reserved,),
            PlacesStatus.FINALIZED: (reserved, partial(general_admission.finalise, order_id=ORDER, now=NOON)),
            PlacesStatus.EXPIRED: (reserved, partial(general_admission.expire, now=END)),
        }
        for rule in rules[state]:
            await self.books.places.change(TENANT, self.entry.id, rule, now=NOON)

    async def hold(self, places: PlacesLedger, wish: Any, *, now: datetime = NOON) -> PlacesChange:
        self.books.ids.add(wish.reservation_id)
        return await places.hold(TENANT, wish, ticket=self.ticket, now=now)

    async def is_idle(self) -> bool:
        found = await self.database.get_collection("tickets").find_one({"_id": self.ticket.id})
        return found is not None and not found.get("inFlight")


@pytest.fixture
async def world(mongodb_url: str) -> AsyncIterator[World]:
    async with fresh_database(mongodb_url) as database:
        await prepare_tickets(database)
        await prepare_places(database)
        books = Books(TENANT, MongoTicketStore(), MongoPlaces(database, patience=IMPATIENT))
        yield World(database, books, await books.on_sale(a_ga_ticket(quota=10)))


type Command = Callable[[World, PlacesLedger], Any]


def a_change(rule: Callable[..., PlacesChange], **facts: Any) -> Command:
    def command(world: World, places: PlacesLedger) -> Any:
        by = {"by": Holder(world.entry.account_id)} if rule in HOLDERS_RULES else {}
        now = facts.get("now", NOON)
        return places.change(TENANT, world.entry.id, partial(rule, **{"now": now} | by | facts), now=now)

    return command


HOLDERS_RULES = (general_admission.extend, general_admission.release_hold, general_admission.reserve)
NEW_ID = ReservationId(uuid7())
NEW_ACCOUNT = an_account()


def a_new_hold(world: World, places: PlacesLedger) -> Any:
    return world.hold(places, a_wish(world.ticket, 3, by=NEW_ACCOUNT, reservation_id=NEW_ID))


COMMANDS: dict[str, tuple[PlacesStatus, Command, Stock]] = {
    "hold": (PlacesStatus.HELD, a_new_hold, Stock(10, reserved=7)),
    "extend": (
        PlacesStatus.HELD,
        a_change(general_admission.extend, now=NOON + timedelta(seconds=9)),
        Stock(10, reserved=4),
    ),
    "release a hold": (PlacesStatus.HELD, a_change(general_admission.release_hold), Stock(10)),
    "reserve": (
        PlacesStatus.HELD,
        a_change(general_admission.reserve, order_id=ORDER, until=LATER),
        Stock(10, reserved=4),
    ),
    "expire": (PlacesStatus.HELD, a_change(general_admission.expire, now=END), Stock(10)),
    "finalise": (PlacesStatus.RESERVED, a_change(general_admission.finalise, order_id=ORDER), Stock(10, sold=4)),
    "protect": (
        PlacesStatus.RESERVED,
        a_change(general_admission.protect, order_id=ORDER, until=LATER),
        Stock(10, reserved=4),
    ),
    "release": (PlacesStatus.RESERVED, a_change(general_admission.release, order_id=ORDER), Stock(10)),
    "give back": (PlacesStatus.FINALIZED, a_change(general_admission.give_back, order_id=ORDER), Stock(10)),
    "reclaim": (PlacesStatus.EXPIRED, a_change(general_admission.reclaim, order_id=ORDER, now=END), Stock(10, sold=4)),
}


def killed_after(step: int) -> Callable[[int], Any]:
    async def after(count: int) -> None:
        if count == step:
            raise Killed

    return after


@pytest.mark.parametrize("recovery", ["sweep", "next touch"])
@pytest.mark.parametrize("step", range(1, STEPS_OF_A_COMMAND + 1))
@pytest.mark.parametrize("name", COMMANDS)
async def test_a_death_after_any_step_loses_and_doubles_nothing(
    world: World, name: str, step: int, recovery: str
) -> None:
    state, command, expected = COMMANDS[name]
    await world.began(state)
    before = await world.books.audited(world.ticket)

    with pytest.raises(Killed):
        await command(world, world.ledger(killed_after(step)))

    places = world.books.places
    assert isinstance(places, MongoPlaces)
    if recovery == "sweep":
        assert await places.finish_interrupted(begun_before=NOON, changes_max=9) == 0
        finished = await places.finish_interrupted(begun_before=LATER, changes_max=9)
        assert finished == (1 if step < STEPS_OF_A_COMMAND else 0)
        assert await world.books.audited(world.ticket) == (before if step == 1 else expected)
        assert await world.is_idle()
    with suppress(DomainError):  # a second extension, for one, may be refused; what it did the first time stands
        await command(world, places)
    assert await world.books.audited(world.ticket) == expected
    assert await world.is_idle()


@pytest.mark.parametrize("step", range(1, STEPS_OF_A_COMMAND + 1))
async def test_the_dead_do_not_keep_others_from_the_places_they_did_not_get(world: World, step: int) -> None:
    await world.began(PlacesStatus.HELD)
    with pytest.raises(Killed):
        await a_new_hold(world, world.ledger(killed_after(step)))
    decided = step > 1

    with pytest.raises(SoldOutError):
        await world.hold(world.books.places, a_wish(world.ticket, 7 if not decided else 4))
    await world.hold(world.books.places, a_wish(world.ticket, 6 if not decided else 3))
    # Nor do they keep what they got beyond its time, although nobody has tidied up.
    await world.hold(world.books.places, a_wish(world.ticket, 8), now=END)
    await world.hold(world.books.places, a_wish(world.ticket, 2), now=END)

    assert await world.books.audited(world.ticket) == Stock(10, reserved=10)


async def test_a_buyer_whose_server_died_with_the_last_places_has_them_when_asking_again(world: World) -> None:
    await world.began(PlacesStatus.HELD)
    wish = a_wish(world.ticket, 6)
    with pytest.raises(Killed):
        await world.hold(world.ledger(killed_after(2)), wish)

    change = await world.hold(world.books.places, wish)

    assert not change.happened and change.reservation.quantity == 6
    assert await world.books.audited(world.ticket) == Stock(10, reserved=10)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
async def test_a_death_while_a_taken_id_is_undone_gives_the_places_back_once(world: World, step: int) -> None:
    await world.began(PlacesStatus.HELD)
    first, second = a_wish(world.ticket, 1), a_wish(world.ticket, 2)
    second = a_wish(world.ticket, 2, reservation_id=first.reservation_id)

    async def after(count: int) -> None:
        if count == 1:  # between its look and its writes, the id is taken by somebody else
            return
        if count == 2:
            await world.hold(world.books.places, first)
        if count == step:
            raise Killed

    with pytest.raises(Killed if step > 1 else PlacesConflictError):
        await world.hold(world.ledger(after), second)

    with pytest.raises(PlacesConflictError):
        await world.hold(world.books.places, second)
    places = world.books.places
    assert isinstance(places, MongoPlaces)
    await places.finish_interrupted(begun_before=LATER, changes_max=9)
    assert await world.books.audited(world.ticket) == Stock(10, reserved=5)
    assert await world.is_idle()


@pytest.mark.parametrize("rival", ["finalise", "release", "protect", "expire late", "give back"])
@pytest.mark.parametrize("step", range(1, STEPS_OF_A_COMMAND + 1))
@pytest.mark.parametrize("name", ["finalise", "release"])
async def test_a_caller_that_slept_between_its_steps_does_no_harm_when_it_wakes(
    world: World, name: str, step: int, rival: str
) -> None:
    await world.began(PlacesStatus.RESERVED)
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def after(count: int) -> None:
        if count == step:
            asleep.set()
            await wake.wait()

    sleeper = asyncio.create_task(COMMANDS[name][1](world, world.ledger(after)))
    await asleep.wait()
    others = {
        "expire late": a_change(general_admission.expire, now=END),
        "give back": a_change(general_admission.give_back, order_id=ORDER),
    }
    with suppress(DomainError):
        await (others.get(rival) or COMMANDS[rival][1])(world, world.books.places)
    # What a rival frees, somebody else takes at once: it must not come back to the sleeper.
    with suppress(SoldOutError):
        await world.hold(world.books.places, a_wish(world.ticket, 10 - 2))
    with suppress(SoldOutError):
        await world.hold(world.books.places, a_wish(world.ticket, 6))
    wake.set()
    with suppress(DomainError):
        await sleeper

    stock = await world.books.audited(world.ticket)
    assert stock.reserved + stock.sold <= 10
    assert await world.is_idle()


async def test_a_sweep_of_many_entries_is_finished_by_the_next_one(world: World) -> None:
    for _ in range(5):
        await world.hold(world.books.places, a_wish(world.ticket, 2))

    for step in range(1, STEPS_OF_A_COMMAND):
        with pytest.raises(Killed):
            await world.ledger(killed_after(step)).expire(TENANT, world.ticket.id, now=END, reservations_max=2)
        await world.books.audited(world.ticket) if step != 2 else None
    while await world.books.places.expire(TENANT, world.ticket.id, now=END, reservations_max=2):
        pass

    assert await world.books.audited(world.ticket) == Stock(10)
    assert await world.is_idle()


async def test_a_caller_that_waits_in_vain_is_told_that_the_store_is_busy(world: World) -> None:
    await world.began(PlacesStatus.HELD)
    with pytest.raises(Killed):
        await COMMANDS["extend"][1](world, world.ledger(killed_after(1)))
    patient = MongoPlaces(world.database, patience=Patience(given_up_after_s=60, wait_max_s=0.05))

    with pytest.raises(StoreUnavailableError):
        await COMMANDS["extend"][1](world, patient)
