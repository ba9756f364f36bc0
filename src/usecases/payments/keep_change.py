"""Stores a change of a payment together with its audit records, what it books, and the news of it."""

from dataclasses import dataclass
from datetime import datetime

from core.payments.payment import Payment
from core.payments.record import PaymentRecord, RecordKind
from core.payments.transitions import Change
from ports.events import Event
from ports.ids import IdSource
from ports.payments import PaymentTransaction
from ports.published.payments import PaymentFailed, PaymentSucceeded


@dataclass(frozen=True, slots=True)
class KeepChange:
    """Part of other use cases; runs in their transaction."""

    ids: IdSource

    async def __call__(
        self, tx: PaymentTransaction, change: Change | None, *, current: Payment, now: datetime
    ) -> Payment:
        """Return the payment as it is from now on; None for the change leaves `current` alone."""
        if change is None:
            return current
        await tx.payments.save(change.payment)
        for record in change.records:
            await tx.payments.append(current.id, record, id=self.ids.new(), at=now)
            event = _news(change.payment, record, now=now)
            if event is not None:
                await tx.outbox.add(event, subject=current.id, at=now)
        for posting in change.postings:
            await tx.ledger.post(current.id, posting, id=self.ids.new(), at=now)
        return change.payment


def _news(payment: Payment, record: PaymentRecord, *, now: datetime) -> Event | None:
    """Return what the other contexts hear of a record. Money of the wrong amount confirms nothing, so it is no news."""
    if record.kind is RecordKind.SUCCEEDED:
        return PaymentSucceeded(
            payment_id=payment.id,
            order_id=payment.order_id,
            amount_minor=record.movement_minor,
            currency=record.currency,
            succeeded_at=now,
        )
    if record.kind is RecordKind.FAILED:
        decline_code = record.detail.get("decline_code")
        return PaymentFailed(
            payment_id=payment.id,
            order_id=payment.order_id,
            decline_code=decline_code if isinstance(decline_code, str) else None,
        )
    return None
