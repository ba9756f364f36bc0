"""What seating says of prices, tables, companions and returns: word for word, and where it points."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.seating.allotments import Access, Allotment
from core.seating.attributes import COMPANION, COMPANION_OF, YES
from core.seating.catalogue import Catalogue
from core.seating.errors import ReservationConflictError
from core.seating.hold_rules import claim_of, objections, seats_kept_from
from core.seating.layout import Layout
from core.seating.ledger import Change
from core.seating.places import Table, TableSale
from core.seating.plans import ACCESSIBLE, PlannedSeat
from core.seating.price_tiers import PriceChange
from core.seating.pricing import TierRequest, price_layout
from core.seating.returns import give_back_some
from core.seating.seats import Sold
from core.shared.errors import DomainError, Problem
from core.shared.ids import AllotmentId, PriceTierId, SeatId
from core.shared.money import PRICE_MAX_MINOR, Money
from tests.seating_world import ON_SALE, a_buyer, a_plan, a_request, a_tenant, seat_ids
from tests.small_world import FOREIGN_ORDER, IDS, NOW, ORDERS, SEATS, Entry, reservation_of

ANN = a_buyer(a_tenant())
FREE = Money(0, "EUR")


def told_of_prices(*changes: PriceChange, price: Money = FREE) -> list[Problem]:
    plan, layout = a_plan(rows=1, columns=1)
    tier = TierRequest(id=PriceTierId(UUID(int=1)), name="A", price=price, changes=changes)
    try:
        price_layout([tier], layout=layout, ticket_price=plan.ticket_price)
    except DomainError as refusal:
        return list(refusal.problems)
    return []


def test_a_price_is_told_its_bounds() -> None:
    for amount_minor in (0, PRICE_MAX_MINOR):
        assert told_of_prices(price=Money(amount_minor, "EUR")) == []
    assert told_of_prices(price=Money(-1, "EUR")) == [Problem("/0/price/amount", "A price is not negative.")]
    most = Problem("/0/price/amount", f"A price is at most {PRICE_MAX_MINOR}.")
    assert told_of_prices(price=Money(PRICE_MAX_MINOR + 1, "EUR")) == [most]


def test_changes_of_a_price_are_told_how_many_when_and_in_which_order() -> None:
    def at(year: int) -> PriceChange:
        return PriceChange(datetime(year, 1, 1, tzinfo=UTC), FREE)

    assert told_of_prices(at(1970), at(2026), at(2999)) == []
    years = "A price changes in the years 1970 to 2999."
    assert told_of_prices(at(1969), at(3000)) == [
        Problem("/0/changes/0/at", years),
        Problem("/0/changes/1/at", years),
    ]
    order = "A change comes after the one before it."
    assert told_of_prices(at(2026), at(2026)) == [Problem("/0/changes/1/at", order)]
    many = [at(2000 + number) for number in range(21)]
    assert told_of_prices(*many[:20]) == []
    assert told_of_prices(*many) == [Problem("/0/changes", "The price of a tier changes at most 20 times.")]


def a_catalogue(**changes: dict[str, Any]) -> Catalogue:
    plan, layout = a_plan(rows=1, columns=8)
    seats: list[PlannedSeat] = [replace(seat, **changes.get(seat.label, {})) for seat in layout.seats]
    return Catalogue.of(plan, Layout(layout.sections, tuple(seats)), ())


def refusals(catalogue: Catalogue, *labels: str) -> list[tuple[str, Sequence[Problem]]]:
    ids = seat_ids(Layout(catalogue.sections, catalogue.seats), *labels)
    request = a_request(catalogue.plan, ids, by=ANN)
    found = objections(claim_of(request, catalogue), catalogue, sale=ON_SALE, now=catalogue.plan.created_at)
    return [(reason.message, list(reason.problems)) for reason in found]


def test_a_part_of_a_table_is_told_what_else_stands_at_it() -> None:
    tables: dict[str, dict[str, Any]] = {
        f"R1S{column}": {"table": Table(f"T{(column + 2) // 3}", TableSale.WHOLE)} for column in range(1, 7)
    }
    assert refusals(a_catalogue(**tables), "R1S7", "R1S2", "R1S6", "R1S5") == [
        (
            "Sold as a whole: T1, T2. No seat was held.",
            [
                Problem("/seatIds/1", "Table T1 also has R1S1, R1S3."),
                Problem("/seatIds/2", "Table T2 also has R1S4."),
            ],
        )
    ]


def test_a_companions_seat_alone_is_told_to_go_with_its_place() -> None:
    guid = next(seat.guid for seat in a_plan(rows=1, columns=8)[1].seats if seat.label == "R1S1")
    catalogue = a_catalogue(
        R1S1={"attributes": {ACCESSIBLE: YES}}, R1S2={"attributes": {COMPANION: YES, COMPANION_OF: guid}}
    )
    together = "The seat is for the companion of a wheelchair place. Hold both together."
    assert refusals(catalogue, "R1S3", "R1S2") == [
        ("A companion's seat goes with its wheelchair place.", [Problem("/seatIds/1", together)])
    ]


def test_seats_of_an_allotment_are_kept_from_all_but_its_own_until_its_release_exactly() -> None:
    plain = a_catalogue()
    now = plain.plan.created_at
    soon = now + timedelta(minutes=1)
    one, two = seat_ids(Layout(plain.sections, plain.seats), "R1S1", "R1S2")
    forever = Allotment(id=AllotmentId(UUID(int=1)), name="Club", seat_ids=(one,))
    released = Allotment(id=AllotmentId(UUID(int=2)), name="Press", seat_ids=(two,), releases_at=soon)
    catalogue = replace(plain, kept={one: forever, two: released})
    stranger, staff = Access(ANN.account_id, frozenset()), Access(ANN.account_id, frozenset(), sells=True)
    assert seats_kept_from(stranger, catalogue, now=now) == {one, two}
    assert seats_kept_from(stranger, catalogue, now=soon) == {one}
    assert seats_kept_from(staff, catalogue, now=now) == set()


ORDER = ORDERS[0]
SALE = reservation_of(Entry(0, "SOLD", 0, 0, True, True, 3, 3), 0)
RESERVED = reservation_of(Entry(0, "RESERVED", 2, 0, True, False, 1, 1), 0)
ENDED = reservation_of(Entry(0, "RELEASED", 0, 0, True, True, 1, 0), 0)
BOUGHT = {seat_id: Sold(IDS[0]) for seat_id in SEATS[:2]}
FIRST: frozenset[SeatId] = frozenset(SEATS[:1])


def test_seats_go_back_to_the_order_that_bought_them_or_not_at_all() -> None:
    with pytest.raises(ReservationConflictError, match=r"\AThe reservation does not belong to this order\.\Z"):
        give_back_some(SALE, order_id=FOREIGN_ORDER, seat_ids=FIRST, seats=BOUGHT, now=NOW)
    with pytest.raises(ReservationConflictError, match=r"\AThe seats are not sold, so there is nothing to return\.\Z"):
        give_back_some(RESERVED, order_id=ORDER, seat_ids=FIRST, seats={}, now=NOW)


def test_what_went_back_already_leaves_the_entry_as_it_is() -> None:
    assert give_back_some(ENDED, order_id=ORDER, seat_ids=FIRST, seats=BOUGHT, now=NOW) == Change(ENDED)
    assert give_back_some(SALE, order_id=ORDER, seat_ids=FIRST, seats={}, now=NOW) == Change(SALE)
