"""What a refund comes to: which admissions, how much money, and the arithmetic behind it."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from core.orders.content import OrderContent, OrderedTicket
from core.orders.disputes import is_disputed
from core.orders.errors import (
    HandedOverError,
    ItemsRefundedError,
    OrderDisputedError,
    OrderNotRefundableError,
    OrderRefundTooLargeError,
    PassedOnError,
    RefundNotAllowedError,
    ResaleFinalError,
    TooManyRefundsError,
    UnknownItemError,
)
from core.orders.order import Order
from core.orders.refund_policy import GIVEN_IN_FULL, WHOLE, RefundPolicy, RefundReason, days_left
from core.orders.refund_reckoning import percent_text, reckoned
from core.orders.refunds import (
    REFUNDS_MAX,
    Explanation,
    OrderRefund,
    ReckoningStep,
    ReturnedItem,
    TicketVerdict,
    money_left,
    units_gone,
)
from core.orders.shares import Share, Unit, shares_of
from core.orders.statuses import OrderStatus
from core.shared.callers import MANAGERS, SELLERS, Caller
from core.shared.errors import ForbiddenError, InvalidInputError, Problem
from core.shared.ids import OrderItemId
from core.shared.money import MixedCurrenciesError, Money


class Asker(Enum):
    """Who asks for a refund, and so how freely it is given."""

    BUYER = "buyer"
    BOX_OFFICE = "box office"
    MANAGER = "manager"

    @classmethod
    def of(cls, caller: Caller) -> "Asker":
        if caller.role in MANAGERS:
            return cls.MANAGER
        return cls.BOX_OFFICE if caller.role in SELLERS else cls.BUYER


@dataclass(frozen=True, slots=True)
class WantedItem:
    """Places of an item that are to go back; None for all that are left of it."""

    item_id: OrderItemId
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundWish:
    """What is asked for: the whole order, some of its items, or an amount.

    `items` None means all that are left. With an `amount` they are given back only where `keep_seats` is False.
    `percent_basis_points` and `fees` take the place of what the policy says.
    """

    reason: RefundReason = RefundReason.CUSTOMER_REQUEST
    note: str = ""
    items: tuple[WantedItem, ...] | None = None
    amount: Money | None = None
    keep_seats: bool = True
    percent_basis_points: int | None = None
    fees: bool | None = None

    @property
    def overrides(self) -> bool:
        return self.amount is not None or self.percent_basis_points is not None or self.fees is not None


@dataclass(frozen=True, slots=True)
class Decision:
    """What goes back, and why. `refusal` says why the buyer gets nothing by themselves, None where they may."""

    items: tuple[ReturnedItem, ...]
    amount: Money
    explanation: Explanation
    refusal: str | None = None

    def must_be_allowed(self) -> None:
        """Raise RefundNotAllowedError where the policy gives the buyer nothing."""
        if self.refusal is not None:
            raise RefundNotAllowedError(self.refusal)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Which admissions of an order others have: resold to another order, or their passes handed over to a person."""

    passed_on: frozenset[Unit] = frozenset()
    handed_over: frozenset[Unit] = frozenset()


NOWHERE = Elsewhere()


def decide(
    order: Order,
    wish: RefundWish,
    *,
    earlier: Sequence[OrderRefund],
    asker: Asker,
    now: datetime,
    elsewhere: Elsewhere = NOWHERE,
) -> Decision:
    """Return what the wish comes to by the policy that the order was placed under.

    What was resold is never refunded by this order, and what was handed over not at the buyer's wish: both are left out
    of a refund of all that is left, and refused where they are named or nothing else is left.

    Raises ForbiddenError for what the asker may not choose, OrderNotRefundableError, OrderDisputedError,
    TooManyRefundsError, UnknownItemError, ItemsRefundedError, PassedOnError, HandedOverError, ResaleFinalError,
    OrderRefundTooLargeError, MixedCurrenciesError, and InvalidInputError for an override without a note or out of its
    bounds.
    """
    content = order.content
    if order.status is not OrderStatus.CONFIRMED or content is None:
        raise OrderNotRefundableError(order.status.value)
    if is_disputed(order):
        raise OrderDisputedError
    if len(earlier) >= REFUNDS_MAX:
        raise TooManyRefundsError
    _must_be_theirs_to_choose(wish, asker)
    if content.is_resale and asker is Asker.BUYER:
        raise ResaleFinalError
    if asker is not Asker.BUYER:
        elsewhere = Elsewhere(elsewhere.passed_on)
    if wish.amount is not None:
        return _by_amount(content, wish, wish.amount, earlier, elsewhere)
    chosen = _chosen(content, wish.items, units_gone(earlier), elsewhere)
    return _by_items(content, order.refund_policy, wish, chosen, earlier=earlier, asker=asker, now=now)


