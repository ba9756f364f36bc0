"""Whose a seat is: what PostgreSQL refuses of it to the app role that speaks SQL of its own, past every rule of ours.

Each refusal stands beside the lawful form of the same statement, which passes.
"""

from collections.abc import AsyncIterator
from itertools import product
from uuid import UUID, uuid4

import pytest

from adapters.postgres.migrator import Database
from tests.database_roles import Connection, act, refused
from tests.hall_by_sql import (
    CLUB,
    FREE,
    HALL,
    HOLD,
    LATER,
    SELL,
    STATE,
    Plan,
    add_draft,
    add_seat,
    in_the_hall,
    open_plan,
    passes,
    violates,
)
from tests.servers import connected

HOLD_AGAIN = "update seat_states set status = 'HELD', reservation_id = $2, held_until = $3 where seat_id = $1"
MAKE_AVAILABLE = """
update seat_states set status = 'AVAILABLE', reservation_id = null, held_until = null, block_reason = null
where seat_id = $1
"""
RETIRE = """
update seat_states set status = 'RETIRED', reservation_id = null, held_until = null, block_reason = null
where seat_id = $1
"""
CHANGE = (
    "update seat_states set status = $2, reservation_id = $3, held_until = $4, block_reason = $5 where seat_id = $1"
)
UNDO_SALE = "update seat_reservation_items set sold = false where seat_id = $1"

LAWFUL: dict[str, set[tuple[str, ...]]] = {
    "AVAILABLE": {()},
    "HELD": {("owner", "end")},
    "RESERVED": {("owner", "end")},
    "SOLD": {("owner",)},
    "BLOCKED": {("reason",), ("end", "reason")},
    "RETIRED": {()},
    "LOST": set(),
}
"""What a row of each status says besides; nothing else makes sense, and of the last nothing does."""


@pytest.fixture
async def app(venue_db: Database) -> AsyncIterator[Connection]:
    """The app role, which the superuser's rights do not help."""
    async with connected(venue_db.app_url) as connection:
        yield connection


@pytest.fixture
async def hall(app: Connection) -> AsyncIterator[Plan]:
    """The hall's plan, in a transaction of the hall; the club has a plan as well."""
    async with in_the_hall(app) as plan:
        yield plan


async def test_a_seat_is_had_by_one(app: Connection, hall: Plan) -> None:
    for taken in (*hall.seats.values(), hall.blocked):
        await violates(app, "seat_states_pkey", HOLD, taken, uuid4(), LATER)
    await passes(app, HOLD, hall.free, uuid4(), LATER)
    await app.execute(HOLD, hall.free, uuid4(), LATER)
    await violates(app, "seat_states_pkey", HOLD, hall.free, uuid4(), LATER)
    await violates(app, "seat_states_pkey", STATE, hall.free, "SOLD", uuid4(), None, None)
    await app.execute(FREE, hall.free)
    await passes(app, HOLD, hall.free, uuid4(), LATER)


@pytest.mark.parametrize("state", ["HELD", "RESERVED", "BLOCKED"])
async def test_what_is_not_sold_is_given_back(app: Connection, hall: Plan, state: str) -> None:
    seat = hall.seats.get(state, hall.blocked)
    await passes(app, FREE, seat)
    await passes(app, MAKE_AVAILABLE, seat)
    await app.execute(FREE, seat)
    await passes(app, HOLD, seat, uuid4(), LATER)


async def test_what_is_sold_is_not_sold_held_reserved_or_blocked_before_it_was_given_back(
    app: Connection, hall: Plan
) -> None:
    sold, other = hall.seats["SOLD"], hall.reservations["HELD"]
    reserve = "update seat_states set status = 'RESERVED', held_until = $2 where seat_id = $1"
    block = (
        "update seat_states set status = 'BLOCKED', reservation_id = null, block_reason = 'camera' where seat_id = $1"
    )
    for undone in (False, True):
        if undone:
            await app.execute(UNDO_SALE, sold)
        await violates(app, "seat_states_sold_stay", SELL, sold, other)
        await violates(app, "seat_states_sold_stay", HOLD_AGAIN, sold, other, LATER)
        await violates(app, "seat_states_sold_stay", HOLD_AGAIN, sold, hall.reservations["SOLD"], LATER)
        change = "update seat_states set reservation_id = $2 where seat_id = $1"
        await violates(app, "seat_states_sold_stay", change, sold, other)
        await violates(app, "seat_states_sold_stay", reserve, sold, LATER)
        await violates(app, "seat_states_sold_stay", block, sold)
        await violates(app, "seat_states_sold_stay", RETIRE, sold)
        await passes(app, SELL, sold, hall.reservations["SOLD"])
    await passes(app, SELL, hall.seats["RESERVED"], hall.reservations["RESERVED"])
    for statement in (block, RETIRE):
        await passes(app, MAKE_AVAILABLE, hall.seats["HELD"])
        await app.execute(MAKE_AVAILABLE, hall.seats["HELD"])
        await passes(app, statement, hall.seats["HELD"])
    await app.execute(MAKE_AVAILABLE, sold)
    await passes(app, HOLD_AGAIN, sold, other, LATER)


