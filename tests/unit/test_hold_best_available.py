"""Holding the best seats over the memory stores: races, repeats, and who may choose what."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, override
from uuid import UUID, uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating import ledger
from core.seating.attributes import COMPANION, COMPANION_OF, YES
from core.seating.best_available import SeatWish
from core.seating.errors import (
    MaxPerUserExceededError,
    NotEnoughSeatsError,
    PlanNotActiveError,
    PlanNotFoundError,
    ReservationConflictError,
    ReservationExpiredError,
    SeatLeftAloneError,
    SeatsAreAssignedError,
    SeatTakenError,
    TooManySeatsError,
)
from core.seating.places import Table, TableSale
from core.seating.plans import ACCESSIBLE, AssignmentMode, OrphanRule, PlanStatus
from core.shared.callers import Caller
from core.shared.errors import InvalidInputError
from core.shared.holders import Holder
from core.shared.ids import PlanId, ReservationId, SeatId
from core.shared.money import Money
from tests.seating_world import TTL_S, CountedTokens, a_buyer, a_plan, a_tenant, memory_stores, pictures_of, seat_ids
from usecases.seating.hold_best_available import TRIES_MAX, BestHold, HoldBestAvailable
from usecases.seating.hold_chosen_seats import ChosenHold, HoldChosenSeats
from usecases.seating.hold_seats import NOTHING_SHOWN, HoldSeats, NewHold, Showing


@dataclass(frozen=True, slots=True)
class Outrun(HoldSeats):
    """Holds seats, but a rival takes the first of them just before, as long as there are rivals left."""

    rivals: list[Caller] = field(default_factory=list[Caller])

    @override
    async def __call__(
        self,
        plan_id: PlanId,
        reservation_id: ReservationId,
        seat_ids: tuple[SeatId, ...],
        *,
        caller: Caller,
        hold_token: str | None = None,
        showing: Showing = NOTHING_SHOWN,
        price_max_minor: int | None = None,
    ) -> NewHold:
        hold = HoldSeats(self.grant, self.tokens, self.clock)
        if self.rivals:
            await hold(plan_id, ReservationId(uuid4()), seat_ids[:1], caller=self.rivals.pop())
        return await hold(
            plan_id,
            reservation_id,
            seat_ids,
            caller=caller,
            hold_token=hold_token,
            showing=showing,
            price_max_minor=price_max_minor,
        )


class Floor:
    """A plan of some rows, and what fans do on it."""

    def __init__(self, **facts: Any) -> None:
        self.stores = memory_stores()
        self.clock = MemoryClock()
        self.tenant = a_tenant()
        self.mode = facts.pop("mode", AssignmentMode.MANUAL)
        rule = facts.pop("rule", OrphanRule.OFF)
        plan, self.layout = a_plan(**facts)
        self.plan = replace(plan, assignment_mode=self.mode, orphan_rule=rule)
        self.hold = Outrun(self.stores.grant, CountedTokens(), self.clock)
        transactions = self.stores.transactions
        self.pictures = pictures_of(self.stores, self.clock)
        self.best = HoldBestAvailable(transactions, self.pictures, self.hold)
        self.chosen = HoldChosenSeats(transactions, self.pictures, self.hold)

    async def open(self) -> "Floor":
        async with self.stores.transactions.begin(self.tenant) as tx:
            await tx.plans.add(self.plan, self.layout)
        return self

    async def wish(
        self, quantity: int, *, id: UUID | None = None, by: Caller | None = None, **more: Any
    ) -> tuple[BestHold, list[str]]:
        wish = SeatWish(quantity=quantity, **more)
        buyer = by or a_buyer(self.tenant)
        held = await self.best(self.plan.id, ReservationId(id or uuid4()), wish, caller=buyer)
        return held, [seat.label for seat in held.new.reservation.seats]

    async def name(self, *labels: str, id: UUID | None = None, by: Caller | None = None) -> ChosenHold:
        seats = seat_ids(self.layout, *labels)
        buyer = by or a_buyer(self.tenant)
        return await self.chosen(self.plan.id, ReservationId(id or uuid4()), seats, caller=buyer)


async def test_the_best_seats_are_held_with_the_reason_for_them() -> None:
    floor = await Floor(columns=7).open()
    held, labels = await floor.wish(3)
    assert labels == ["R1S3", "R1S4", "R1S5"]
    assert held.adjacent and held.explanation.startswith("3 seats side by side in Stalls, row R1")
    assert (await floor.wish(2))[1] == ["R2S3", "R2S4"]


async def test_the_same_id_gives_the_same_seats_whatever_is_free_by_then() -> None:
    floor = await Floor(rows=3, columns=8).open()
    ann, id = a_buyer(floor.tenant), uuid4()
    await floor.wish(2)
    first, labels = await floor.wish(2, id=id, by=ann)
    await floor.wish(4)
    again, same = await floor.wish(2, id=id, by=ann)
    assert same == labels and again == replace(first, new=NewHold(first.new.reservation, None))
    with pytest.raises(ReservationConflictError):
        await floor.wish(3, id=id, by=ann)
    with pytest.raises(ReservationConflictError):
        await floor.wish(2, id=id)
    floor.clock.move(seconds=TTL_S)
    with pytest.raises(ReservationExpiredError):
        await floor.wish(2, id=id, by=ann)


async def test_companions_are_held_with_their_wheelchair_place_and_a_table_as_a_whole() -> None:
    floor = Floor(columns=6)
    place = next(seat.guid for seat in floor.layout.seats if seat.label == "R1S2")
    marks: dict[str, dict[str, Any]] = {
        "R1S1": {"attributes": {COMPANION: YES, COMPANION_OF: place}},
        "R1S2": {"attributes": {ACCESSIBLE: YES}},
        "R1S5": {"table": Table("T", TableSale.WHOLE)},
        "R1S6": {"table": Table("T", TableSale.WHOLE)},
    }
    seats = tuple(replace(seat, **marks.get(seat.label, {})) for seat in floor.layout.seats)
    floor.layout = replace(floor.layout, seats=seats)
    await floor.open()
    ann, id = a_buyer(floor.tenant), uuid4()
    held, labels = await floor.wish(1, companions=1, accessible=True, id=id, by=ann)
    assert labels == ["R1S1", "R1S2"]
    assert held.adjacent and held.explanation.startswith("1 accessible place with 1 companion's seat side by side in")
    again, same = await floor.wish(1, companions=1, accessible=True, id=id, by=ann)
    assert same == labels and again.explanation == held.explanation
    for companions in (0, 2):
        with pytest.raises(ReservationConflictError):
            await floor.wish(1, companions=companions, accessible=True, id=id, by=ann)
    with pytest.raises(NotEnoughSeatsError, match=r"\(1\) with seats for companions \(1\) free together"):
        await floor.wish(1, companions=1, accessible=True)
    with pytest.raises(TooManySeatsError):
        await floor.wish(10, companions=1, accessible=True)
    assert (await floor.wish(10, allow_split=True))[1] == ["R1S3", "R1S4", "R1S5", "R1S6", *_ROW_2]


_ROW_2 = [f"R2S{number}" for number in range(1, 7)]


async def test_other_seats_are_chosen_when_somebody_was_faster() -> None:
    floor = await Floor(rows=4, columns=10).open()
    floor.hold.rivals.extend(a_buyer(floor.tenant) for _ in range(TRIES_MAX - 1))
    held, labels = await floor.wish(2)
    assert len(labels) == 2 and held.adjacent and not floor.hold.rivals


async def test_somebody_who_is_always_slower_gives_up_with_no_seat_held() -> None:
    floor = await Floor(rows=4, columns=10).open()
    floor.hold.rivals.extend(a_buyer(floor.tenant) for _ in range(TRIES_MAX))
    with pytest.raises(SeatTakenError):
        await floor.wish(2)


async def test_the_same_wish_that_was_granted_a_moment_ago_gets_the_same_seats() -> None:
    floor = await Floor(columns=10).open()
    ann, id = a_buyer(floor.tenant), uuid4()

    @dataclass(frozen=True, slots=True)
    class GrantedMeanwhile(HoldSeats):
        granted: list[BestHold] = field(default_factory=list[BestHold])

        @override
        async def __call__(
            self,
            plan_id: PlanId,
            reservation_id: ReservationId,
            seat_ids: tuple[SeatId, ...],
            *,
            caller: Caller,
            hold_token: str | None = None,
            showing: Showing = NOTHING_SHOWN,
            price_max_minor: int | None = None,
        ) -> NewHold:
            if not self.granted:
                await floor.wish(1)
                self.granted.append((await floor.wish(2, id=id, by=ann))[0])
            return await floor.hold(plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token)

    slow = GrantedMeanwhile(floor.stores.grant, CountedTokens(), floor.clock)
    best = HoldBestAvailable(floor.stores.transactions, floor.pictures, slow)
    held = await best(floor.plan.id, ReservationId(id), SeatWish(quantity=2), caller=ann)
    assert held.new == NewHold(slow.granted[0].new.reservation, None)


async def test_nothing_is_refused_because_of_a_picture_that_is_a_moment_old() -> None:
    floor = await Floor(rows=1, columns=4).open()
    first, _ = await floor.wish(4)
    async with floor.stores.transactions.begin(floor.tenant) as tx:
        entry = await tx.seats.lock(first.new.reservation.id)
        gone = ledger.release_hold(
            entry.reservation, by=Holder(entry.reservation.account_id), seats=entry.seats, now=floor.clock.now()
        )
        await tx.seats.save([gone])
    assert len((await floor.wish(4))[1]) == 4
    with pytest.raises(NotEnoughSeatsError):
        await floor.wish(1)


async def test_a_plan_that_went_on_sale_a_moment_ago_is_on_sale() -> None:
    floor = await Floor(status=PlanStatus.DRAFT).open()
    with pytest.raises(PlanNotActiveError):
        await floor.wish(1)
    async with floor.stores.transactions.begin(floor.tenant) as tx:
        await tx.plans.save(floor.plan.activate(next_number=1, now=floor.clock.now()))
    assert (await floor.wish(1))[1] == ["R1S3"]


async def test_buyers_at_once_in_one_process_are_given_different_seats_at_the_first_try() -> None:
    floor = await Floor(rows=4, columns=10).open()
    tries: list[tuple[SeatId, ...]] = []

    @dataclass(frozen=True, slots=True)
    class Counted(HoldSeats):
        @override
        async def __call__(
            self,
            plan_id: PlanId,
            reservation_id: ReservationId,
            seat_ids: tuple[SeatId, ...],
            *,
            caller: Caller,
            hold_token: str | None = None,
            showing: Showing = NOTHING_SHOWN,
            price_max_minor: int | None = None,
        ) -> NewHold:
            tries.append(seat_ids)
            await asyncio.sleep(0)  # the others choose before this one is granted
            return await floor.hold(plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token)

    hold = Counted(floor.stores.grant, CountedTokens(), floor.clock)
    best = HoldBestAvailable(floor.stores.transactions, floor.pictures, hold)
    wish = SeatWish(quantity=2)
    await asyncio.gather(
        *(best(floor.plan.id, ReservationId(uuid4()), wish, caller=a_buyer(floor.tenant)) for _ in range(10))
    )
    assert len(tries) == 10 and len({id for seats in tries for id in seats}) == 20


async def test_seats_of_a_hold_that_was_refused_are_given_to_the_next_buyer() -> None:
    floor = await Floor(columns=5, max_per_user=3).open()
    ann = a_buyer(floor.tenant)
    await floor.wish(1, by=ann)
    with pytest.raises(MaxPerUserExceededError):
        await floor.wish(3, by=ann)
    assert (await floor.wish(3))[1] == ["R2S1", "R2S2", "R2S3"], "what was refused a moment ago"


async def test_what_cannot_be_had_is_refused_with_its_reason() -> None:
    floor = await Floor(rows=2, columns=5, seats_max_per_order=8, max_per_user=7).open()
    with pytest.raises(NotEnoughSeatsError, match=r"no 6 seats like that free side by side\."):
        await floor.wish(6)
    assert len((await floor.wish(6, allow_split=True))[1]) == 6
    with pytest.raises(NotEnoughSeatsError):
        await floor.wish(1, accessible=True)
    with pytest.raises(TooManySeatsError):
        await floor.wish(9)
    floor.clock.move(seconds=TTL_S)
    with pytest.raises(MaxPerUserExceededError):
        await floor.wish(8, allow_split=True)
    with pytest.raises(InvalidInputError):
        await floor.wish(1, price_max=Money(99999, "USD"))
    with pytest.raises(PlanNotFoundError):
        await floor.best(PlanId(uuid4()), ReservationId(uuid4()), SeatWish(quantity=1), caller=a_buyer(floor.tenant))


async def test_nothing_is_chosen_from_a_plan_that_is_not_on_sale() -> None:
    floor = await Floor(status=PlanStatus.DRAFT).open()
    with pytest.raises(PlanNotActiveError):
        await floor.wish(1)


async def test_buyers_name_seats_only_where_the_plan_lets_them_choose() -> None:
    for mode, refused in ((AssignmentMode.AUTO, True), (AssignmentMode.MANUAL, False)):
        floor = await Floor(mode=mode).open()
        seats, ann = seat_ids(floor.layout, "R1S1"), a_buyer(floor.tenant)
        for _ in range(2):
            if refused:
                with pytest.raises(SeatsAreAssignedError):
                    await floor.chosen(floor.plan.id, ReservationId(uuid4()), seats, caller=ann)
            else:
                await floor.chosen(floor.plan.id, ReservationId(uuid4()), seats, caller=ann)
                seats = seat_ids(floor.layout, "R1S2")
        assert len((await floor.wish(2))[1]) == 2


async def test_an_enforced_rule_refuses_a_choice_that_leaves_a_single_seat_and_names_it() -> None:
    floor = await Floor(rows=1, columns=8, rule=OrphanRule.ENFORCE).open()
    with pytest.raises(SeatLeftAloneError, match="would leave single seats: Stalls R1S1, Stalls R1S8"):
        await floor.name(*(f"R1S{number}" for number in range(2, 8)))
    assert (await floor.name("R1S3", "R1S4")).warning is None
    with pytest.raises(SeatLeftAloneError, match=r"Stalls R1S1\."):
        await floor.name("R1S2")
    assert (await floor.name("R1S1", "R1S2")).warning is None


async def test_an_enforced_rule_yields_where_no_other_choice_of_that_size_is_left_in_the_section() -> None:
    floor = await Floor(rows=2, columns=3, rule=OrphanRule.ENFORCE).open()
    held = await floor.name("R1S1", "R1S2")
    assert held.warning == "Single seats stay behind: Stalls R1S3."
    with pytest.raises(SeatLeftAloneError):
        await floor.name("R2S2")  # R1S3 is alone already, and R2S1 leaves two


async def test_an_enforced_rule_sees_what_another_process_granted_just_before() -> None:
    floor = await Floor(rows=1, columns=8, rule=OrphanRule.ENFORCE).open()
    transactions, elsewhere = floor.stores.transactions, pictures_of(floor.stores, floor.clock)
    other = HoldChosenSeats(transactions, elsewhere, floor.hold)
    await floor.name("R1S1")
    seats = seat_ids(floor.layout, "R1S2", "R1S3")
    await other(floor.plan.id, ReservationId(uuid4()), seats, caller=a_buyer(floor.tenant))
    with pytest.raises(SeatLeftAloneError, match=r"Stalls R1S4\."):
        await floor.name("R1S5", "R1S6")
    assert (await floor.name("R1S4", "R1S5")).warning is None


async def test_a_rule_that_warns_lets_the_choice_through() -> None:
    floor = await Floor(rows=1, columns=8, rule=OrphanRule.WARN).open()
    assert (await floor.name("R1S2")).warning == "Single seats stay behind: Stalls R1S1."
    assert (await floor.name("R1S1")).warning is None
    off = await Floor(rows=1, columns=8).open()
    assert (await off.name("R1S2")).warning is None


async def test_a_rule_neither_hides_other_refusals_nor_refuses_what_is_held_already() -> None:
    floor = await Floor(rows=1, columns=8, rule=OrphanRule.ENFORCE).open()
    ann, id = a_buyer(floor.tenant), uuid4()
    first = await floor.name("R1S3", "R1S4", id=id, by=ann)
    assert (await floor.name("R1S3", "R1S4", id=id, by=ann)).new.reservation == first.new.reservation
    with pytest.raises(SeatTakenError):
        await floor.name("R1S2", "R1S3")
    with pytest.raises(ReservationConflictError):
        await floor.name("R1S2", id=id, by=ann)
    floor.clock.move(seconds=TTL_S)
    with pytest.raises(ReservationConflictError):
        await floor.name("R1S2", id=id, by=ann)
    with pytest.raises(ReservationExpiredError):
        await floor.name("R1S3", "R1S4", id=id, by=ann)


async def test_a_single_accessible_seat_may_stay_behind() -> None:
    floor = Floor(rows=1, columns=4, rule=OrphanRule.ENFORCE)
    seats = tuple(
        replace(seat, attributes={ACCESSIBLE: "yes"}) if seat.column == 1 else seat for seat in floor.layout.seats
    )
    floor.layout = replace(floor.layout, seats=seats)
    await floor.open()
    assert (await floor.name("R1S2", "R1S3", "R1S4")).warning is None
