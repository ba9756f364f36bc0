"""What a plan's ticket says about a hold, each bound from both sides, and beside what else is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.catalogue import Catalogue
from core.seating.errors import all_of
from core.seating.hold_rules import claim_of, objections
from core.seating.plans import PlanStatus
from core.seating.ticket_sale import TicketSale
from tests.seating_world import a_buyer, a_plan, a_request, a_tenant, seat_ids

NOW = MemoryClock().now()
A_MOMENT = timedelta(microseconds=1)
OPENS = datetime(2026, 7, 1, 8, tzinfo=UTC)
CLOSES = datetime(2026, 8, 1, 20, tzinfo=UTC)
END = datetime(2026, 8, 2, 22, tzinfo=UTC)


def a_sale(**facts: Any) -> TicketSale:
    usual: dict[str, Any] = {"published": True, "ends_at": END, "sales_from": OPENS, "sales_until": CLOSES}
    return TicketSale(**usual | facts)


def codes(sale: TicketSale, now: datetime, *, by_staff: bool = False) -> list[str]:
    return [reason.code for reason in sale.objections(by_staff=by_staff, now=now)]


@pytest.mark.parametrize(
    "now, refused",
    [
        (OPENS - A_MOMENT, ["seating.sales_not_open"]),
        (OPENS, []),
        (CLOSES - A_MOMENT, []),
        (CLOSES, ["seating.sales_closed"]),
        (END - A_MOMENT, ["seating.sales_closed"]),
        (END, ["seating.sales_closed"]),
    ],
)
def test_the_window_has_its_first_moment_and_not_its_last(now: datetime, refused: list[str]) -> None:
    assert codes(a_sale(), now) == refused


@pytest.mark.parametrize("now, refused", [(OPENS - A_MOMENT, []), (CLOSES, []), (END - A_MOMENT, []), (END, 1)])
def test_staff_who_sell_are_bound_by_the_end_of_the_event_alone(now: datetime, refused: object) -> None:
    assert codes(a_sale(), now, by_staff=True) == (["seating.sales_closed"] if refused else [])


@pytest.mark.parametrize("by_staff", [False, True])
def test_a_ticket_without_a_window_is_on_sale_until_its_event_ends(by_staff: bool) -> None:
    sale = a_sale(sales_from=None, sales_until=None)
    assert codes(sale, datetime.min.replace(tzinfo=UTC), by_staff=by_staff) == []
    assert codes(sale, END - A_MOMENT, by_staff=by_staff) == []
    assert codes(sale, END, by_staff=by_staff) == ["seating.sales_closed"]


def test_a_draft_is_held_by_nobody() -> None:
    draft = a_sale(published=False)
    assert codes(draft, OPENS) == codes(draft, OPENS, by_staff=True) == ["seating.ticket_not_on_sale"]
    assert codes(draft, CLOSES) == ["seating.ticket_not_on_sale", "seating.sales_closed"]
    assert codes(draft, END, by_staff=True) == ["seating.ticket_not_on_sale", "seating.sales_closed"]


def test_a_refusal_says_when_sales_open_when_they_closed_or_that_the_event_is_over() -> None:
    told = [str(a_sale().objections(by_staff=False, now=now)[0]) for now in (NOW, CLOSES, END)]
    assert told == [
        "Sales open at 2026-07-01T08:00:00Z.",
        "Sales closed at 2026-08-01T20:00:00Z.",
        "The event ended at 2026-08-02T22:00:00Z.",
    ]


def test_what_the_ticket_forbids_comes_before_what_the_plan_forbids_and_hides_nothing() -> None:
    plan, layout = a_plan(seats_max_per_order=2)
    request = a_request(plan, seat_ids(layout, "R1S1", "R1S2", "R1S3"), by=a_buyer(a_tenant()))
    catalogue = Catalogue.of(plan, layout, ())
    claim = claim_of(request, catalogue)

    reasons = objections(claim, catalogue, sale=a_sale(published=False), now=NOW)

    assert [reason.code for reason in reasons] == [
        "seating.ticket_not_on_sale",
        "seating.sales_not_open",
        "seating.too_many_seats",
    ]
    told = all_of(reasons)
    assert told.code == "seating.ticket_not_on_sale"
    assert str(told) == " ".join(str(reason) for reason in reasons)
    assert [reason.code for reason in objections(claim, catalogue, sale=a_sale(), now=OPENS)] == [
        "seating.too_many_seats"
    ]


def test_a_plan_that_is_not_on_sale_stands_alone() -> None:
    plan, layout = a_plan(status=PlanStatus.DRAFT)
    catalogue = Catalogue.of(plan, layout, ())
    request = a_request(plan, seat_ids(layout, "R1S1"), by=a_buyer(a_tenant()))
    reasons = objections(claim_of(request, catalogue), catalogue, sale=a_sale(published=False), now=END)
    assert [reason.code for reason in reasons] == ["seating.plan_not_active"]


def test_a_claim_by_staff_is_outside_the_window_too() -> None:
    plan, layout = a_plan()
    catalogue = Catalogue.of(plan, layout, ())
    request = a_request(plan, seat_ids(layout, "R1S1"), by=a_buyer(a_tenant()))
    by_fan = claim_of(request, catalogue)
    by_staff = claim_of(replace(request, by_staff=True), catalogue)
    assert objections(by_staff, catalogue, sale=a_sale(), now=CLOSES) == []
    assert len(objections(by_fan, catalogue, sale=a_sale(), now=CLOSES)) == 1


def test_while_the_venue_can_take_no_payments_buyers_hold_only_what_is_free() -> None:
    plan, layout = a_plan()
    catalogue, stopped = Catalogue.of(plan, layout, ()), a_sale(sells_paid=False)
    request = a_request(plan, seat_ids(layout, "R1S1", "R1S2"), by=a_buyer(a_tenant()))
    dear = claim_of(request, catalogue)
    by_staff = claim_of(replace(request, by_staff=True), catalogue)
    one, other = (replace(seat, price_minor=0) for seat in dear.seats)
    free, mixed = replace(dear, seats=(one, other)), replace(dear, seats=(one, dear.seats[1]))
    for claim, refused in ((dear, True), (mixed, True), (free, False), (by_staff, False)):
        reasons = objections(claim, catalogue, sale=stopped, now=OPENS)
        assert [reason.code for reason in reasons] == ["seating.sales_stopped"] * refused
        assert objections(claim, catalogue, sale=a_sale(), now=OPENS) == []


@pytest.mark.parametrize("by_staff", [False, True])
def test_seats_of_an_event_that_was_cancelled_are_held_by_nobody(*, by_staff: bool) -> None:
    sale = a_sale(published=False, cancelled=True)
    assert codes(sale, OPENS, by_staff=by_staff) == ["seating.event_cancelled"]


def test_what_stops_all_sales_can_be_told_with_the_other_reasons() -> None:
    plan, layout = a_plan(seats_max_per_order=1)
    catalogue = Catalogue.of(plan, layout, ())
    claim = claim_of(a_request(plan, seat_ids(layout, "R1S1", "R1S2"), by=a_buyer(a_tenant())), catalogue)
    for sale in (a_sale(published=False, cancelled=True), a_sale(sells_paid=False)):
        reasons = objections(claim, catalogue, sale=sale, now=OPENS)
        whole = all_of(reasons)
        assert len(reasons) == 2 and type(whole) is type(reasons[0])
        assert whole.message == f"{reasons[0].message} {reasons[1].message}"
