"""Stores a change of refunds with their payment, its audit records, what it books, and the news of it."""

from dataclasses import dataclass
from datetime import datetime

from core.payments.payment import Payment, PaymentStatus
from core.payments.refund import Refund, RefundStatus
from core.payments.refunds_change import RefundsChange
from ports.ids import IdSource
from ports.payments import PaymentTransaction
from ports.published.payments import PaymentRefunded, RefundSettled


@dataclass(frozen=True, slots=True)
class KeepRefunds:
    """Part of other use cases; runs in their transaction, which holds the payment's lock."""

    ids: IdSource

    async def __call__(
        self, tx: PaymentTransaction, change: RefundsChange | None, *, current: Payment, now: datetime
    ) -> Payment:
        """Return the payment as it is from now on; None for the change leaves `current` alone.

        Raises RefundTooLargeError when the store sees more refunded than was received.
        """
        if change is None:
            return current
        payment = change.payment
        for refund in change.refunds:
            if not await tx.refunds.add(refund):
                await tx.refunds.save(refund)
        await tx.payments.save(payment)
        for record in change.records:
            await tx.payments.append(payment.id, record, id=self.ids.new(), at=now)
        for posting in change.postings:
            await tx.ledger.post(payment.id, posting, id=self.ids.new(), at=now)
        for refund in change.settled:
            await tx.outbox.add(_settled(refund, payment), subject=payment.id, at=now)
        if change.whole_first:
            await tx.outbox.add(_refunded(payment), subject=payment.id, at=now)
        return payment


def _settled(refund: Refund, payment: Payment) -> RefundSettled:
    return RefundSettled(
        refund_id=refund.id,
        payment_id=payment.id,
        order_id=payment.order_id,
        amount_minor=refund.amount.amount_minor,
        currency=refund.amount.currency,
        status="succeeded" if refund.status is RefundStatus.SUCCEEDED else "failed",
        reason=refund.reason,
        failure=refund.failure,
        all_refunded=payment.status is PaymentStatus.REFUNDED,
    )


def _refunded(payment: Payment) -> PaymentRefunded:
    received = payment.received
    assert received is not None, "only what was received can have gone back"
    return PaymentRefunded(
        payment_id=payment.id,
        order_id=payment.order_id,
        amount_minor=received.amount_minor,
        currency=received.currency,
        reason=payment.refund_reason or "",
    )
