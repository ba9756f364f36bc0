"""What a plan refuses of a hold before anybody looks at the seats, each rule from both sides."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from core.seating.attributes import COMPANION, COMPANION_OF, YES
from core.seating.best_available import SeatWish, choose
from core.seating.catalogue import Catalogue
from core.seating.errors import SeatLeftAloneError
from core.seating.hold_rules import claim_of, objections
from core.seating.layout import Layout
from core.seating.orphan_rule import judge_choice
from core.seating.places import Table, TableSale
from core.seating.plans import ACCESSIBLE, OrphanRule, PlannedSeat
from core.shared.ids import SeatId
from tests.seating_world import ON_SALE, a_buyer, a_plan, a_request, a_tenant, seat_ids

ANN = a_buyer(a_tenant())


def a_catalogue(**changes: dict[str, object]) -> Catalogue:
    """Return a plan of two rows of five, with members of some seats changed, by label."""
    plan, layout = a_plan()
    seats: list[PlannedSeat] = [
        replace(seat, **changes[seat.label]) if seat.label in changes else seat  # type: ignore[arg-type]  # members of a seat
        for seat in layout.seats
    ]
    return Catalogue.of(plan, Layout(layout.sections, tuple(seats)), ())


def refusals(
    catalogue: Catalogue, *labels: str, by_staff: bool = False, accessible: bool = True, now: datetime | None = None
) -> list[tuple[str, list[str]]]:
    ids = seat_ids(Layout(catalogue.sections, catalogue.seats), *labels)
    request = replace(a_request(catalogue.plan, ids, by=ANN), by_staff=by_staff, accessible=accessible)
    now = now or catalogue.plan.created_at
    found = objections(claim_of(request, catalogue), catalogue, sale=ON_SALE, now=now)
    return [(reason.code, [problem.pointer for problem in reason.problems]) for reason in found]


@pytest.fixture
def with_table() -> Catalogue:
    whole, single = Table("T1", TableSale.WHOLE), Table("T2", TableSale.BY_SEAT)
    return a_catalogue(R1S1={"table": whole}, R1S2={"table": whole}, R1S4={"table": single}, R1S5={"table": single})


def test_a_table_that_is_sold_whole_is_held_with_all_of_its_seats(with_table: Catalogue) -> None:
    assert refusals(with_table, "R1S3", "R1S1") == [("seating.table_incomplete", ["/seatIds/1"])]
    assert refusals(with_table, "R1S2", "R1S1", "R1S3") == []
    assert refusals(with_table, "R1S4") == []


def test_a_wish_is_given_a_whole_table_or_nothing_of_it(with_table: Catalogue) -> None:
    every = with_table.masks.free_in("A" * 10)

    def at_the_table(wish: SeatWish) -> set[str]:
        given = choose(with_table.masks, every, wish)
        assert given is not None and len(given) == wish.quantity
        return {"R1S1", "R1S2"} & {seat.label for seat in given}

    assert at_the_table(SeatWish(quantity=1)) == set()
    assert at_the_table(SeatWish(quantity=8, allow_split=True)) == set()
    assert at_the_table(SeatWish(quantity=9, allow_split=True)) == {"R1S1", "R1S2"}
    assert choose(with_table.masks, every, SeatWish(quantity=6)) is None


@pytest.fixture
def with_companion() -> Catalogue:
    guid = next(seat.guid for seat in a_plan()[1].seats if seat.label == "R1S1")
    return a_catalogue(
        R1S1={"attributes": {ACCESSIBLE: YES}}, R1S2={"attributes": {COMPANION: YES, COMPANION_OF: guid}}
    )


def test_a_companions_seat_goes_with_its_wheelchair_place(with_companion: Catalogue) -> None:
    assert refusals(with_companion, "R1S3", "R1S2") == [("seating.companion_alone", ["/seatIds/1"])]
    assert refusals(with_companion, "R1S2", "R1S1") == []
    assert refusals(with_companion, "R1S1") == []
    assert refusals(with_companion, "R1S2", by_staff=True) == []


def test_an_accessible_seat_is_for_those_who_say_that_they_need_it_until_its_release_exactly(
    with_companion: Catalogue,
) -> None:
    wanted = [("seating.accessible_seat", ["/seatIds/1"])]
    assert refusals(with_companion, "R1S3", "R1S1", accessible=False) == wanted
    assert refusals(with_companion, "R1S3", "R1S1", accessible=True) == []
    assert refusals(with_companion, "R1S3", "R1S1", accessible=False, by_staff=True) == []
    assert refusals(with_companion, "R1S3", accessible=False) == []
    at = with_companion.plan.created_at + timedelta(days=30)
    released = replace(with_companion, plan=replace(with_companion.plan, accessible_releases_at=at))
    before = at - timedelta(microseconds=1)
    assert refusals(released, "R1S3", "R1S1", accessible=False, now=before) == wanted
    assert refusals(released, "R1S2", accessible=False, now=before) == [("seating.companion_alone", ["/seatIds/0"])]
    assert refusals(released, "R1S3", "R1S1", accessible=False, now=at) == []
    assert refusals(released, "R1S2", accessible=False, now=at) == []


def test_wishes_are_given_accessible_and_companions_seats_once_they_are_released(with_companion: Catalogue) -> None:
    masks, every = with_companion.masks, with_companion.masks.free_in("A" * 10)
    five = SeatWish(quantity=5)
    kept = choose(masks, every, five)
    assert kept is not None and {seat.row for seat in kept} == {"R2"}
    given = choose(masks, every, five, released=True)
    assert given is not None and {seat.row for seat in given} == {"R1"}
    needed = choose(masks, every, SeatWish(quantity=1, accessible=True), released=True)
    assert needed is not None and [seat.label for seat in needed] == ["R1S1"]


def test_an_accessible_seat_is_left_alone_only_once_it_is_released(with_companion: Catalogue) -> None:
    masks, every = with_companion.masks, with_companion.masks.free_in("A" * 10)
    chosen = seat_ids(Layout(with_companion.sections, with_companion.seats), "R1S2", "R1S3")
    rule = OrphanRule.ENFORCE
    assert judge_choice(masks, every, chosen, rule=rule) is None
    with pytest.raises(SeatLeftAloneError, match="R1S1"):
        judge_choice(masks, every, chosen, rule=rule, released=True)


def test_a_wish_is_given_no_companions_seat(with_companion: Catalogue) -> None:
    every = with_companion.masks.free_in("A" * 10)
    given = choose(with_companion.masks, every, SeatWish(quantity=8, allow_split=True))
    assert given is not None and {"R1S1", "R1S2"}.isdisjoint({seat.label for seat in given})


def test_every_reason_is_named(with_table: Catalogue) -> None:
    plan = replace(with_table.plan, seats_max_per_order=1)
    catalogue = replace(with_table, plan=plan)
    (table_seat,) = seat_ids(Layout(catalogue.sections, catalogue.seats), "R1S1")
    request = a_request(plan, (table_seat, SeatId(uuid4())), by=ANN)
    found = objections(claim_of(request, catalogue), catalogue, sale=ON_SALE, now=plan.created_at)
    assert [reason.code for reason in found] == [
        "seating.too_many_seats",
        "seating.unknown_seat",
        "seating.table_incomplete",
    ]
