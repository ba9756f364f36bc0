"""What a plan refuses of a hold before anybody looks at the seats, each rule from both sides."""

from dataclasses import replace
from uuid import uuid4

import pytest

from core.seating.attributes import COMPANION, COMPANION_OF, YES
from core.seating.best_available import SeatWish, choose
from core.seating.catalogue import Catalogue
from core.seating.hold_rules import claim_of, objections
from core.seating.layout import Layout
from core.seating.places import Table, TableSale
from core.seating.plans import ACCESSIBLE, PlannedSeat
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


def refusals(catalogue: Catalogue, *labels: str, by_staff: bool = False) -> list[tuple[str, list[str]]]:
    ids = seat_ids(Layout(catalogue.sections, catalogue.seats), *labels)
    request = replace(a_request(catalogue.plan, ids, by=ANN), by_staff=by_staff)
    found = objections(claim_of(request, catalogue), catalogue, sale=ON_SALE, now=catalogue.plan.created_at)
    return [(reason.code, [problem.pointer for problem in reason.problems]) for reason in found]


@pytest.fixture
def with_table() -> Catalogue:
    whole, single = Table("T1", TableSale.WHOLE), Table("T2", TableSale.BY_SEAT)
    return a_catalogue(R1S1={"table": whole}, R1S2={"table": whole}, R1S4={"table": single}, R1S5={"table": single})


def test_a_table_that_is_sold_whole_is_held_with_all_of_its_seats(with_table: Catalogue) -> None:
    assert refusals(with_table, "R1S3", "R1S1") == [("seating.table_incomplete", ["/seatIds/1"])]
    assert refusals(with_table, "R1S2", "R1S1", "R1S3") == []
    assert refusals(with_table, "R1S4") == []


def test_a_wish_is_given_no_seat_of_a_whole_table(with_table: Catalogue) -> None:
    every = with_table.masks.free_in("A" * 10)
    given = choose(with_table.masks, every, SeatWish(quantity=8, allow_split=True))
    assert given is not None and {"R1S1", "R1S2"}.isdisjoint({seat.label for seat in given})
    assert choose(with_table.masks, every, SeatWish(quantity=9, allow_split=True)) is None


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
