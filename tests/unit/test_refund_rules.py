"""How much of an order goes back, to whom, when, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders.content import (
    Discount,
    EventSnapshot,
    Fee,
    OrderContent,
    OrderedTicket,
    OrderLine,
    PlacesLine,
    SeatLine,
    Tax,
)
from core.orders.errors import (
    InvalidRefundPolicyError,
    ItemsRefundedError,
    OrderNotRefundableError,
    OrderRefundTooLargeError,
    RefundNotAllowedError,
    RefundNotRetryableError,
    TooManyRefundsError,
    UnknownItemError,
)
from core.orders.order import Order
from core.orders.refund_decisions import Asker, Decision, RefundWish, WantedItem, decide
from core.orders.refund_policy import DAYS_MAX, RULES_MAX, RefundPolicy, RefundReason, RefundRule, days_left
from core.orders.refunds import (
    REFUNDS_MAX,
    OrderRefund,
    RefundStatus,
    all_returned,
    money_left,
    units_gone,
)
from core.orders.reservations import OrderedReservation, ReservationKind
from core.orders.shares import shares_of
from core.orders.terms import OrderTerms
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, InvalidInputError
from core.shared.ids import (
    AccountId,
    OrderId,
    OrderItemId,
    PlanId,
    RefundId,
    ReservationId,
    SeatId,
    TenantId,
    TicketId,
    VenueId,
)
from core.shared.money import MixedCurrenciesError, Money

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
STARTS = datetime(2026, 12, 5, 19, 30, tzinfo=UTC)  # 20:30 in Berlin, two weeks on
SEAT, OTHER_SEAT, PLACES = (OrderItemId(UUID(int=number)) for number in (1, 2, 3))
SEATED, STANDING = TicketId(UUID(int=0x71)), TicketId(UUID(int=0x72))
RESERVATION = ReservationId(UUID(int=0x4E5))
HALF_UNTIL_3_DAYS = RefundPolicy((RefundRule(10_000, 14), RefundRule(5_000, 3)))


def eur(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def seat(id: OrderItemId, price_minor: int = 2_500) -> SeatLine:
    number = str(id.int)
    return SeatLine(
        id, RESERVATION, SEATED, PlanId(UUID(int=9)), SeatId(UUID(int=id.int)), f"R1S{number}", "A", "R1", number,
        eur(price_minor),
    )  # fmt: skip


def standing(quantity: int = 3, price_minor: int = 1_500) -> PlacesLine:
    return PlacesLine(PLACES, RESERVATION, STANDING, quantity, eur(price_minor))


def content(
    *items: OrderLine, discount_minor: int = 0, fee_minor: int = 0, tax_minor: int = 0, starts_at: datetime = STARTS
) -> OrderContent:
    lines = items or (seat(SEAT), seat(OTHER_SEAT), standing())
    event = EventSnapshot(
        "Match", starts_at, starts_at + timedelta(hours=2), "Europe/Berlin", VenueId(UUID(int=7)), "H"
    )
    return OrderContent(
        tickets=tuple(
            OrderedTicket(id, "Regular", replace(event, title="Match" if id == SEATED else "Party"))
            for id in dict.fromkeys(line.ticket_id for line in lines)
        ),
        items=lines,
        discounts=(Discount("promo", "Promo", eur(discount_minor)),) if discount_minor else (),
        fees=(Fee("service", "Service", eur(fee_minor)), Fee("card", "Card", eur(99), passed_on=False)),
        taxes=(Tax("vat", "VAT", 700, eur(tax_minor), included=False),),
    )


def order(what: OrderContent | None = None, policy: RefundPolicy = HALF_UNTIL_3_DAYS) -> Order:
    placed = Order.place(
        OrderId(UUID(int=0xF)),
        account_id=AccountId(UUID(int=0xACC)),
        reservations=[OrderedReservation(ReservationKind.SEATS, RESERVATION)],
        contact=None,
        now=NOW,
        terms=OrderTerms(),
    )
    return placed.under(policy).await_payment(what or content(), now=NOW).confirm(reclaimed=False, now=NOW)


def recorded(decision: Decision, *, number: int = 1) -> OrderRefund:
    return OrderRefund(
        id=RefundId(UUID(int=number)),
        order_id=OrderId(UUID(int=0xF)),
        items=decision.items,
        amount=decision.amount,
        reason=RefundReason.OTHER,
        note="",
        by=AccountId(UUID(int=1)),
        by_staff=False,
        explanation=decision.explanation,
        requested_at=NOW,
        due_at=NOW,
    )


def wanting(*items: OrderItemId, quantity: int | None = None, **more: Any) -> RefundWish:
    wanted = tuple(WantedItem(item, quantity) for item in items) or None
    return replace(RefundWish(items=wanted), **more)


def asked(
    wish: RefundWish | None = None,
    *earlier: OrderRefund,
    of: Order | None = None,
    asker: Asker = Asker.BUYER,
    now: datetime = NOW,
) -> Decision:
    return decide(of or order(), wish or RefundWish(), earlier=earlier, asker=asker, now=now)


def managers(**wish: Any) -> RefundWish:
    return replace(RefundWish(note="because"), **wish)


@given(
    prices=st.lists(st.tuples(st.integers(0, 9_999), st.integers(1, 4)), min_size=1, max_size=5),
    off=st.integers(0, 10_000),
    fee=st.integers(0, 999),
    tax=st.integers(0, 999),
    order_of=st.randoms(use_true_random=False),
)
def test_all_items_one_by_one_give_back_exactly_what_was_paid(
    prices: list[tuple[int, int]], off: int, fee: int, tax: int, order_of: Random
) -> None:
    lines = [
        PlacesLine(OrderItemId(UUID(int=number)), RESERVATION, STANDING, quantity, eur(price))
        for number, (price, quantity) in enumerate(prices, start=1)
    ]
    paid_for = sum(price * quantity for price, quantity in prices)
    sold = order(content(*lines, discount_minor=off * paid_for // 10_000, fee_minor=fee, tax_minor=tax))
    assert sold.content is not None
    places = [line.id for line in lines for _ in range(line.quantity)]
    order_of.shuffle(places)
    back: list[OrderRefund] = []
    for number, place in enumerate(places):
        wish = wanting(place, quantity=1, percent_basis_points=10_000, fees=True, note="x")
        back.append(recorded(asked(wish, *back, of=sold, asker=Asker.MANAGER), number=number))
    assert sum(refund.amount.amount_minor for refund in back) == sold.content.total.amount_minor
    assert money_left(sold.content, back) == eur(0)
    assert min(share.ticket_minor for share in shares_of(sold.content).values()) >= 0
    with pytest.raises(ItemsRefundedError):
        asked(RefundWish(), *back, of=sold)


@given(
    percents=st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
    fee=st.integers(0, 99),
    amounts=st.lists(st.integers(1, 9_000), max_size=4),
)
def test_no_order_of_refunds_gives_back_more_than_was_paid(percents: list[int], fee: int, amounts: list[int]) -> None:
    sold = order(content(seat(SEAT, 3_333), standing(5, 999), fee_minor=fee))
    assert sold.content is not None
    back: list[OrderRefund] = []
    for amount in amounts:
        wish = managers(amount=eur(amount))
        if amount > money_left(sold.content, back).amount_minor:
            with pytest.raises(OrderRefundTooLargeError):
                asked(wish, *back, of=sold, asker=Asker.MANAGER)
        else:
            back.append(recorded(asked(wish, *back, of=sold, asker=Asker.MANAGER)))
    for item, percent in zip([PLACES] * 5 + [SEAT], percents, strict=False):
        wish = wanting(item, quantity=1, percent_basis_points=percent, fees=True, note="x")
        back.append(recorded(asked(wish, *back, of=sold, asker=Asker.MANAGER)))
        assert money_left(sold.content, back).amount_minor >= 0


@pytest.mark.parametrize(
    ("now", "percent"),
    [
        (datetime(2026, 11, 21, 22, 59, 59, tzinfo=UTC), 10_000),  # the last second of that day in Berlin
        (datetime(2026, 11, 21, 23, 0, tzinfo=UTC), 5_000),  # still the 21st in London
        (datetime(2026, 12, 2, 22, 59, 59, tzinfo=UTC), 5_000),
        (datetime(2026, 12, 2, 23, 0, tzinfo=UTC), 0),
    ],
)
def test_days_are_counted_by_the_calendar_of_the_events_place(now: datetime, percent: int) -> None:
    assert asked(now=now).explanation.tickets[0].percent_basis_points == percent


def test_the_day_when_the_clocks_change_is_a_day() -> None:
    starts_at = datetime(2026, 10, 26, 18, 0, tzinfo=UTC)  # the day after, at 19:00
    assert days_left(datetime(2026, 10, 24, 22, 30, tzinfo=UTC), starts_at=starts_at, time_zone="Europe/Berlin") == 1
    assert days_left(datetime(2026, 10, 24, 21, 30, tzinfo=UTC), starts_at=starts_at, time_zone="Europe/Berlin") == 2


def test_a_rule_until_0_days_lasts_to_the_very_start() -> None:
    sold = order(policy=RefundPolicy((RefundRule(2_000, 0),)))
    assert asked(of=sold, now=STARTS - timedelta(microseconds=1)).amount == eur(1_900)
    with pytest.raises(RefundNotAllowedError, match="has begun"):
        asked(of=sold, now=STARTS).must_be_allowed()


def test_a_buyer_gets_what_the_policy_says_and_is_told_the_arithmetic() -> None:
    sold = order(content(discount_minor=950, fee_minor=300))
    late = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    decision = asked(wanting(SEAT), of=sold, now=late)
    decision.must_be_allowed()
    (verdict,) = decision.explanation.tickets
    assert (verdict.days_left, verdict.rule) == (5, RefundRule(5_000, 3))
    assert verdict.why == "50 % goes back until 3 days before the event; it is 5 days before."
    assert [(step.text, step.amount.amount_minor) for step in decision.explanation.steps] == [
        ("1 x Match", 2_500),
        ("less their share of the discounts", -250),
        ("their share of fees and taxes, which is kept", 79),
        ("of which 50 %", 1_125),
        ("goes back", 1_125),
    ]
    assert decision.amount == eur(1_125)


def test_half_a_cent_goes_to_the_buyer() -> None:
    sold = order(content(seat(SEAT, 2_501)), policy=RefundPolicy((RefundRule(5_000, 0),)))
    assert asked(of=sold).amount == eur(1_251)


def test_fees_go_back_where_the_policy_says_so() -> None:
    sold = order(content(seat(SEAT), fee_minor=300, tax_minor=7), RefundPolicy((RefundRule(10_000, 0),), True))
    assert asked(of=sold).amount == eur(2_807)
    assert asked(of=replace(sold, refund_policy=HALF_UNTIL_3_DAYS)).amount == eur(2_500)


def test_each_ticket_has_the_days_of_its_own_event() -> None:
    what = content(seat(SEAT), standing(1))
    first, second = what.tickets
    later = replace(first, event=replace(first.event, starts_at=STARTS + timedelta(days=30)))
    decision = asked(of=order(replace(what, tickets=(later, second))), now=NOW + timedelta(days=5))
    assert [each.percent_basis_points for each in decision.explanation.tickets] == [10_000, 5_000]
    assert decision.amount == eur(2_500 + 750)


def test_without_a_policy_a_buyer_gets_nothing_by_themselves_and_staff_may_give_it_all() -> None:
    sold = order(content(fee_minor=300), policy=RefundPolicy())
    with pytest.raises(RefundNotAllowedError, match="no refund policy"):
        asked(of=sold).must_be_allowed()
    for asker in (Asker.BOX_OFFICE, Asker.MANAGER):
        decision = asked(of=sold, asker=asker)
        decision.must_be_allowed()
        assert decision.amount == eur(9_800)


def test_the_box_office_gives_what_the_policy_says_and_no_more() -> None:
    assert asked(asker=Asker.BOX_OFFICE, now=NOW + timedelta(days=5)).amount == eur(4_750)
    for wish in (
        managers(percent_basis_points=9_000),
        managers(fees=True),
        managers(amount=eur(1)),
        managers(reason=RefundReason.EVENT_CANCELLED),
    ):
        with pytest.raises(ForbiddenError):
            asked(wish, asker=Asker.BOX_OFFICE)


def test_a_buyer_chooses_no_reason_and_no_terms() -> None:
    for wish in (RefundWish(reason=RefundReason.GOODWILL), managers(fees=True), managers(amount=eur(1))):
        with pytest.raises(ForbiddenError):
            asked(wish)


def test_what_is_not_the_buyers_wish_goes_back_whole_with_the_fees() -> None:
    sold = order(content(fee_minor=300))
    for reason in ("event_cancelled", "event_rescheduled", "duplicate", "fraud"):
        wish = RefundWish(reason=RefundReason(reason))
        assert asked(wish, of=sold, asker=Asker.MANAGER, now=STARTS).amount == eur(9_800)
    for reason in ("customer_request", "goodwill", "other"):
        wish = RefundWish(reason=RefundReason(reason))
        assert asked(wish, of=sold, asker=Asker.MANAGER, now=STARTS).amount == eur(0)


def test_a_manager_may_choose_another_percentage_and_says_why() -> None:
    wish = managers(percent_basis_points=7_500)
    assert asked(wish, asker=Asker.MANAGER, now=STARTS).amount == eur(7_125)
    for bad in (replace(wish, note=" "), replace(wish, percent_basis_points=10_001), managers(percent_basis_points=-1)):
        with pytest.raises(InvalidInputError):
            asked(bad, asker=Asker.MANAGER)


def test_an_amount_leaves_the_seats_unless_they_are_to_go_as_well() -> None:
    assert asked(managers(amount=eur(700)), asker=Asker.MANAGER).items == ()
    gone = asked(managers(amount=eur(700), keep_seats=False), asker=Asker.MANAGER)
    assert [item.item_id for item in gone.items] == [SEAT, OTHER_SEAT, PLACES]
    assert asked(managers(amount=eur(9_500)), asker=Asker.MANAGER).amount == eur(9_500)
    for bad, error in (
        (eur(9_501), OrderRefundTooLargeError),
        (eur(0), InvalidInputError),
        (Money(1, "CHF"), MixedCurrenciesError),
    ):
        with pytest.raises(error):
            asked(managers(amount=bad), asker=Asker.MANAGER)


def test_after_an_amount_items_give_back_no_more_than_is_left() -> None:
    first = recorded(asked(managers(amount=eur(9_000)), asker=Asker.MANAGER))
    decision = asked(wanting(SEAT), first)
    assert decision.amount == eur(500)
    assert decision.explanation.steps[-2].text == "but no more than is left of what was paid"


def test_an_item_is_refunded_once_and_of_several_places_the_last_go_first() -> None:
    first = recorded(asked(wanting(PLACES, quantity=2)))
    assert first.units == {(PLACES, 3), (PLACES, 2)}
    assert asked(wanting(PLACES), first).items[0].units == (1,)
    with pytest.raises(ItemsRefundedError) as refused:
        asked(RefundWish(items=(WantedItem(SEAT), WantedItem(PLACES, 2))), first)
    assert [problem.pointer for problem in refused.value.problems] == ["/items/1"]
    whole = asked(None, first)
    assert [(item.item_id, item.units) for item in whole.items] == [(SEAT, (1,)), (OTHER_SEAT, (1,)), (PLACES, (1,))]


@pytest.mark.parametrize(
    "wish",
    [
        wanting(OrderItemId(UUID(int=404))),
        wanting(SEAT, SEAT),
        wanting(PLACES, quantity=4),
        wanting(PLACES, quantity=0),
        RefundWish(items=()),
    ],
)
def test_items_that_the_order_does_not_have_are_refused(wish: RefundWish) -> None:
    with pytest.raises(UnknownItemError):
        asked(wish)


def test_only_a_confirmed_order_is_refunded_and_not_for_ever() -> None:
    with pytest.raises(OrderNotRefundableError):
        asked(of=order().refunded("requested", now=NOW))
    many = [recorded(asked(managers(amount=eur(1)), asker=Asker.MANAGER))] * REFUNDS_MAX
    with pytest.raises(TooManyRefundsError):
        asked(RefundWish(), *many)
    asked(RefundWish(), *many[1:])


def test_what_was_refused_can_be_asked_for_again_and_what_failed_is_owed() -> None:
    refund = recorded(asked())
    assert not refund.refuse("not paid", now=NOW).counts
    assert refund.fail("declined", now=NOW).counts
    assert refund.accept(now=NOW).refuse("too much", now=NOW).status is RefundStatus.FAILED
    accepted = refund.accept(now=NOW)
    assert accepted.accept(now=NOW + timedelta(seconds=1)) is accepted
    failed = accepted.fail("account closed", now=NOW)
    assert failed.counts and units_gone([failed]) == refund.units
    assert failed.retry(now=NOW).status is RefundStatus.REQUESTED
    assert failed.succeed(now=NOW).failure is None
    for unfit in (refund, accepted, refund.refuse("not paid", now=NOW), accepted.succeed(now=NOW)):
        with pytest.raises(RefundNotRetryableError):
            unfit.retry(now=NOW)


def test_an_order_ends_with_the_last_item_and_not_before() -> None:
    what = order().content
    assert what is not None
    first = recorded(asked(wanting(SEAT, OTHER_SEAT))).accept(now=NOW)
    rest = recorded(asked(None, first))
    assert not all_returned(what, [first, rest])
    assert all_returned(what, [first, rest.accept(now=NOW)])


@pytest.mark.parametrize(
    ("rules", "pointers"),
    [
        (((10_001, 1),), ["/rules/0/percentBasisPoints"]),
        (((-1, 1),), ["/rules/0/percentBasisPoints"]),
        (((1, -1),), ["/rules/0/untilDaysBefore"]),
        (((1, DAYS_MAX + 1),), ["/rules/0/untilDaysBefore"]),
        (((1, 7), (1, 7)), ["/rules/1/untilDaysBefore"]),
        (((1, 7), (2, 6)), ["/rules/1/percentBasisPoints"]),
        (tuple((1, 100 - n) for n in range(RULES_MAX + 1)), ["/rules"]),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(rules: tuple[tuple[int, int], ...], pointers: list[str]) -> None:
    with pytest.raises(InvalidRefundPolicyError) as refused:
        RefundPolicy(tuple(RefundRule(*rule) for rule in rules))
    assert [problem.pointer for problem in refused.value.problems] == pointers


def test_a_policy_may_go_to_its_bounds() -> None:
    rules = [RefundRule(10_000, DAYS_MAX), *(RefundRule(0, 100 - n) for n in range(RULES_MAX - 1))]
    assert RefundPolicy(tuple(rules)).rules[0].percent_basis_points == 10_000


@pytest.mark.parametrize(
    ("role", "asker"),
    [
        (Role.OWNER, Asker.MANAGER),
        (Role.MANAGER, Asker.MANAGER),
        (Role.BOX_OFFICE, Asker.BOX_OFFICE),
        (Role.SCANNER, Asker.BUYER),
        (None, Asker.BUYER),
    ],
)
def test_who_asks_follows_from_the_role(role: Role | None, asker: Asker) -> None:
    assert Asker.of(Caller(AccountId(UUID(int=1)), TenantId(UUID(int=2)), role)) is asker
