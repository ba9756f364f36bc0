"""The machine of an order: every standing with every change, and nothing that moves an order besides the table."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from core.orders.errors import ForbiddenTransitionError, OrderAlreadyPaidError, OrderExpiredError, OrderNotPayableError
from core.orders.order import Order
from core.orders.statuses import (
    TRANSITIONS,
    Change,
    OrderStatus,
    RefundState,
    Standing,
    next_standing,
)
from tests.unit.test_order_rules import NOON, TERMS, awaiting, content, line

ROOT = Path(__file__).parents[2]
EVERY = [Standing(status, refund) for status, refund in product(OrderStatus, [None, *RefundState])]
ALLOWED = {
    ("PENDING", "await payment"): "AWAITING_PAYMENT",
    ("PENDING", "be cancelled"): "CANCELLED",
    ("PENDING", "expire"): "EXPIRED",
    ("PENDING", "owe a refund"): "CANCELLED with its refund due",
    ("AWAITING_PAYMENT", "be confirmed"): "CONFIRMED",
    ("AWAITING_PAYMENT", "be cancelled"): "CANCELLED",
    ("AWAITING_PAYMENT", "expire"): "EXPIRED",
    ("AWAITING_PAYMENT", "owe a refund"): "CANCELLED with its refund due",
    ("AWAITING_PAYMENT", "be refunded"): "CANCELLED with its refund done",
    ("CONFIRMED", "be called off"): "CANCELLED",
    ("CONFIRMED", "have its last item given back"): "CANCELLED with its refund asked",
    ("CONFIRMED", "be refunded"): "CANCELLED with its refund done",
    ("CANCELLED", "be confirmed"): "CONFIRMED",
    ("CANCELLED", "owe a refund"): "CANCELLED with its refund due",
    ("CANCELLED", "be refunded"): "CANCELLED with its refund done",
    ("EXPIRED", "be confirmed"): "CONFIRMED",
    ("EXPIRED", "owe a refund"): "EXPIRED with its refund due",
    ("EXPIRED", "be refunded"): "EXPIRED with its refund done",
    ("CANCELLED with its refund due", "ask for its refund"): "CANCELLED with its refund asked",
    ("CANCELLED with its refund due", "be refunded"): "CANCELLED with its refund done",
    ("CANCELLED with its refund asked", "be refunded"): "CANCELLED with its refund done",
    ("EXPIRED with its refund due", "ask for its refund"): "EXPIRED with its refund asked",
    ("EXPIRED with its refund due", "be refunded"): "EXPIRED with its refund done",
    ("EXPIRED with its refund asked", "be refunded"): "EXPIRED with its refund done",
}
MOVES: dict[Change, Callable[[Order], Order]] = {
    Change.AWAIT_PAYMENT: lambda order: order.await_payment(content(line(1)), now=NOON),
    Change.CONFIRM: lambda order: order.confirm(reclaimed=False, now=NOON),
    Change.CANCEL: lambda order: order.cancel(now=NOON),
    Change.EXPIRE: lambda order: order.expire(now=NOON),
    Change.CALL_OFF: lambda order: replace(order, content=content(line(1, 0))).call_off(order.account_id, now=NOON),
    Change.GIVE_ALL_BACK: lambda order: order.all_returned("A-1", now=NOON),
    Change.OWE: lambda order: order.owe_refund("gone", now=NOON),
    Change.ASK_REFUND: lambda order: order.refund_asked(now=NOON),
    Change.REFUND: lambda order: order.refunded("asked for", now=NOON),
}
STAYS: list[Callable[[Order], Order]] = [
    lambda order: order.start_payment("CARD", now=NOON, terms=TERMS),
    lambda order: order.ask_again(NOON, now=NOON),
    lambda order: order.settle_late(NOON, now=NOON),
    lambda order: order.lay_down(now=NOON),
]
FORGIVEN = {(Change.ASK_REFUND, None), (Change.REFUND, RefundState.DONE)} | {
    (Change.ASK_REFUND, state) for state in (RefundState.ASKED, RefundState.DONE)
}
"""Told again, these change nothing, as whoever hears of them may hear twice."""


def standing(each: Standing) -> Order:
    return replace(awaiting(), status=each.status, refund=each.refund)


@pytest.mark.parametrize("each", EVERY, ids=str)
@pytest.mark.parametrize("change", Change)
def test_an_order_moves_only_as_the_table_says(each: Standing, change: Change) -> None:
    expected = ALLOWED.get((str(each), change.value))
    if expected is None:
        with pytest.raises(ForbiddenTransitionError):
            next_standing(each, change)
    else:
        assert str(next_standing(each, change)) == expected


@pytest.mark.parametrize("each", TRANSITIONS, ids=str)
@pytest.mark.parametrize("change", Change)
def test_each_change_of_an_order_goes_by_the_table(each: Standing, change: Change) -> None:
    order, after = standing(each), TRANSITIONS[each].get(change)
    if after is not None:
        assert MOVES[change](order).standing == after
    elif (change, each.refund) in FORGIVEN:
        assert MOVES[change](order) is order
    else:
        with pytest.raises(ForbiddenTransitionError):
            MOVES[change](order)


@pytest.mark.parametrize("each", TRANSITIONS, ids=str)
@pytest.mark.parametrize("act", STAYS)
def test_nothing_else_moves_an_order(each: Standing, act: Callable[[Order], Order]) -> None:
    try:
        after = act(standing(each))
    except (OrderExpiredError, OrderNotPayableError, OrderAlreadyPaidError):
        return
    assert after.standing == each


def test_an_order_has_a_standing_that_the_table_knows() -> None:
    for each in EVERY:
        if each in TRANSITIONS:
            assert standing(each).standing == each
        else:
            with pytest.raises(ValueError, match=str(each)):
                standing(each)


def test_every_standing_can_be_reached_and_every_change_leads_to_one() -> None:
    reached, left = {Standing(OrderStatus.PENDING)}, [Standing(OrderStatus.PENDING)]
    while left:
        new = set(TRANSITIONS[left.pop()].values()) - reached
        reached |= new
        left += new
    assert reached == set(TRANSITIONS)


def test_money_that_has_to_go_back_never_ends_anywhere_but_with_the_buyer() -> None:
    for each, moves in TRANSITIONS.items():
        owes = each.refund in {RefundState.DUE, RefundState.ASKED}
        assert not owes or {after.refund for after in moves.values()} <= {RefundState.ASKED, RefundState.DONE}
        assert not owes or Change.REFUND in moves
    ends = {each for each, moves in TRANSITIONS.items() if not moves}
    assert {each.refund for each in ends} == {RefundState.DONE}


def name(each: Standing) -> str:
    return each.status.value if each.refund is None else f"{each.status.value}_{each.refund.value}"


def test_the_documents_show_the_machine_as_it_is() -> None:
    lines = [
        f"    {name(each)} --> {name(after)}: {change.value}"
        for each, moves in TRANSITIONS.items()
        for change, after in moves.items()
    ]
    diagram = "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> PENDING", *lines, "```"])
    assert diagram in (ROOT / "docs" / "architecture.md").read_text(), f"put this into docs/architecture.md:\n{diagram}"
