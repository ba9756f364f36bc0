"""Builders for tests of payments."""

from datetime import datetime
from uuid import UUID, uuid4

from core.payments.payment import Payment, PaymentMethod
from core.payments.refund import Refund, RefundStatus
from core.payments.transitions import open_payment
from core.shared.ids import AccountId, OrderId, PaymentId, RefundId, TenantId
from core.shared.money import Money


def a_payment(
    *,
    now: datetime,
    payment_id: UUID | None = None,
    tenant_id: UUID | None = None,
    order_id: UUID | None = None,
    method: PaymentMethod = PaymentMethod.CARD,
) -> Payment:
    """Return a new payment of 75.00 EUR; ids that are not given are random."""
    return open_payment(
        payment_id=PaymentId(payment_id or uuid4()),
        tenant_id=TenantId(tenant_id or uuid4()),
        order_id=OrderId(order_id or uuid4()),
        account_id=AccountId(uuid4()),
        method=method,
        amount=Money(7500, "EUR"),
        description="Derby, 1 seat",
        now=now,
    ).payment


def a_refund(payment: Payment, amount_minor: int, *, now: datetime, refund_id: UUID | None = None) -> Refund:
    """Return a new refund of a payment, which has received money; the id is random unless it is given."""
    return Refund(
        id=RefundId(refund_id or uuid4()),
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        amount=Money(amount_minor, "EUR"),
        reason="no seats",
        status=RefundStatus.PENDING,
        provider_id=None,
        failure=None,
        attempt=1,
        booked=False,
        check_at=now,
        created_at=now,
        updated_at=now,
    )
