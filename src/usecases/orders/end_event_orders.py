"""End the orders for an event that is cancelled."""

from dataclasses import dataclass

from core.orders.errors import (
    OrderAlreadyPaidError,
    OrderDisputedError,
    OrderEndedError,
    PaymentProcessingError,
    TooManyRefundsError,
)
from core.orders.event_ends import EventEnd, decide_end, units_to_end
from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import units_passed_on
from core.orders.refund_policy import RefundReason
from core.orders.refunds import OrderRefund, RefundStatus
from core.orders.statuses import OrderStatus
from core.shared.callers import Caller, Role
from core.shared.errors import StaleVersionError, UnavailableError
from core.shared.ids import OrderId, RefundId, TenantId
from ports.clock import Clock
from ports.orders import OrderTransaction, OrderTransactions
from ports.paging import Page, PageRequest
from ports.published.event_orders import EndedOrder
from usecases.orders.access import locked_order, present_order
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.finish_refund import FinishRefund
from usecases.orders.settle_payment import SettlePayment

_TRIES_MAX = 3
_NOTHING = EndedOrder(outcome="nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOfEvent:
    """An order for an event: how many admissions of it are left, what would go back now, and what is in the way.

    `obstacle` is the code of why nothing goes back by itself, None where nothing is in the way.
    """

    order: Order
    admissions: int
    due_minor: int
    gone_minor: int
    obstacle: str | None
    refunds: tuple[OrderRefund, ...]


@dataclass(frozen=True, slots=True)
class ReadEventOrders:
    """For the operation that cancels an event, which only owners and managers begin."""

    transactions: OrderTransactions
    clock: Clock

    async def __call__(self, tenant_id: TenantId, end: EventEnd, page: PageRequest) -> Page[StandingOfEvent]:
        """Return the orders for the event by id, whatever became of them; changes nothing."""
        async with self.transactions.begin(tenant_id) as tx:
            orders = await tx.orders.page_of_tickets(page, end.ticket_ids)
            standing = [await self._standing(tx, order, end) for order in orders.items]
        return Page(tuple(standing), orders.next_after)

    async def _standing(self, tx: OrderTransaction, order: Order, end: EventEnd) -> StandingOfEvent:
        earlier = await tx.refunds.of_order(order.id)
        passed_on = units_passed_on(await tx.passed_on.by_order(order.id))
        assert order.content is not None, "only what was reserved has tickets"
        wanted = units_to_end(order.content, end, earlier=earlier, passed_on=passed_on)
        left, due_minor, obstacle = sum(each.quantity or 0 for each in wanted), 0, None
        if order.status is OrderStatus.CONFIRMED and wanted:
            now = self.clock.now()
            try:
                decision = decide_end(order, wanted, end, earlier=earlier, passed_on=passed_on, now=now)
            except (OrderDisputedError, TooManyRefundsError) as error:
                obstacle = error.code
            else:
                due_minor = decision.amount.amount_minor
        return StandingOfEvent(
            order=order,
            admissions=left if order.status is OrderStatus.CONFIRMED else 0,
            due_minor=due_minor,
            gone_minor=sum(
                each.amount.amount_minor for each in earlier if each.counts and each.status is not RefundStatus.FAILED
            ),
            obstacle=obstacle,
            refunds=tuple(end.refunds_of(order.id, earlier)),
        )


@dataclass(frozen=True, slots=True)
class EndEventOrder:
    """For the operation that cancels an event, and for what is sold although it was cancelled.

    An order that is not paid is cancelled as CancelOrder does it: at Stripe first. Of one that is sold all that it has
    left of the event is refunded, whole: what was resold is refunded to whoever bought it, and what was given to a
    person to whoever paid for it. The refund is recorded under a lock on the order, so that nothing goes back twice.
    """

    transactions: OrderTransactions
    cancel: CancelOrder
    settle: SettlePayment
    finish: FinishRefund
    clock: Clock

    async def __call__(self, tenant_id: TenantId, order_id: OrderId, end: EventEnd) -> EndedOrder:
        """Return what became of it; raises OrderNotFoundError and StaleVersionError."""
        for _ in range(_TRIES_MAX):
            try:
                unpaid = await self._unpaid(tenant_id, order_id, end)
                return unpaid if unpaid is not None else await self._refunded(tenant_id, order_id, end)
            except StaleVersionError:
                continue
        raise StaleVersionError("The order is being changed by others; try again.")

    async def _unpaid(self, tenant_id: TenantId, order_id: OrderId, end: EventEnd) -> EndedOrder | None:
        """Cancel the order if it is not paid; None for one that is sold by now, or whose time is over."""
        order = await present_order(self.transactions, tenant_id, order_id)
        if order.status is not OrderStatus.AWAITING_PAYMENT:
            return None
        try:
            if order.is_uncharged:
                await self.settle(tenant_id, order_id)
                return None
            await self.cancel(Caller(end.by, tenant_id, Role.MANAGER), order_id)
        except (OrderAlreadyPaidError, OrderEndedError):
            return None
        except (PaymentProcessingError, UnavailableError):
            return EndedOrder(outcome="processing")
        return EndedOrder(outcome="cancelled")

    async def _refunded(self, tenant_id: TenantId, order_id: OrderId, end: EventEnd) -> EndedOrder:
        async with self.transactions.begin(tenant_id) as tx:
            refund_id = await self._recorded(tx, order_id, end)
        if isinstance(refund_id, EndedOrder):
            return refund_id
        refund = await self.finish(tenant_id, order_id, refund_id)
        match refund.status:
            case RefundStatus.SUCCEEDED:
                return EndedOrder(outcome="refunded")
            case RefundStatus.REQUESTED:
                return EndedOrder(outcome="pending")
            case RefundStatus.FAILED | RefundStatus.REFUSED:
                return EndedOrder(outcome="failed", failure=refund.failure)

    async def _recorded(self, tx: OrderTransaction, order_id: OrderId, end: EventEnd) -> RefundId | EndedOrder:
        """Return the refund that is to be finished, made now or before; or why there is none."""
        order = await locked_order(tx, order_id)
        earlier = await tx.refunds.of_order(order_id)
        made = end.refunds_of(order_id, earlier)
        if order.status is not OrderStatus.CONFIRMED or order.content is None:
            return made[-1].id if made else _NOTHING
        passed_on = units_passed_on(await tx.passed_on.by_order(order_id))
        wanted = units_to_end(order.content, end, earlier=earlier, passed_on=passed_on)
        if not wanted:
            return made[-1].id if made else _NOTHING
        now = self.clock.now()
        try:
            decision = decide_end(order, wanted, end, earlier=earlier, passed_on=passed_on, now=now)
        except OrderDisputedError as error:
            return EndedOrder(outcome="disputed", failure=error.code)
        except TooManyRefundsError as error:
            return EndedOrder(outcome="failed", failure=error.code)
        refund = OrderRefund(
            id=end.next_refund_id(order_id, earlier),
            order_id=order_id,
            items=decision.items,
            amount=decision.amount,
            reason=RefundReason.EVENT_CANCELLED,
            note=end.reason,
            by=end.by,
            by_staff=True,
            explanation=decision.explanation,
            requested_at=now,
            due_at=now,
        )
        await tx.refunds.add(refund)
        await tx.orders.save(order.noted(Step.REFUND_REQUESTED, f"{refund.amount}: {refund.reason.value}", now=now))
        return refund.id
