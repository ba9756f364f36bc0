"""A published plan gets another layout: what stays, moves, comes and goes, and what is refused word for word."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from core.seating.drawn import Category
from core.seating.grid import GaSection, GridSection, lay_out_grid
from core.seating.layout import with_ids
from core.seating.places import Point
from core.seating.plan_change import Drawn, Moved, Pair, Redrawn, in_new_places, redraw, redrawn_plan
from core.seating.plan_change_errors import InvalidPlanChangeError, SeatsWithoutPlaceError
from core.seating.price_tiers import PriceTier
from core.seating.reports import PROBLEMS_MAX
from core.seating.seats import Available, Blocked, Held, Reserved, SeatState, Sold
from core.shared.errors import Problem
from core.shared.ids import ReservationId, SeatId
from core.shared.money import Money
from tests.seating_world import a_plan

PLAN, _ = a_plan()
NOW = PLAN.created_at
SOMEBODY = ReservationId(UUID(int=0xABC))
SOLD = Sold(SOMEBODY)
HELD, RESERVED = Held(SOMEBODY, NOW), Reserved(SOMEBODY, NOW)
BLOCKED = Blocked("broken")
FREE = Available()
FACE = Money(7500, "EUR")


def ids_from(first: int) -> Callable[[], UUID]:
    ids = iter(range(first, first + 10_000))
    return lambda: UUID(int=next(ids))


def drawn(first_id: int, *sections: GridSection | GaSection, tiers: tuple[PriceTier, ...] = ()) -> Drawn:
    draft = lay_out_grid(sections)
    return Drawn(PLAN, with_ids(draft, new_id=ids_from(first_id), price_minor=7500), tiers)


def by_label(plan: Drawn) -> dict[str, SeatId]:
    return {seat.label: seat.id for seat in plan.layout.seats}


def changed(
    live: Drawn, wanted: Drawn, *pairs: tuple[str, str], keep_prices: bool = True, **states: SeatState
) -> Redrawn:
    """Change a plan to another; pairs and states are given by labels."""
    old, new = by_label(live), by_label(wanted)
    return redraw(
        live,
        wanted,
        [Pair(old[before], new[after]) for before, after in pairs],
        states={seat_id: states.get(label, FREE) for label, seat_id in old.items()},
        keep_prices=keep_prices,
        new_id=ids_from(0x100000),
    )


LIVE, WIDER = drawn(0x100, GridSection("Stalls", 1, 4)), drawn(0x200, GridSection("Stalls", 1, 6))
NARROWER = drawn(0x300, GridSection("Stalls", 1, 2))


def test_seats_of_one_name_stay_and_others_come() -> None:
    done = changed(LIVE, WIDER, R1S1=SOLD, R1S2=HELD, R1S3=BLOCKED)
    old = tuple(seat.id for seat in LIVE.layout.seats)
    assert (done.kept, done.removed, done.moved, done.held, done.blocked) == (old, (), (), (), ())
    assert done.added == (SeatId(UUID(int=0x100000)), SeatId(UUID(int=0x100001)))
    assert [seat.id for seat in done.layout.seats] == [*old, *done.added]
    assert [seat.label for seat in done.layout.seats] == [f"R1S{number}" for number in range(1, 7)]
    assert {seat.position for seat in done.layout.seats} == {None}
    assert [section.id for section in done.layout.sections] == [LIVE.layout.sections[0].id]
    assert {seat.section_id for seat in done.layout.seats} == {LIVE.layout.sections[0].id}
    assert done.can_be_done
    done.must_be_possible()
    assert done.sections == {LIVE.layout.sections[0].id: "Stalls"}


def test_positions_that_the_ids_tell_as_well_are_left_out() -> None:
    placed = tuple(replace(seat, position=place) for place, seat in enumerate(NARROWER.layout.seats))
    wanted = replace(NARROWER, layout=replace(NARROWER.layout, seats=placed))
    assert [seat.position for seat in changed(LIVE, wanted).layout.seats] == [None, None]


def test_seats_that_nobody_bought_go_and_those_of_others_stand_in_the_way() -> None:
    wide = drawn(0x400, GridSection("Stalls", 1, 7))
    seats = {seat.label: seat for seat in wide.layout.seats}
    done = changed(wide, NARROWER, R1S3=HELD, R1S4=BLOCKED, R1S5=SOLD, R1S6=RESERVED, R1S1=SOLD)
    assert done.removed == tuple(seats[f"R1S{number}"] for number in (3, 4, 7))
    assert (done.held, done.blocked) == ((seats["R1S3"].id,), (seats["R1S4"].id,))
    assert (done.without_place, done.paying) == ((seats["R1S5"],), (seats["R1S6"],))
    assert done.proposals == {seats["R1S5"].id: by_label(NARROWER)["R1S2"]}
    assert not done.can_be_done
    with pytest.raises(SeatsWithoutPlaceError) as refused:
        done.must_be_possible()
    first = "Sold seat Stalls R1S5 has no place in the new layout."
    assert refused.value.message == f"2 seats would be lost, such as: {first}"
    assert list(refused.value.problems) == [
        Problem(f"/params/mapping/{seats['R1S5'].id}", first),
        Problem(f"/params/mapping/{seats['R1S6'].id}", "Seat Stalls R1S6 is being paid for."),
    ]
    assert not replace(done, without_place=()).can_be_done
    assert not replace(done, paying=()).can_be_done
    many = replace(done, without_place=done.without_place * (PROBLEMS_MAX + 5))
    with pytest.raises(SeatsWithoutPlaceError) as refused:
        many.must_be_possible()
    assert len(refused.value.problems) == PROBLEMS_MAX
    assert refused.value.message.startswith(f"{PROBLEMS_MAX + 6} seats")


def test_a_sold_seat_that_is_given_a_place_is_the_same_seat_there() -> None:
    done = changed(LIVE, NARROWER, ("R1S4", "R1S1"), R1S4=SOLD, R1S1=HELD)
    seats = {seat.label: seat for seat in LIVE.layout.seats}
    assert (done.kept, done.added) == ((seats["R1S2"].id,), ())
    assert done.removed == (seats["R1S1"], seats["R1S3"])
    assert done.held == (seats["R1S1"].id,)
    [moved] = done.moved
    assert moved == Moved(seats["R1S4"], "Stalls", moved.after, "Stalls")
    assert (moved.after.id, moved.after.label, moved.after.position) == (seats["R1S4"].id, "R1S1", 0)
    assert [(seat.label, seat.position) for seat in done.layout.seats] == [("R1S2", 1), ("R1S1", 0)]
    assert done.can_be_done


def test_two_sold_seats_may_change_places_and_a_pair_of_one_that_is_not_sold_says_nothing() -> None:
    done = changed(LIVE, WIDER, ("R1S1", "R1S2"), ("R1S2", "R1S1"), ("R1S3", "R1S6"), R1S1=SOLD, R1S2=SOLD)
    old = by_label(LIVE)
    now = {seat.label: seat.id for seat in done.layout.seats}
    assert (now["R1S1"], now["R1S2"], now["R1S3"]) == (old["R1S2"], old["R1S1"], old["R1S3"])
    assert {move.before.label: move.after.label for move in done.moved} == {"R1S1": "R1S2", "R1S2": "R1S1"}


def refusal(act: Callable[[], object]) -> tuple[str, list[Problem]]:
    with pytest.raises(InvalidPlanChangeError) as refused:
        act()
    return refused.value.message, list(refused.value.problems)


def test_pairs_that_cannot_be_are_told_one_by_one() -> None:
    old, new, stranger = by_label(LIVE), by_label(WIDER), SeatId(UUID(int=0xDEAD))
    pairs = [
        Pair(stranger, new["R1S1"]),
        Pair(old["R1S1"], stranger),
        Pair(old["R1S2"], new["R1S5"]),
        Pair(old["R1S2"], new["R1S6"]),
        Pair(old["R1S3"], new["R1S5"]),
    ]
    states: dict[SeatId, SeatState] = dict.fromkeys(old.values(), SOLD)

    def act(pairs: Sequence[Pair]) -> Redrawn:
        return redraw(LIVE, WIDER, pairs, states=states, keep_prices=True, new_id=ids_from(1))

    message, problems = refusal(lambda: act(pairs))
    assert message == f"The live plan has no seat {stranger}."
    assert problems == [
        Problem("/params/mapping/0/from", f"The live plan has no seat {stranger}."),
        Problem("/params/mapping/1/to", f"The new layout has no seat {stranger}."),
        Problem("/params/mapping/3/from", f"Seat {old['R1S2']} is given two places."),
        Problem("/params/mapping/4/to", f"Seat {new['R1S5']} is given away twice."),
    ]
    assert len(refusal(lambda: act(pairs[:1] * (PROBLEMS_MAX + 1)))[1]) == PROBLEMS_MAX


@pytest.mark.parametrize("there", [SOLD, RESERVED, BLOCKED])
def test_a_place_of_somebody_is_not_given_away(there: SeatState) -> None:
    message, problems = refusal(lambda: changed(LIVE, WIDER, ("R1S4", "R1S1"), R1S4=SOLD, R1S1=there))
    assert message == "The place Stalls R1S1 is not free."
    assert problems == [Problem(f"/params/mapping/{by_label(LIVE)['R1S4']}", message)]


@pytest.mark.parametrize("there", [FREE, HELD])
def test_a_place_that_is_free_or_held_is_given_away(there: SeatState) -> None:
    done = changed(LIVE, WIDER, ("R1S4", "R1S1"), ("R1S3", "R1S3"), R1S4=SOLD, R1S3=SOLD, R1S1=there)
    assert by_label(LIVE)["R1S4"] in {move.before.id for move in done.moved}


def test_places_are_given_away_that_are_new_or_left_by_others_and_each_fault_is_told() -> None:
    done = changed(LIVE, WIDER, ("R1S1", "R1S5"), ("R1S2", "R1S1"), R1S1=SOLD, R1S2=SOLD)
    assert [move.after.label for move in done.moved] == ["R1S5", "R1S1"]
    taken: dict[str, Any] = {"R1S1": SOLD, "R1S2": SOLD, "R1S3": BLOCKED, "R1S4": SOLD}
    pairs = ("R1S1", "R1S5"), ("R1S2", "R1S3"), ("R1S4", "R1S4")
    _, problems = refusal(lambda: changed(LIVE, WIDER, *pairs, **taken))
    assert [problem.message for problem in problems] == ["The place Stalls R1S3 is not free."]


def test_seats_of_one_name_are_told_apart_by_their_order() -> None:
    layout = LIVE.layout
    same = replace(layout, seats=tuple(replace(seat, label="X") for seat in layout.seats))
    twice = drawn(0x500, GridSection("Stalls", 1, 3))
    new = replace(
        twice, layout=replace(twice.layout, seats=tuple(replace(seat, label="X") for seat in twice.layout.seats))
    )
    states: Mapping[SeatId, SeatState] = {seat.id: FREE for seat in same.seats}
    done = redraw(replace(LIVE, layout=same), new, [], states=states, keep_prices=True, new_id=ids_from(1))
    assert done.kept == tuple(seat.id for seat in layout.seats[:3])
    assert done.removed == same.seats[3:]
    assert set(in_new_places(layout).values()) == {("Stalls", f"R1S{number}") for number in range(1, 5)}


def test_sections_of_one_name_and_kind_stay_and_others_are_new() -> None:
    pit = GaSection("Pit", 5)
    before = drawn(0x600, GridSection("A", 1, 1), GridSection("B", 1, 1), pit)
    after = drawn(0x700, GridSection("B", 1, 2), GridSection("C", 1, 1), pit)
    states: Mapping[SeatId, SeatState] = {seat.id: FREE for seat in before.layout.seats}
    done = redraw(before, after, [], states=states, keep_prices=True, new_id=ids_from(0x100000))
    ids = {section.name: section.id for section in before.layout.sections}
    found = [(section.name, section.id) for section in done.layout.sections]
    assert found[0] == ("B", ids["B"]) and found[2] == ("Pit", ids["Pit"])
    assert found[1][0] == "C" and found[1][1].int >= 0x100000
    assert {seat.section_id for seat in done.layout.seats} == {ids["B"], found[1][1]}
    assert done.sections == {id: name for name, id in ids.items()}


def test_a_changed_plan_has_the_layout_of_the_new_one_and_its_own_rules() -> None:
    done = changed(LIVE, WIDER)
    wanted = replace(
        PLAN,
        name="Other",
        sections_count=9,
        seats_count=8,
        ga_capacity=7,
        categories=(Category("Loge"),),
        layout={"name": "New"},
        focus=Point(1.0, 2.0),
        warnings=(Problem("", "odd"),),
    )
    done = replace(done, pricing=replace(done.pricing, seats_without_tier=3))
    assert redrawn_plan(PLAN, wanted, done) == replace(wanted, name=PLAN.name, seats_without_tier=3)
