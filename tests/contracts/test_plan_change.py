"""Plan change: a published plan gets another layout, and whoever has a seat keeps it; in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryIds
from adapters.system.ids import Uuid7Source
from core.operations.operation import LEASE, OperationStatus
from core.seating.allotments import Allotment, Allotments
from core.seating.errors import (
    SeatTakenError,
)
from core.seating.grid import GridSection
from core.seating.layout import Layout, without_ids
from core.seating.plan_change_errors import InvalidPlanChangeError, PlanChangingError, SeatsWithoutPlaceError
from core.seating.plans import PlanStatus
from core.seating.pricing import TierRequest
from core.seating.reservations import ReservationStatus
from core.seating.seats import Available, Sold
from core.shared.ids import AllotmentId, PlanId, PriceTierId, TicketId
from core.shared.money import Money
from ports.published.operations import OperationStoppedError, ParamsRefusedError
from tests.operations_world import MANAGER, TENANT, Crash
from tests.plan_change_world import House
from tests.seating_world import memory_stores, postgres_stores, seat_ids
from tests.servers import PostgresServer
from usecases.seating.block_seats import BlockSeats
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.reserve_seats import ReclaimSeats

COMPLETED, FAILED = OperationStatus.COMPLETED, OperationStatus.FAILED
WIDER = GridSection("Stalls", 2, 6)
SMALLER = GridSection("Stalls", 2, 4)
BALCONY = GridSection("Balcony", 1, 3)


@pytest.fixture(params=["memory", "postgres"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    if request.param == "memory":
        yield await House(memory_stores(), MemoryIds()).open()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres) as real:
        yield await House(real, Uuid7Source()).open()


def counts(preview: dict[str, object]) -> dict[str, int]:
    found: dict[str, int] = cast("dict[str, int]", preview["counts"])
    return found


async def test_seats_of_the_same_name_stay_the_same_seats_and_new_ones_are_sold(house: House) -> None:
    sold, reserved, held = await house.sold("R1S1", "R2S5"), await house.reserved("R1S2"), await house.held("R1S3")
    new, _ = await house.draft(WIDER, BALCONY)
    preview = await house.preview(house.params(new))
    assert (preview["canRun"], counts(preview)["kept"], counts(preview)["added"]) == (True, 10, 5)
    operation = await house.done(house.params(new))
    assert (operation.status, operation.error) == (COMPLETED, None)
    plan, seats = await house.stands()
    assert (plan.status, plan.version_number, plan.seats_count, plan.changing_by) == (PlanStatus.ACTIVE, 2, 15, None)
    after = {seat.label: seat.id for seat, _ in seats if not seat.label.startswith("R1S6")}
    stalls = [seat for seat, _ in seats if seat.section_id == house.layout.sections[0].id]
    assert {seat.label: seat.id for seat in stalls}.items() >= {s.label: s.id for s in house.layout.seats}.items()
    assert len(after) >= 10
    states = {seat.id: state for seat, state in seats}
    assert states[house.seat("R1S1")] == Sold(sold.id) == states[house.seat("R2S5")]
    for entry in (sold, reserved, held):
        assert await house.entry(entry.id) == entry
    await house.finalise(reserved)
    await house.sold("R2S6")


async def test_the_layout_stored_is_the_one_that_was_drawn_in_its_order(house: House) -> None:
    new, layout = await house.draft(BALCONY, WIDER)
    await house.done(house.params(new))
    async with house.stores.transactions.begin(TENANT) as tx:
        stored = await tx.plans.layout(house.plan.id)
    as_drawn: Any = {"categories": (), "drawing": {}, "focus": None}
    assert without_ids(stored, **as_drawn) == without_ids(layout, **as_drawn)
    _, seats = await house.stands()
    assert [seat.id for seat, _ in seats] == sorted(seat.id for seat, _ in seats)


async def test_a_sold_seat_without_a_place_stops_it_before_it_begins(house: House) -> None:
    sold, reserved = await house.sold("R1S5"), await house.reserved("R2S5")
    new, layout = await house.draft(SMALLER)
    preview = await house.preview(house.params(new))
    assert (preview["canRun"], counts(preview)["withoutPlace"], counts(preview)["beingPaid"]) == (False, 1, 1)
    lost: Any = preview["withoutPlace"]
    assert lost[0] == {
        "seatId": str(house.seat("R1S5")),
        "section": "Stalls",
        "label": "R1S5",
        "status": "SOLD",
        "orderId": str(sold.order_id),
        "proposal": str(house.seat("R1S4", layout)),
        "proposedPlace": {"section": "Stalls", "label": "R1S4"},
    }
    assert (lost[1]["orderId"], lost[1]["proposal"]) == (str(reserved.order_id), None)
    with pytest.raises(SeatsWithoutPlaceError) as refused:
        await house.started(house.params(new))
    pointers = [problem.pointer for problem in refused.value.problems]
    assert pointers == [f"/params/mapping/{house.seat(label)}" for label in ("R1S5", "R2S5")]
    assert (await house.stands())[0] == house.plan


async def test_a_sold_seat_gets_the_place_that_it_is_given_and_stays_the_same_seat(house: House) -> None:
    sold = await house.sold("R1S4", "R1S5")
    new, layout = await house.draft(SMALLER)
    pair = house.seat("R1S5"), house.seat("R2S4", layout)
    operation = await house.done(house.params(new, pair))
    assert (operation.status, operation.error) == (COMPLETED, None)
    plan, seats = await house.stands()
    by_label = {seat.label: (seat.id, state) for seat, state in seats}
    assert by_label["R2S4"] == (house.seat("R1S5"), Sold(sold.id))
    assert by_label["R1S4"] == (house.seat("R1S4"), Sold(sold.id))
    assert (plan.seats_count, len(seats), len(by_label)) == (8, 8, 8)
    entry = await house.entry(sold.id)
    assert {(seat.label, seat.row, seat.number) for seat in entry.seats} == {("R1S4", "R1", "4"), ("R2S4", "R2", "4")}
    assert (entry.seat_ids, [seat.price_minor for seat in entry.seats]) == (sold.seat_ids, [7500, 7500])


@pytest.mark.parametrize("state", ["sold", "reserved", "blocked"])
async def test_a_place_that_is_not_free_is_given_to_nobody(house: House, state: str) -> None:
    await house.sold("R1S5")
    if state == "blocked":
        block = BlockSeats(house.stores.transactions, house.clock)
        await block(house.plan.id, [house.seat("R1S1")], reason="camera", until=None, caller=MANAGER)
    else:
        await (house.sold if state == "sold" else house.reserved)("R1S1")
    new, layout = await house.draft(SMALLER)
    with pytest.raises(InvalidPlanChangeError):
        await house.started(house.params(new, (house.seat("R1S5"), house.seat("R1S1", layout))))


async def test_two_sold_seats_can_change_places_and_one_place_is_given_once(house: House) -> None:
    first, second = await house.sold("R1S1"), await house.sold("R1S2")
    new, layout = await house.draft(SMALLER)
    one, two = house.seat("R1S1"), house.seat("R1S2")
    to_one, to_two = house.seat("R1S1", layout), house.seat("R1S2", layout)
    for pairs in ([(one, to_two), (two, to_two)], [(one, to_one), (one, to_two)], [(uuid4(), to_one)]):
        with pytest.raises(InvalidPlanChangeError):
            await house.preview(house.params(new, *pairs))
    await house.done(house.params(new, (one, to_two), (two, to_one)))
    states = await house.states()
    assert (states["R1S2"], states["R1S1"]) == (Sold(first.id), Sold(second.id))


async def test_nothing_is_held_while_it_goes_on_and_orders_go_on(house: House) -> None:
    reserved = await house.reserved("R1S1")
    new, _ = await house.draft(WIDER)
    operation_id = await house.frozen(house.params(new))
    with pytest.raises(PlanChangingError):
        await house.held("R1S2")
    await house.finalise(reserved)
    assert (await house.world.worked(operation_id)).status is COMPLETED
    await house.held("R1S2")


async def test_a_hold_on_a_seat_that_goes_ends_and_others_live(house: House) -> None:
    ending, living = await house.held("R1S4", "R1S5"), await house.held("R1S1")
    new, _ = await house.draft(SMALLER)
    assert counts(await house.preview(house.params(new)))["holdsEnding"] == 1
    assert (await house.done(house.params(new))).status is COMPLETED
    assert (await house.entry(ending.id)).status is ReservationStatus.RELEASED
    assert await house.entry(living.id) == living
    assert (await house.states())["R1S4"] == Available()


async def test_a_removed_seat_is_nobodys_for_good(house: House) -> None:
    reserved = await house.reserved("R1S5")
    house.clock.move(seconds=15 * 60)  # unpaid; the money may come late all the same
    new, _ = await house.draft(SMALLER)
    assert (await house.done(house.params(new))).status is COMPLETED
    assert reserved.order_id is not None
    with pytest.raises(SeatTakenError):
        await ReclaimSeats(house.stores.transactions, house.clock)(
            reserved.id, tenant_id=TENANT, order_id=reserved.order_id
        )
    async with house.stores.transactions.begin(TENANT) as tx:
        assert await tx.seats.states(house.plan.id, [house.seat("R1S5")]) == {}
        assert await tx.blocks.lock(house.plan.id, [house.seat("R1S5")]) == {}
        assert len((await tx.seats.letters(house.plan.id, now=house.clock.now())).letters) == 8
        ended = await tx.seats.expire([reserved.id], now=house.clock.now(), wait=True)
        assert [each.seat_ids for each in ended] == [()]
        assert len((await tx.seats.get(reserved.id)).seats) == 1


async def test_allotments_lose_the_seats_that_go(house: House) -> None:
    one = Allotment(id=AllotmentId(uuid4()), name="Club", seat_ids=seat_ids(house.layout, "R1S1", "R1S5"))
    two = Allotment(id=AllotmentId(uuid4()), name="Press", seat_ids=seat_ids(house.layout, "R2S5"))
    async with house.stores.transactions.begin(TENANT) as tx:
        await tx.plans.save_allotments(house.plan.id, Allotments((one, two)))
    new, _ = await house.draft(SMALLER)
    await house.done(house.params(new))
    async with house.stores.transactions.begin(TENANT) as tx:
        left = (await tx.plans.allotments(house.plan.id)).each
    assert [(each.name, each.seat_ids) for each in left] == [("Club", (house.seat("R1S1"),))]


@pytest.mark.parametrize(("keep", "front", "new_seat"), [(True, 8000, 5000), (False, 9000, 5000)])
async def test_prices_stay_or_come_with_the_new_plan(house: House, keep: bool, front: int, new_seat: int) -> None:
    async def price(plan_id: Any, layout: Any, **amounts: int) -> None:
        tiers = [
            TierRequest(
                id=PriceTierId(uuid4()),
                name=name,
                price=Money(amount, "EUR"),
                seat_ids=tuple(s.id for s in layout.seats if (s.label[:2] == "R1") == (name == "Front")),
            )
            for name, amount in amounts.items()
        ]
        await ReplacePriceTiers(house.stores.transactions, house.clock)(
            plan_id, tiers, expected_version=None, caller=MANAGER
        )

    await price(house.plan.id, house.layout, Front=8000, Rest=4000)
    new, layout = await house.draft(GridSection("Stalls", 3, 5))
    await price(new.id, layout, Front=9000, Back=5000)
    async with house.stores.transactions.begin(TENANT) as tx:
        before = {tier.name: tier.id for tier in await tx.plans.tiers(house.plan.id)}
    await house.done(house.params(new, keep_prices=keep))
    plan, seats = await house.stands()
    prices = {seat.label: seat.price_minor for seat, _ in seats}
    assert (prices["R1S1"], prices["R3S1"], prices["R2S1"]) == (front, new_seat, 4000 if keep else 5000)
    async with house.stores.transactions.begin(TENANT) as tx:
        tiers = {tier.name: tier.id for tier in await tx.plans.tiers(house.plan.id)}
        layout_after = await tx.plans.layout(house.plan.id)
    assert (tiers["Front"], "Rest" in tiers, plan.seats_without_tier) == (before["Front"], keep, 0)
    assert {section.price_tier_id for section in layout_after.sections} == {None}


async def test_an_operation_that_is_cancelled_lets_sales_go_on_with_nothing_changed(house: House) -> None:
    new, _ = await house.draft(WIDER)
    operation_id = await house.frozen(house.params(new))
    await house.world.cancel(operation_id, caller=MANAGER)
    assert (await house.world.worked(operation_id)).status is OperationStatus.CANCELLED
    plan, seats = await house.stands()
    assert (plan.changing_by, plan.version_number, len(seats)) == (None, 1, 10)
    await house.held("R1S1")


@pytest.mark.parametrize(
    ("house", "place"),
    [*(("memory", place) for place in range(1, 19)), *(("postgres", place) for place in (8, 14, 15))],
    indirect=["house"],
)
async def test_wherever_a_worker_dies_the_plan_ends_as_without_it(house: House, place: int) -> None:
    sold, held = await house.sold("R1S5"), await house.held("R2S5")
    new, layout = await house.draft(SMALLER, BALCONY)
    operation_id = await house.started(house.params(new, (house.seat("R1S5"), house.seat("R2S4", layout))))
    count = 0

    def dies(_: str) -> None:
        nonlocal count
        count += 1
        if count == place:
            raise Crash

    house.seating.point = dies
    try:
        await house.world.job()()
    except Crash:
        house.clock.move(seconds=LEASE.total_seconds())
    assert (await house.world.worked(operation_id)).status is COMPLETED
    plan, seats = await house.stands()
    assert (plan.version_number, plan.changing_by, plan.seats_version, len(seats)) == (2, None, 2, 11)
    assert {seat.label: state for seat, state in seats}["R2S4"] == Sold(sold.id)
    assert (await house.entry(held.id)).status is ReservationStatus.RELEASED


async def test_a_worker_that_slept_changes_nothing_after_others_took_it_back(house: House) -> None:
    operation_id = uuid4()
    async with house.stores.transactions.begin(TENANT) as tx:
        assert not await tx.changes.lead(operation_id, 3)
    async with house.stores.transactions.begin(TENANT) as tx:
        assert not await tx.changes.lead(operation_id, 3)
        await tx.changes.done(operation_id)
        assert not await tx.changes.lead(uuid4(), 1)
    with pytest.raises(OperationStoppedError):
        async with house.stores.transactions.begin(TENANT) as tx:
            await tx.changes.lead(operation_id, 2)
    async with house.stores.transactions.begin(TENANT) as tx:
        assert await tx.changes.lead(operation_id, 4)


async def test_a_seat_sold_meanwhile_that_would_be_lost_makes_it_fail_with_nothing_changed(house: House) -> None:
    reserved = await house.reserved("R1S1")
    new, _ = await house.draft(SMALLER)
    operation_id = await house.started(house.params(new))
    sold = await house.sold("R1S5")
    operation = await house.world.worked(operation_id)
    assert (operation.status, (await house.entry(sold.id)).status) == (FAILED, ReservationStatus.SOLD)
    assert "Stalls R1S5" in (operation.error or "")
    plan, seats = await house.stands()
    assert (plan.changing_by, plan.version_number, len(seats)) == (None, 1, 10)
    await house.finalise(reserved)


async def test_plans_that_have_nothing_to_do_with_each_other_are_refused(house: House) -> None:
    new, _ = await house.draft(WIDER)
    other = replace(new, id=PlanId(uuid4()), ticket_id=TicketId(uuid4()), seats_count=0)
    async with house.stores.transactions.begin(TENANT) as tx:
        await tx.plans.add(other, Layout((), ()))
    wrong: tuple[dict[str, object], ...] = (
        house.params(other),
        house.params(house.plan),
        {**house.params(house.plan), "planId": str(new.id)},
        {**house.params(new), "more": 1},
        {"planId": "x"},
    )
    for params in wrong:
        with pytest.raises(ParamsRefusedError) as refused:
            await house.started(params)
        assert all(problem.pointer.startswith("/params") for problem in refused.value.problems)
