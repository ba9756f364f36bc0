"""Refund an order, or a part of it."""

from dataclasses import dataclass

from core.orders.history import Step
from core.orders.order import Order
from core.orders.passing_on import units_passed_on
from core.orders.refund_decisions import Asker, Decision, Elsewhere, RefundWish, decide
from core.orders.refunds import OrderRefund
from core.shared.callers import Caller
from core.shared.ids import OrderId, RefundId
from ports.clock import Clock
from ports.ids import IdSource
from ports.orders import OrderTransaction, OrderTransactions
from usecases.orders.access import locked_order, visible_order
from usecases.orders.finish_refund import FinishRefund


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """Open to the buyer of the order, by its policy, and to those who sell for the organisation.

    Only managers go beyond the policy; who did it and why is kept with the refund. The refund is recorded first, under
    a lock on the order, so that of two that want the same items at once one is recorded and the other refused. Then
    the money is asked for; where a process dies between, the sweep goes on.
    """

    transactions: OrderTransactions
    finish: FinishRefund
    clock: Clock
    ids: IdSource

    async def __call__(self, caller: Caller, order_id: OrderId, wish: RefundWish) -> OrderRefund:
        """Return the refund as it stands: requested, succeeded, or failed with the reason.

        Raises OrderNotFoundError, RefundNotAllowedError, and what `decide` raises.
        """
        asker = Asker.of(caller)
        async with self.transactions.begin(caller.tenant_id) as tx:
            await visible_order(tx, caller, order_id)
            order = await locked_order(tx, order_id)
            now = self.clock.now()
            earlier, elsewhere = await tx.refunds.of_order(order_id), await _elsewhere(tx, order)
            decision = decide(order, wish, earlier=earlier, asker=asker, now=now, elsewhere=elsewhere)
            decision.must_be_allowed()
            refund = OrderRefund(
                id=RefundId(self.ids.new()),
                order_id=order_id,
                items=decision.items,
                amount=decision.amount,
                reason=wish.reason,
                note=wish.note.strip(),
                by=caller.account_id,
                by_staff=asker is not Asker.BUYER,
                explanation=decision.explanation,
                requested_at=now,
                due_at=now,
            )
            await tx.refunds.add(refund)
            await tx.orders.save(order.noted(Step.REFUND_REQUESTED, f"{refund.amount}: {refund.reason.value}", now=now))
        return await self.finish(caller.tenant_id, order_id, refund.id)


@dataclass(frozen=True, slots=True)
class PreviewRefund:
    """Open to whom RequestRefund is open: says what it would come to, and why, and changes nothing."""

    transactions: OrderTransactions
    clock: Clock

    async def __call__(self, caller: Caller, order_id: OrderId, wish: RefundWish) -> Decision:
        """Return the decision; what the policy does not give a buyer has a `refusal`.

        Raises OrderNotFoundError, and what `decide` raises.
        """
        async with self.transactions.begin(caller.tenant_id) as tx:
            order = await visible_order(tx, caller, order_id)
            earlier, elsewhere = await tx.refunds.of_order(order_id), await _elsewhere(tx, order)
        now = self.clock.now()
        return decide(order, wish, earlier=earlier, asker=Asker.of(caller), now=now, elsewhere=elsewhere)


async def _elsewhere(tx: OrderTransaction, order: Order) -> Elsewhere:
    holders = (await tx.passed_on.handed_over(order.id)).items()
    return Elsewhere(
        passed_on=units_passed_on(await tx.passed_on.by_order(order.id)),
        handed_over=frozenset(unit for unit, holder in holders if holder != order.account_id),
    )
