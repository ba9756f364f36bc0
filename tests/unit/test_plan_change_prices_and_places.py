"""Prices and places of a changed plan: tiers by their names, sections that stay, and the nearest free places."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from core.seating.grid import GridSection, lay_out_grid
from core.seating.layout import Layout, with_ids
from core.seating.places import SectionKind
from core.seating.plan_change_errors import InvalidPlanChangeError
from core.seating.plan_change_places import PROPOSALS_MAX, check_sections, proposals
from core.seating.plan_change_prices import named_tiers, tiers_after, with_tiers
from core.seating.plans import Section
from core.seating.price_tiers import PriceChange, PriceTier
from core.seating.reports import PROBLEMS_MAX
from core.seating.seats import Available, SeatState, Sold
from core.shared.errors import Problem
from core.shared.ids import PriceTierId, ReservationId, SeatId, SectionId, TicketId
from core.shared.money import Money
from tests.seating_world import a_plan

NOW = a_plan()[0].created_at
FACE = Money(7500, "EUR")


def ids_from(first: int) -> Callable[[], UUID]:
    ids = iter(range(first, first + 10_000))
    return lambda: UUID(int=next(ids))


def a_layout(*sections: GridSection, first_id: int = 1) -> Layout:
    return with_ids(lay_out_grid(sections), new_id=ids_from(first_id), price_minor=7500)


def ga(name: str, capacity: int | None, ticket: int | None = 1) -> Section:
    return Section(
        id=SectionId(UUID(int=1)),
        name=name,
        row_count=0,
        column_count=0,
        display_order=0,
        kind=SectionKind.GA,
        capacity=capacity,
        ticket_id=TicketId(UUID(int=ticket)) if ticket else None,
    )


def test_general_admission_stays_for_its_ticket_and_as_many_people() -> None:
    seated = replace(ga("A", None, None), kind=SectionKind.SEATED)
    check_sections([seated, ga("Pit", 5)], [ga("Pit", 5)])
    check_sections([ga("Pit", 5), ga("Lawn", None, None)], [seated, ga("Lawn", None, None), ga("Pit", 6)])
    with pytest.raises(InvalidPlanChangeError):
        check_sections([ga("Pit", 1)], [ga("Pit", None)])
    text = "{} is general admission: it stays, for its ticket and as many people at least."
    for after in ([], [ga("Pit", 4)], [ga("Pit", None)], [ga("Pit", 5, 2)], [replace(seated, name="Pit")]):
        with pytest.raises(InvalidPlanChangeError) as refused:
            check_sections([seated, ga("Pit", 5)], after)
        assert refused.value.message == text.format("Pit")
        assert list(refused.value.problems) == [Problem("/params/newPlanId", text.format("Pit"))]
    with pytest.raises(InvalidPlanChangeError) as refused:
        check_sections([ga(str(number), 1) for number in range(PROBLEMS_MAX + 1)], [])
    assert len(refused.value.problems) == PROBLEMS_MAX


def test_the_nearest_free_place_of_the_same_tier_is_proposed_and_none_twice() -> None:
    before, wanted = a_layout(GridSection("A", 1, 4)), a_layout(GridSection("A", 2, 4), first_id=100)
    states: dict[SeatId, SeatState] = {seat.id: Available() for seat in before.seats}
    states[before.seats[1].id] = Sold(ReservationId(UUID(int=1)))
    became: dict[SeatId, SeatId | None] = dict.fromkeys(seat.id for seat in wanted.seats)
    became |= {new.id: old.id for new, old in zip(wanted.seats[:4], before.seats, strict=True)}
    labels = {seat.id: seat.label for seat in (*before.seats, *wanted.seats)}
    plain: dict[SeatId, str | None] = dict.fromkeys(labels)
    dear = {seat_id: "Dear" if label in {"R1S4", "R2S4"} else None for seat_id, label in labels.items()}

    def proposed(*numbers: int, tiers: dict[SeatId, str | None]) -> dict[str, str]:
        without = [before.seats[number - 1] for number in numbers]
        found = proposals(without, wanted, became, states, tiers, tiers)
        return {labels[old]: labels[new] for old, new in found.items()}

    assert proposed(2, tiers=plain) == {"R1S2": "R1S1"}
    assert proposed(2, 1, 3, tiers=plain) == {"R1S2": "R1S1", "R1S1": "R2S1", "R1S3": "R1S3"}
    assert proposed(4, 3, tiers=dear) == {"R1S4": "R1S4", "R1S3": "R1S3"}
    assert proposed(4, 4, tiers=dear) == {"R1S4": "R2S4"}
    lone: dict[SeatId, str | None] = {**plain, before.seats[0].id: "Lone"}
    assert proposed(1, 2, tiers=lone) == {"R1S2": "R1S1"}, "no place costs what the first seat does"


def test_a_place_behind_is_as_near_as_one_in_front() -> None:
    before, wanted = a_layout(GridSection("A", 2, 1)), a_layout(GridSection("A", 2, 1), first_id=100)
    tiers: dict[SeatId, str | None] = dict.fromkeys(seat.id for seat in (*before.seats, *wanted.seats))
    became: dict[SeatId, SeatId | None] = dict.fromkeys(seat.id for seat in wanted.seats)
    found = proposals(before.seats[1:], wanted, became, {}, tiers, tiers)
    assert found == {before.seats[1].id: wanted.seats[1].id}


def test_places_are_proposed_for_a_hundred_seats_at_most() -> None:
    before = a_layout(GridSection("A", 1, PROPOSALS_MAX + 1))
    wanted = a_layout(GridSection("A", 2, PROPOSALS_MAX), first_id=1000)
    tiers: dict[SeatId, str | None] = dict.fromkeys(seat.id for seat in (*before.seats, *wanted.seats))
    became: dict[SeatId, SeatId | None] = dict.fromkeys(seat.id for seat in wanted.seats)
    assert len(proposals(before.seats, wanted, became, {}, tiers, tiers)) == PROPOSALS_MAX


DEAR = PriceTier(PriceTierId(UUID(int=11)), "Dear", Money(9000, "EUR"))
CHEAP = PriceTier(PriceTierId(UUID(int=12)), "Cheap", Money(100, "EUR"))
NEW_DEAR = PriceTier(PriceTierId(UUID(int=21)), "Dear", Money(9500, "EUR"), (PriceChange(NOW, Money(1, "EUR")),))
NEW = PriceTier(PriceTierId(UUID(int=22)), "New", Money(5, "EUR"))


def test_tiers_are_known_by_their_names_after_a_change() -> None:
    fresh = PriceTierId(UUID(int=500))
    kept = tiers_after([DEAR, CHEAP], [NEW_DEAR, NEW], keep_prices=True, new_id=ids_from(500))
    assert kept == (DEAR, CHEAP, replace(NEW, id=fresh))
    wanted = tiers_after([DEAR, CHEAP], [NEW_DEAR, NEW], keep_prices=False, new_id=ids_from(500))
    assert wanted == (replace(NEW_DEAR, id=DEAR.id), replace(NEW, id=fresh))


def test_a_seat_is_in_its_own_tier_or_that_of_its_section_or_in_none() -> None:
    layout = a_layout(GridSection("A", 1, 2), GridSection("B", 1, 1))
    first, *others = layout.seats
    sections = (replace(layout.sections[0], price_tier_id=CHEAP.id), layout.sections[1])
    priced = Layout(sections, (replace(first, price_tier_id=DEAR.id), *others))
    assert list(named_tiers(priced, [DEAR, CHEAP]).values()) == ["Dear", "Cheap", None]


def test_a_section_has_the_tier_that_all_of_its_seats_have() -> None:
    layout = a_layout(GridSection("A", 1, 2), GridSection("B", 1, 2), GridSection("C", 1, 1))
    a1, a2, b1, b2, c1 = (seat.id for seat in layout.seats)
    names = {a1: "Dear", a2: "Dear", b1: "Dear", b2: "Cheap", c1: None}
    priced = with_tiers(layout, [DEAR, CHEAP], names, ticket_price=FACE)
    assert [section.price_tier_id for section in priced.layout.sections] == [DEAR.id, None, None]
    found = [(seat.price_tier_id, seat.price_minor) for seat in priced.layout.seats]
    assert found == [(None, 9000), (None, 9000), (DEAR.id, 9000), (CHEAP.id, 100), (None, 7500)]
    assert (priced.tiers, priced.seats_without_tier) == ((DEAR, CHEAP), 1)
    assert [replace(seat, price_tier_id=None, price_minor=7500) for seat in priced.layout.seats] == list(layout.seats)