def _must_be_theirs_to_choose(wish: RefundWish, asker: Asker) -> None:
    if asker is Asker.BUYER and (wish.overrides or wish.reason is not RefundReason.CUSTOMER_REQUEST):
        raise ForbiddenError("Buyers are refunded by the policy alone, at their own request (customer_request).")
    if asker is Asker.BOX_OFFICE and (wish.overrides or wish.reason in GIVEN_IN_FULL):
        raise ForbiddenError("Only a manager may go beyond the refund policy: another percentage, an amount, the fees.")
    if wish.overrides and not wish.note.strip():
        message = "Say why the policy is not followed."
        raise InvalidInputError(message, [Problem("/note", message)])
    percent = wish.percent_basis_points
    if percent is not None and not 0 <= percent <= WHOLE:
        message = f"From 0 to {WHOLE}."
        raise InvalidInputError(message, [Problem("/percentBasisPoints", message)])


def _chosen(
    content: OrderContent, wanted: Sequence[WantedItem] | None, gone: Set[Unit], elsewhere: Elsewhere
) -> tuple[ReturnedItem, ...]:
    """Return the admissions; of an item that has several, the ones with the highest numbers go first."""
    items = {item.id: item for item in content.items}
    theirs = (elsewhere.passed_on | elsewhere.handed_over) - gone
    kept = gone | theirs
    left = {id: [n for n in range(item.quantity, 0, -1) if (id, n) not in kept] for id, item in items.items()}
    if wanted is None:
        chosen = tuple(ReturnedItem(id, tuple(units)) for id, units in left.items() if units)
        if not chosen:
            raise _not_left(theirs, elsewhere)
        return chosen
    unknown, taken, found = list[Problem](), list[Problem](), list[ReturnedItem]()
    again = Counter(each.item_id for each in wanted)
    for index, each in enumerate(wanted):
        item, units = items.get(each.item_id), left.get(each.item_id, [])
        quantity = 1 if each.quantity is None else each.quantity
        if item is None or again[each.item_id] > 1 or not 1 <= quantity <= item.quantity:
            unknown.append(Problem(f"/items/{index}", "The order has no such item, or not as often."))
        elif len(units) < quantity:
            taken.append(Problem(f"/items/{index}", f"{len(units)} of {item.quantity} are left to be refunded."))
        else:
            found.append(ReturnedItem(each.item_id, tuple(units[: each.quantity])))
    if unknown or not wanted:
        raise UnknownItemError(unknown)
    if taken:
        wished = {each.item_id for each in wanted}
        raise _not_left({unit for unit in theirs if unit[0] in wished}, elsewhere, taken)
    return tuple(found)


def _not_left(
    theirs: Set[Unit], elsewhere: Elsewhere, problems: Sequence[Problem] = ()
) -> ItemsRefundedError | PassedOnError | HandedOverError:
    """Return why admissions are not there to be refunded; `theirs` are those that others have."""
    if theirs & elsewhere.passed_on:
        return PassedOnError(problems)
    return HandedOverError(problems) if theirs else ItemsRefundedError(problems)


