"""The rules of an order, without any port."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.orders.contact import Contact
from core.orders.content import (
    EventSnapshot,
    Fee,
    OrderContent,
    OrderedTicket,
    OrderLine,
    PlacesLine,
    SeatLine,
)
from core.orders.errors import (
    DuplicateReservationError,
    EmptyOrderError,
    ForbiddenTransitionError,
    InvalidContactError,
    OrderAlreadyPaidError,
    OrderEndedError,
    OrderExpiredError,
    OrderNotPayableError,
    TooManyPaymentTriesError,
)
from core.orders.history import Step
from core.orders.order import Order
from core.orders.reservations import OrderedReservation, ReservationKind, must_be_distinct
from core.orders.statuses import LIVE, UNPAID, OrderStatus, RefundState
from core.orders.terms import OrderTerms
from core.shared.ids import AccountId, OrderId, OrderItemId, PlanId, ReservationId, SeatId, TicketId, VenueId
from core.shared.money import MixedCurrenciesError, Money

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TERMS = OrderTerms()
MOMENT = timedelta(microseconds=1)
RESERVATION = OrderedReservation(ReservationKind.SEATS, ReservationId(UUID(int=3)))
TICKET, OTHER_TICKET = TicketId(UUID(int=1)), TicketId(UUID(int=7))


def line(number: int, price_minor: int = 2_500, currency: str = "EUR") -> SeatLine:
    return SeatLine(
        OrderItemId(UUID(int=number)), RESERVATION.id, TICKET, PlanId(UUID(int=2)), SeatId(UUID(int=number)),
        f"S{number}", "A", "R1", str(number), Money(price_minor, currency),
    )  # fmt: skip


def places(quantity: int, price_minor: int = 1_000, *, ticket_id: TicketId = OTHER_TICKET) -> PlacesLine:
    return PlacesLine(
        OrderItemId(UUID(int=50)), ReservationId(UUID(int=4)), ticket_id, quantity, Money(price_minor, "EUR")
    )


def ticket(ticket_id: TicketId, title: str = "Match") -> OrderedTicket:
    event = EventSnapshot(title, NOON, NOON, "Europe/Berlin", VenueId(UUID(int=1)), "Hall")
    return OrderedTicket(ticket_id, "Regular", event)


def content(*items: OrderLine, fees: tuple[Fee, ...] = ()) -> OrderContent:
    tickets = tuple(ticket(ticket_id) for ticket_id in dict.fromkeys(item.ticket_id for item in items))
    return OrderContent(tickets, items, fees=fees)


def pending() -> Order:
    return Order.place(
        OrderId(UUID(int=1)),
        account_id=AccountId(UUID(int=2)),
        reservations=[RESERVATION],
        contact=None,
        now=NOON,
        terms=TERMS,
    )


def awaiting() -> Order:
    return pending().await_payment(content(line(1), line(2)), now=NOON)


def in_status(status: OrderStatus) -> Order:
    return replace(awaiting(), status=status)


def test_a_confirmed_order_is_live_but_not_unpaid() -> None:
    assert UNPAID < LIVE
    assert {OrderStatus.CONFIRMED} == LIVE - UNPAID


def test_the_total_is_all_in() -> None:
    fee = Fee("service", "Service", Money(150, "EUR"))
    assert content(line(1), line(2, 3_000), fees=(fee,)).total == Money(5_650, "EUR")


def test_places_count_and_cost_as_many_as_they_are() -> None:
    mixed = content(line(1), places(3, 1_500))
    assert mixed.total == Money(2_500 + 3 * 1_500, "EUR")
    assert mixed.admissions == 4
    assert content(places(1, 0)).total == Money(0, "EUR")
    with pytest.raises(ValueError, match="at least one"):
        places(0)


def test_an_order_has_the_tickets_of_its_items_and_shows_the_event_of_the_first() -> None:
    tickets = (ticket(TICKET, "First"), ticket(OTHER_TICKET, "Second"))
    assert OrderContent(tickets, (line(1), places(2), line(2))).event.title == "First"
    for wrong in (tickets[:1], tickets[::-1], (*tickets, ticket(TicketId(UUID(int=8))))):
        with pytest.raises(ValueError, match="tickets"):
            OrderContent(wrong, (line(1), places(2)))


def test_an_order_names_each_reservation_once() -> None:
    other = OrderedReservation(ReservationKind.GENERAL_ADMISSION, ReservationId(UUID(int=4)))
    again = OrderedReservation(ReservationKind.GENERAL_ADMISSION, RESERVATION.id)
    must_be_distinct([RESERVATION, other])
    with pytest.raises(DuplicateReservationError) as refused:
        must_be_distinct([RESERVATION, other, again])
    assert [problem.pointer for problem in refused.value.problems] == ["/reservations/2/reservationId"]


def test_an_order_has_at_least_one_item() -> None:
    with pytest.raises(EmptyOrderError):
        content()
    assert len(content(line(1)).items) == 1


def test_an_order_has_one_currency() -> None:
    with pytest.raises(MixedCurrenciesError):
        content(line(1), line(2, currency="CHF"))
    with pytest.raises(MixedCurrenciesError):
        content(line(1), fees=(Fee("service", "Service", Money(1, "CHF")),))


def test_an_order_is_payable_until_exactly_its_time() -> None:
    order = awaiting()
    assert order.payable_content(now=order.expires_at - MOMENT, terms=TERMS) == order.content
    with pytest.raises(OrderExpiredError):
        order.payable_content(now=order.expires_at, terms=TERMS)


@pytest.mark.parametrize(
    "status, error",
    [
        (OrderStatus.PENDING, OrderNotPayableError),
        (OrderStatus.CANCELLED, OrderNotPayableError),
        (OrderStatus.EXPIRED, OrderExpiredError),
        (OrderStatus.CONFIRMED, OrderAlreadyPaidError),
    ],
)
def test_only_an_order_that_awaits_payment_is_payable(status: OrderStatus, error: type[Exception]) -> None:
    with pytest.raises(error):
        in_status(status).payable_content(now=NOON, terms=TERMS)


def test_starting_a_payment_protects_the_order_up_to_its_ceiling() -> None:
    late = NOON + timedelta(seconds=800)
    once = awaiting().start_payment("CARD", now=late, terms=TERMS)
    assert once.expires_at == once.due_at == late + timedelta(seconds=TERMS.payment_protection_s)
    later = once.expires_at - MOMENT
    twice = once.start_payment("CARD", now=later, terms=TERMS)
    assert twice.expires_at == later + timedelta(seconds=TERMS.payment_protection_s)
    thrice = twice.start_payment("CARD", now=twice.expires_at - MOMENT, terms=TERMS)
    assert thrice.expires_at == TERMS.ceiling(placed_at=NOON)


def test_starting_a_payment_never_shortens_the_time_to_pay() -> None:
    terms = OrderTerms(payment_protection_s=1)
    order = awaiting().start_payment("CARD", now=NOON, terms=terms)
    assert order.expires_at == terms.expiry(placed_at=NOON)


def test_a_payment_is_started_a_limited_number_of_times() -> None:
    terms = OrderTerms(payment_tries_max=2)
    order = awaiting().start_payment("CARD", now=NOON, terms=terms).start_payment("CARD", now=NOON, terms=terms)
    with pytest.raises(TooManyPaymentTriesError):
        order.start_payment("CARD", now=NOON, terms=terms)


def test_an_order_is_due_exactly_at_its_time() -> None:
    order = awaiting()
    assert not order.is_due(order.expires_at - MOMENT)
    assert order.is_due(order.expires_at)
    assert not order.expire(now=order.expires_at).is_due(order.expires_at + timedelta(days=1))


def test_every_change_raises_the_version_by_one() -> None:
    order = awaiting()
    changed = [
        order.start_payment("CARD", now=NOON, terms=TERMS),
        order.confirm(reclaimed=False, now=NOON),
        order.confirm(reclaimed=True, now=NOON),
        order.cancel(now=NOON),
        order.expire(now=NOON),
        order.owe_refund("seating.seat_taken", now=NOON),
        order.expire(now=NOON).owe_refund("seating.seat_taken", now=NOON),
        order.refunded("requested", now=NOON),
        order.ask_again(NOON, now=NOON),
    ]
    assert pending().version == 1
    assert [each.version - order.version for each in changed] == [1, 1, 1, 1, 1, 1, 2, 1, 1]


def test_the_history_tells_every_step_in_order() -> None:
    order = awaiting().start_payment("CARD", now=NOON, terms=TERMS).confirm(reclaimed=True, now=NOON)
    assert [entry.step for entry in order.history] == [
        Step.PLACED,
        Step.RESERVED,
        Step.PAYMENT_STARTED,
        Step.SEATS_RECLAIMED,
        Step.CONFIRMED,
    ]


def test_once_a_refund_is_due_the_order_is_never_confirmed() -> None:
    owing = awaiting().owe_refund("seating.seat_taken", now=NOON)
    assert owing.status is OrderStatus.CANCELLED
    assert owing.refund is RefundState.DUE
    with pytest.raises(ForbiddenTransitionError):
        owing.confirm(reclaimed=False, now=NOON)


def test_a_refund_goes_from_due_to_asked_to_done_and_never_back() -> None:
    owing = awaiting().owe_refund("seating.seat_taken", now=NOON)
    asked = owing.refund_asked(now=NOON)
    done = asked.refunded("requested", now=NOON)
    assert (asked.refund, done.refund) == (RefundState.ASKED, RefundState.DONE)
    assert (owing.due_at, asked.due_at, done.due_at) == (NOON, None, None)
    assert asked.refund_asked(now=NOON) is asked
    assert done.refund_asked(now=NOON) is done
    assert done.refunded("again", now=NOON) is done


@pytest.mark.parametrize(
    "status, error",
    [
        (OrderStatus.PENDING, None),
        (OrderStatus.AWAITING_PAYMENT, None),
        (OrderStatus.CONFIRMED, OrderAlreadyPaidError),
        (OrderStatus.CANCELLED, OrderEndedError),
        (OrderStatus.EXPIRED, OrderEndedError),
    ],
)
def test_only_unpaid_orders_can_be_cancelled(status: OrderStatus, error: type[Exception] | None) -> None:
    if error is None:
        in_status(status).must_be_cancellable()
    else:
        with pytest.raises(error):
            in_status(status).must_be_cancellable()


@pytest.mark.parametrize("email", ["", "ann", "ann@", "@example.org", "ann@exa mple.org", "a" * 80 + "@example.org"])
def test_a_contact_that_cannot_exist_is_refused(email: str) -> None:
    with pytest.raises(InvalidContactError) as refused:
        Contact.given(email, None)
    assert refused.value.problems[0].pointer == "/contact/email"


def test_a_contact_is_kept_in_its_normal_form() -> None:
    assert Contact.given("ann@EXAMPLE.org", "  Ann ") == Contact("ann@example.org", "Ann")
    assert Contact.given("ann@example.org", "  ") == Contact("ann@example.org", None)


@pytest.mark.parametrize("wrong", [{"order_ttl_s": 0}, {"recheck_s": 0}, {"lifetime_max_s": 899}])
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="order"):
        OrderTerms(**wrong)
    assert OrderTerms(lifetime_max_s=900).ceiling(placed_at=NOON) == NOON + timedelta(seconds=900)
