"""Give the money of a refund back, the way it came."""

from dataclasses import dataclass
from typing import Literal

from core.orders.order import Order
from core.orders.refund_policy import OWED_EVEN_IF_REFUSED
from core.orders.refunds import OrderRefund
from core.orders.statuses import OrderStatus
from core.shared.errors import UnavailableError
from core.shared.ids import TenantId
from ports.published.payments import PaymentsApi
from ports.published.refusals import RefusedError


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """What became of asking for the money; `failure` says why it `failed` or was `refused`.

    A `failed` one is owed all the same, and may succeed yet; a `refused` one is not. `later`: nobody could be asked.
    """

    status: Literal["pending", "succeeded", "failed", "refused", "later"]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class RefundMoney:
    """For the refunds of orders: the one place that knows where an order's money is.

    It is at Stripe, which payments asks, or in the till of the box office, from which staff hand it out; a refund of
    nothing is made at once. Money for a pass that could not be had, or was given back, is owed even if payments refuses
    it (the buyer's bank may have it). May be repeated for the same refund.
    """

    payments: PaymentsApi

    async def __call__(self, tenant_id: TenantId, order: Order, refund: OrderRefund) -> RefundOutcome:
        """Return what became of it; raises nothing that another context says."""
        if refund.amount.amount_minor == 0 or order.sale is not None:
            return RefundOutcome("succeeded")
        try:
            answer = await self.payments.refund(
                tenant_id=tenant_id,
                order_id=refund.order_id,
                refund_id=refund.id,
                amount_minor=None if _claims_what_is_left(order, refund) else refund.amount.amount_minor,
                reason=refund.reason.value,
            )
        except RefusedError as refusal:
            owed = refund.reason in OWED_EVEN_IF_REFUSED
            return RefundOutcome("failed" if owed else "refused", refusal.refusal_code)
        except UnavailableError:
            return RefundOutcome("later")
        failure = answer.failure or "payments.refund_failed"
        return RefundOutcome(answer.status, failure if answer.status == "failed" else "")


def _claims_what_is_left(order: Order, refund: OrderRefund) -> bool:
    """Tell whether a refund that failed on its way is owed as far as there is money: its order has nothing else.

    A part of it may have gone back in Stripe's pages meanwhile. Payments knows the refund, and gives no more than it.
    """
    return refund.accepted_at is not None and order.status is OrderStatus.CANCELLED
