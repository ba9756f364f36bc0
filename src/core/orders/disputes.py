"""Disputes of an order's payment, as its history tells of them, and what a lost one takes from the order."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from uuid import uuid5

from core.orders.content import OrderContent
from core.orders.history import HistoryEntry, Step
from core.orders.order import Order
from core.orders.refund_policy import RefundReason
from core.orders.refunds import Explanation, OrderRefund, ReckoningStep, ReturnedItem, money_left, units_gone
from core.orders.shares import Unit
from core.shared.ids import DisputeId, RefundId
from core.shared.money import Money

OF_DISPUTES = frozenset({Step.DISPUTED, Step.DISPUTE_WON, Step.DISPUTE_LOST})


def dispute_detail(dispute_id: DisputeId, *, version: int, reason: str, amount: Money) -> str:
    """Return what the history says for staff; the last word tells the dispute, and which news of it this was."""
    return f"{amount}, {reason}: dispute {dispute_id}#{version}"


def heard_version(history: Iterable[HistoryEntry], dispute_id: DisputeId) -> int:
    """Return the version of the newest news of the dispute that the history has; 0 for none."""
    return max((version for id, version, _ in _heard(history) if id == str(dispute_id)), default=0)


def is_disputed(order: Order) -> bool:
    """Whether a dispute of the order goes on."""
    return any(step is Step.DISPUTED for step in _newest(order).values())


def is_lost(order: Order) -> bool:
    """Whether the buyer's bank has decided a dispute of the order for the buyer, and not changed its mind since."""
    return any(step is Step.DISPUTE_LOST for step in _newest(order).values())


def lost_to_bank(
    order: Order,
    content: OrderContent,
    earlier: Sequence[OrderRefund],
    *,
    dispute_id: DisputeId,
    now: datetime,
    passed_on: Set[Unit] = frozenset(),
) -> OrderRefund:
    """Return the refund that a lost dispute amounts to: the buyer's bank gave back what was left of the money.

    What is left of the order goes back to the public, but for events that are over by `now`, and for what was resold:
    that is somebody else's. Its id is always the same for the same dispute.
    """
    gone = units_gone(earlier) | passed_on
    to_come = {ticket.ticket_id for ticket in content.tickets if ticket.event.ends_at > now}
    left = [
        ReturnedItem(item.id, units)
        for item in content.items
        if item.ticket_id in to_come
        and (units := tuple(unit for unit in range(item.quantity, 0, -1) if (item.id, unit) not in gone))
    ]
    amount = money_left(content, earlier)
    steps = (ReckoningStep("left of what was paid", amount), ReckoningStep("went back by way of the bank", amount))
    return OrderRefund(
        id=lost_refund_id(dispute_id),
        order_id=order.id,
        items=tuple(left),
        amount=amount,
        reason=RefundReason.DISPUTE_LOST,
        note="The buyer's bank took the money back.",
        by=order.account_id,
        by_staff=False,
        explanation=Explanation((), fees_refundable=True, steps=steps),
        requested_at=now,
        due_at=None,
    )


def lost_refund_id(dispute_id: DisputeId) -> RefundId:
    """Return the id of the refund that losing the dispute amounts to."""
    return RefundId(uuid5(dispute_id, "lost to the buyer's bank"))


def _newest(order: Order) -> dict[str, Step]:
    newest: dict[str, tuple[int, Step]] = {}
    for id, version, step in _heard(order.history):
        if version > newest.get(id, (0, step))[0]:
            newest[id] = version, step
    return {id: step for id, (_, step) in newest.items()}


def _heard(history: Iterable[HistoryEntry]) -> Iterable[tuple[str, int, Step]]:
    for entry in history:
        if entry.step in OF_DISPUTES:
            id, _, version = entry.detail.rpartition(" ")[2].partition("#")
            yield id, int(version), entry.step