def _by_amount(
    content: OrderContent, wish: RefundWish, amount: Money, earlier: Sequence[OrderRefund], elsewhere: Elsewhere
) -> Decision:
    if amount.currency != content.currency:
        raise MixedCurrenciesError(f"The order was paid in {content.currency}, not in {amount.currency}.")
    left = money_left(content, earlier)
    if amount.amount_minor < 1:
        message = "At least the smallest unit of the currency."
        raise InvalidInputError(message, [Problem("/amount/amount", message)])
    if amount.amount_minor > left.amount_minor:
        raise OrderRefundTooLargeError(f"{left} are left of what was paid, so {amount} cannot go back.")
    items = () if wish.keep_seats else _chosen(content, wish.items, units_gone(earlier), elsewhere)
    steps = (ReckoningStep("left of what was paid", left), ReckoningStep("goes back, as staff chose", amount))
    return Decision(items, amount, Explanation((), fees_refundable=True, steps=steps))


def _by_items(
    content: OrderContent,
    policy: RefundPolicy,
    wish: RefundWish,
    chosen: tuple[ReturnedItem, ...],
    *,
    earlier: Sequence[OrderRefund],
    asker: Asker,
    now: datetime,
) -> Decision:
    shares = shares_of(content)
    ticket_of = {item.id: item.ticket_id for item in content.items}
    by_ticket = {ticket.ticket_id: list[Share]() for ticket in content.tickets}
    for item in chosen:
        by_ticket[ticket_of[item.item_id]] += [shares[item.item_id, unit] for unit in item.units]
    asked = {ticket: by_ticket[ticket.ticket_id] for ticket in content.tickets if by_ticket[ticket.ticket_id]}
    verdicts = tuple(_verdict(ticket, policy, wish, asker=asker, now=now) for ticket in asked)
    fees = _with_fees(policy, wish, asker)
    steps, amount = reckoned(asked, verdicts, fees=fees, currency=content.currency)
    left = money_left(content, earlier)
    if amount.amount_minor > left.amount_minor:
        amount = left
        steps.append(ReckoningStep("but no more than is left of what was paid", left))
    steps.append(ReckoningStep("goes back", amount))
    explanation = Explanation(verdicts, fees, tuple(steps))
    nothing = [verdict for verdict in verdicts if verdict.percent_basis_points == 0]
    refusal = nothing[0].why if asker is Asker.BUYER and nothing else None
    return Decision(chosen, amount, explanation, refusal)


def _with_fees(policy: RefundPolicy, wish: RefundWish, asker: Asker) -> bool:
    if wish.fees is not None:
        return wish.fees
    unset_for_staff = asker is not Asker.BUYER and not policy.rules
    return policy.fees_refundable or wish.reason in GIVEN_IN_FULL or unset_for_staff


def _verdict(
    ticket: OrderedTicket, policy: RefundPolicy, wish: RefundWish, *, asker: Asker, now: datetime
) -> TicketVerdict:
    starts_at, zone = ticket.event.starts_at, ticket.event.time_zone
    rule = policy.rule_at(now, starts_at=starts_at, time_zone=zone)
    left = days_left(now, starts_at=starts_at, time_zone=zone)
    if wish.percent_basis_points is not None:
        rule, percent, why = None, wish.percent_basis_points, "Staff chose the percentage."
    elif wish.reason in GIVEN_IN_FULL:
        rule, percent, why = None, WHOLE, f"All of it, since the reason is {wish.reason.value}."
    elif not policy.rules:
        staff = asker is not Asker.BUYER
        percent = WHOLE if staff else 0
        why = "The organisation has set no refund policy: " + (
            "staff may give all of it back." if staff else "please ask it for a refund."
        )
    elif rule is None:
        percent = 0
        begun = "The event has begun" if now >= starts_at else f"{_days(left)} before the event it is too late"
        why = f"{begun}: the refund policy gives nothing back any more."
    else:
        percent = rule.percent_basis_points
        until = f"until {_days(rule.until_days_before)} before the event"
        why = f"{percent_text(percent)} goes back {until}; it is {_days(left)} before."
    return TicketVerdict(ticket.ticket_id, ticket.event.title, left, rule, percent, why)


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
