"""React to the news that the buyer's bank wants the money of an order back, and to its verdict."""

from dataclasses import dataclass
from datetime import datetime
from typing import override

from core.orders.disputes import dispute_detail, heard_version, lost_refund_id, lost_to_bank
from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import units_passed_on
from core.orders.refunds import RefundStatus
from core.orders.statuses import OrderStatus, RefundState
from core.shared.ids import DisputeId, OrderId, TenantId
from core.shared.money import Money
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.orders import OrderTransaction, OrderTransactions
from ports.published.payments import DisputeClosed, DisputeOpened
from usecases.orders.access import locked_with_origins
from usecases.orders.giving_back import tell_refunded
from usecases.orders.refund_progress import take_back

DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True)
class OnDisputeOpened(Consumer[DisputeOpened]):
    """Done by the system: the history tells it, and nothing of the order is refunded until the bank has decided."""

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: DisputeOpened, delivery: Delivery) -> None:
        """Note it once, unless newer news of it came before; raises OrderNotFoundError."""
        now = self.clock.now()
        async with self.transactions.begin(_tenant(delivery)) as tx:
            if await tx.inbox.accept(delivery.event_id, consumer="orders.on_dispute_opened", at=now):
                await _noted(tx, event, Step.DISPUTED, now=now)


@dataclass(frozen=True, slots=True)
class OnDisputeClosed(Consumer[DisputeClosed]):
    """Done by the system. Won: all is as before. Lost: the money is the buyer's, and what was sold is not any more.

    What is left of the order goes back to the public by the way of refunds, but for events that are over. An order
    that was not sold (yet) can be sold no more for this money.
    """

    transactions: OrderTransactions
    clock: Clock

    @override
    async def __call__(self, event: DisputeClosed, delivery: Delivery) -> None:
        """Take the verdict once, unless newer news of it came before; raises OrderNotFoundError."""
        now = self.clock.now()
        async with self.transactions.begin(_tenant(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="orders.on_dispute_closed", at=now):
                return
            step = Step.DISPUTE_WON if event.outcome == "won" else Step.DISPUTE_LOST
            order = await _noted(tx, event, step, now=now)
            if order is not None and event.outcome == "lost":
                await _lose(tx, order, DisputeId(event.dispute_id), now=now)


async def _noted(
    tx: OrderTransaction, event: DisputeOpened | DisputeClosed, step: Step, *, now: datetime
) -> Order | None:
    order, dispute_id = await locked_with_origins(tx, OrderId(event.order_id)), DisputeId(event.dispute_id)
    if heard_version(order.history, dispute_id) >= event.version:
        return None
    amount = Money(event.amount_minor, event.currency)
    detail = dispute_detail(dispute_id, version=event.version, reason=event.reason, amount=amount)
    order = order.noted(step, detail, now=now)
    await tx.orders.save(order)
    return order


async def _lose(tx: OrderTransaction, order: Order, dispute_id: DisputeId, *, now: datetime) -> None:
    for owed in await tx.refunds.of_order(order.id):
        if owed.status is RefundStatus.FAILED:  # The buyer has this money as well: the bank took all that was left.
            await take_back(tx, order, owed, settled=True, now=now)
            order = await locked_with_origins(tx, order.id)
    if order.status is OrderStatus.CONFIRMED and order.content is not None:
        if await tx.refunds.get(lost_refund_id(dispute_id)) is None:
            refunds = await tx.refunds.of_order(order.id)
            theirs = units_passed_on(await tx.passed_on.by_order(order.id))
            refund = lost_to_bank(order, order.content, refunds, dispute_id=dispute_id, now=now, passed_on=theirs)
            await tx.refunds.add(refund)
            await take_back(tx, order, refund, settled=True, now=now)
        return
    if order.refund is RefundState.DONE or order.status is OrderStatus.PENDING:
        return
    refunded = order.refunded(DISPUTE_LOST, now=now)
    await tx.orders.save(refunded)
    if order.status is OrderStatus.AWAITING_PAYMENT:
        await tell_refunded(tx, refunded, now=now)


def _tenant(delivery: Delivery) -> TenantId:
    if delivery.tenant_id is None:
        raise ValueError("money is always some organisation's")
    return TenantId(delivery.tenant_id)
