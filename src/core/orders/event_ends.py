"""What becomes of an order when an event is cancelled that it is for."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

from core.orders.content import OrderContent
from core.orders.order import Order
from core.orders.refund_decisions import Asker, Decision, Elsewhere, RefundWish, WantedItem, decide
from core.orders.refund_policy import RefundReason
from core.orders.refunds import OrderRefund, units_gone
from core.orders.shares import Unit
from core.shared.ids import AccountId, OperationId, OrderId, RefundId, TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEnd:
    """An event that does not take place: the tickets of it, by whose word, in which operation, and why.

    Everything goes back whole, whatever the refund policy says; fees and taxes on top only with `refund_fees`.
    """

    operation_id: OperationId
    ticket_ids: frozenset[TicketId]
    by: AccountId
    reason: str
    refund_fees: bool

    def refunds_of(self, order_id: OrderId, earlier: Iterable[OrderRefund]) -> list[OrderRefund]:
        """Return those of the order's refunds that were made for this end, the first one first."""
        by_id = {refund.id: refund for refund in earlier}
        found: list[OrderRefund] = []
        while (refund := by_id.get(self._refund_id(order_id, len(found)))) is not None:
            found.append(refund)
        return found

    def next_refund_id(self, order_id: OrderId, earlier: Iterable[OrderRefund]) -> RefundId:
        """Return the id of the next refund for this end: the same as long as no other was stored."""
        return self._refund_id(order_id, len(self.refunds_of(order_id, earlier)))

    def _refund_id(self, order_id: OrderId, number: int) -> RefundId:
        return RefundId(uuid5(self.operation_id, f"refund {number} of order {order_id}"))


def units_to_end(
    content: OrderContent, end: EventEnd, *, earlier: Iterable[OrderRefund], passed_on: Set[Unit]
) -> tuple[WantedItem, ...]:
    """Return what the order still has of the event: not what went back, and not what was resold to others."""
    over = units_gone(earlier) | passed_on
    return tuple(
        WantedItem(item.id, left)
        for item in content.items
        if item.ticket_id in end.ticket_ids
        and (left := sum((item.id, unit) not in over for unit in range(1, item.quantity + 1)))
    )


def decide_end(
    order: Order,
    wanted: tuple[WantedItem, ...],
    end: EventEnd,
    *,
    earlier: Sequence[OrderRefund],
    passed_on: frozenset[Unit],
    now: datetime,
) -> Decision:
    """Return what goes back for the units; raises as `decide` does: OrderDisputedError and TooManyRefundsError."""
    wish = RefundWish(
        reason=RefundReason.EVENT_CANCELLED,
        note=end.reason,
        items=wanted,
        fees=None if end.refund_fees else False,
    )
    return decide(order, wish, earlier=earlier, asker=Asker.MANAGER, now=now, elsewhere=Elsewhere(passed_on))
