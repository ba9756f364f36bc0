"""A catalogue at a moment: when its prices count, what they are, and what stays whatever they are."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.seating.best_available import SeatWish, choose
from core.seating.catalogue import BEGINNING_OF_TIME, Catalogue
from core.seating.layout import Layout
from core.seating.places import Point
from core.seating.price_tiers import PriceChange, PriceTier
from core.shared.ids import PriceTierId
from core.shared.money import Money
from tests.seating_world import a_plan

PLAN, LAYOUT = a_plan(rows=1, columns=4)
NOON = PLAN.created_at
INSTANT, HOUR = timedelta(microseconds=1), timedelta(hours=1)
DEAR, PLAIN = (PriceTierId(UUID(int=number)) for number in (1, 2))


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def a_catalogue(*changes: PriceChange) -> Catalogue:
    """The first seat is in a tier that changes, the second in one that does not, the others are in none."""
    tiers = (PriceTier(DEAR, "Dear", euros(9000), changes), PriceTier(PLAIN, "Plain", euros(5000)))
    first, second, *others = LAYOUT.seats
    seats = (
        replace(first, price_tier_id=DEAR, price_minor=9000),
        replace(second, price_tier_id=PLAIN, price_minor=5000),
        *others,
    )
    return Catalogue.of(PLAN, Layout(LAYOUT.sections, seats), tiers)


CHANGES = PriceChange(NOON, euros(8000)), PriceChange(NOON + HOUR, euros(8500))


@pytest.mark.parametrize(
    ("after", "since", "until", "price_minor"),
    [
        (-INSTANT, BEGINNING_OF_TIME, NOON, 9000),
        (0 * HOUR, NOON, NOON + HOUR, 8000),
        (HOUR - INSTANT, NOON, NOON + HOUR, 8000),
        (HOUR, NOON + HOUR, None, 8500),
    ],
)
def test_prices_count_from_their_change_until_just_before_the_next(
    after: timedelta, since: object, until: object, price_minor: int
) -> None:
    before, now = a_catalogue(*CHANGES), NOON + after
    there = before.priced_for(now)
    assert (there.prices_since, there.prices_change_at) == (since, until)
    assert before.prices_since_at(now) == since
    assert [seat.price_minor for seat in there.seats] == [price_minor, 5000, 7500, 7500]
    assert [line.price_minor for line in there.lines.values()] == [price_minor, 5000, 7500, 7500]
    assert [(line.section, line.label) for line in there.lines.values()] == [
        ("Stalls", f"R1S{number}") for number in range(1, 5)
    ]
    [section] = LAYOUT.sections
    assert all(
        (line.section_id, line.column, line.row, line.number) == (section.id, column, "R1", str(column))
        for column, line in enumerate(there.lines.values(), start=1)
    )
    assert there.is_priced_for(now)
    assert there.priced_for(now) is there
    assert there.priced_for(NOON - INSTANT).seats == before.seats
    moments = NOON - INSTANT, NOON, NOON + HOUR - INSTANT, NOON + HOUR
    known = [moment for moment in moments if there.is_priced_for(moment)]
    assert known == [moment for moment in moments if before.prices_since_at(moment) == since]


def test_a_change_to_the_same_price_makes_a_new_time_and_nothing_else() -> None:
    before = a_catalogue(PriceChange(NOON, euros(9000)), PriceChange(NOON + HOUR, euros(1)))
    there = before.priced_for(NOON)
    assert there == replace(before, prices_since=NOON, prices_change_at=NOON + HOUR)
    assert there.seats is before.seats


def test_prices_without_a_change_count_for_ever() -> None:
    catalogue = a_catalogue()
    assert (catalogue.prices_since, catalogue.prices_change_at) == (BEGINNING_OF_TIME, None)
    assert catalogue.priced_for(NOON) is catalogue
    assert catalogue.is_priced_for(BEGINNING_OF_TIME)


def test_the_best_seat_of_a_catalogue_is_near_the_focus_of_its_plan() -> None:
    focused = Catalogue.of(replace(PLAN, focus=Point(75.0, 0.0)), LAYOUT, ())
    found = choose(focused.masks, focused.masks.ordinary, SeatWish(quantity=1))
    assert found is not None and [seat.label for seat in found] == ["R1S4"]