async def test_what_is_sold_is_given_back_after_the_ledger_says_so(app: Connection, hall: Plan) -> None:
    sold = hall.seats["SOLD"]
    for statement in (FREE, MAKE_AVAILABLE):
        await violates(app, "seat_states_sold_until_undone", statement, sold)
    await violates(app, "seat_states_sold_until_undone", "delete from seat_states")
    await app.execute(UNDO_SALE, hall.seats["HELD"])
    await violates(app, "seat_states_sold_until_undone", FREE, sold)
    await app.execute(UNDO_SALE, sold)
    for statement in (FREE, MAKE_AVAILABLE):
        await passes(app, statement, sold)
    await app.execute(FREE, sold)
    await passes(app, HOLD, sold, hall.reservations["HELD"], LATER)


@pytest.mark.parametrize("status", LAWFUL)
async def test_a_state_that_makes_no_sense_is_refused(app: Connection, hall: Plan, status: str) -> None:
    values = {"owner": uuid4(), "end": LATER, "reason": "camera"}
    for chosen in product((True, False), repeat=len(values)):
        said = tuple(name for name, is_said in zip(values, chosen, strict=True) if is_said)
        arguments = (status, *(value if name in said else None for name, value in values.items()))
        for statement, seat in ((STATE, hall.free), (CHANGE, hall.seats["HELD"])):
            if said in LAWFUL[status]:
                await passes(app, statement, seat, *arguments)
            else:
                await violates(app, "seat_states_status", statement, seat, *arguments)


async def test_a_seat_that_is_taken_names_its_reservation_and_its_end(app: Connection, hall: Plan) -> None:
    held = hall.reservations["HELD"]
    await violates(app, "seat_states_status", HOLD, hall.free, None, LATER)
    await violates(app, "seat_states_status", HOLD, hall.free, held, None)
    await violates(app, "seat_states_status", SELL, hall.seats["HELD"], None)
    await passes(app, HOLD, hall.free, held, LATER)
    await passes(app, SELL, hall.seats["HELD"], held)


@pytest.mark.parametrize("state", ["HELD", "RESERVED", "SOLD", "AVAILABLE", "BLOCKED", "RETIRED"])
async def test_a_retired_seat_is_nobodys_for_good(app: Connection, hall: Plan, state: str) -> None:
    owner = uuid4() if state in {"HELD", "RESERVED", "SOLD"} else None
    until = LATER if state in {"HELD", "RESERVED"} else None
    values = (state, owner, until, "camera" if state == "BLOCKED" else None)
    await passes(app, CHANGE, hall.blocked, *values)
    await app.execute(RETIRE, hall.blocked)
    await violates(app, "seat_states_retired_stay", CHANGE, hall.blocked, *values)
    await violates(app, "seat_states_pkey", STATE, hall.blocked, *values)


async def test_a_seat_is_taken_out_of_its_plan_once_it_is_retired(app: Connection, hall: Plan) -> None:
    await app.execute("update seating_plans set changing_by = id")
    take_out = "update seats set retired_at = now() where id = $1"
    for seat in (hall.free, hall.blocked, hall.seats["HELD"], hall.seats["SOLD"]):
        await violates(app, "seats_retired", take_out, seat)
    await app.execute(RETIRE, hall.blocked)
    await passes(app, take_out, hall.blocked)


async def test_the_row_of_a_retired_seat_is_not_deleted(app: Connection, hall: Plan) -> None:
    await passes(app, FREE, hall.blocked)
    await app.execute(RETIRE, hall.blocked)
    await violates(app, "seat_states_retired_stay", FREE, hall.blocked)


async def test_states_of_another_tenant_are_neither_made_nor_changed_nor_ended(app: Connection, hall: Plan) -> None:
    other = await open_plan(app, CLUB)
    await act(app, tenant=HALL)
    insert = "insert into seat_states (tenant_id, plan_id, seat_id, status) values ($1, $2, $3, 'AVAILABLE')"
    await refused(app, insert, CLUB, other.id, other.free)
    await passes(app, insert, HALL, hall.id, hall.free)
    for statement, done in ((MAKE_AVAILABLE, "UPDATE"), (FREE, "DELETE")):
        assert await app.execute(statement, other.blocked) == f"{done} 0"
        await passes(app, statement, hall.blocked)
    assert await app.execute(HOLD, other.free, uuid4(), LATER) == "INSERT 0 0"
    await act(app, tenant=CLUB)
    assert await told(app, other.id) == {other.blocked: "BLOCKED", **{of: state for state, of in other.seats.items()}}


async def test_states_are_not_emptied_out(app: Connection, hall: Plan) -> None:
    await refused(app, "truncate seat_states")


async def test_seats_that_are_deleted_take_their_states_along(app: Connection, hall: Plan) -> None:
    plan, section = await add_draft(app, HALL)
    first, second, third = [await add_seat(app, HALL, plan, section) for _ in range(3)]
    for seat in (first, second, third):
        await app.execute(STATE, seat, "BLOCKED", None, None, "camera")
    published = await told(app, hall.id)
    await app.execute("delete from seats where id = $1", first)
    assert await told(app, plan) == {second: "BLOCKED", third: "BLOCKED"}
    await app.execute("delete from seats where plan_id = $1", plan)
    assert await told(app, plan) == {}
    assert await told(app, hall.id) == published


async def told(app: Connection, plan: UUID) -> dict[UUID, str]:
    """Return what the rows of a plan say of its seats."""
    rows = await app.fetch("select seat_id, status from seat_states where plan_id = $1", plan)
    return {row["seat_id"]: row["status"] for row in rows}
