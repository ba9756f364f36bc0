"""Takes over what the provider knows of a payment's disputes."""

from dataclasses import dataclass

from core.payments.dispute import DisputeNews, DisputesChange, DisputeState, see_disputes
from core.payments.payment import Payment
from ports.clock import Clock
from ports.events import Event
from ports.ids import IdSource
from ports.payments import PaymentGateway, PaymentTransaction, PaymentTransactions
from ports.published.payments import DisputeClosed, DisputeOpened
from usecases.payments.record_refunds import RecordRefunds


@dataclass(frozen=True, slots=True)
class RecordDisputes:
    """Part of other use cases, between their transactions.

    All disputes of the payment are read, with what they moved in the provider's balance. So it does not matter which
    news came, how often, or in what order. Where some money went back its refunds are read before: one that failed
    since, of which nothing was heard, left us the very money that the bank takes.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    ids: IdSource
    refunds: RecordRefunds

    async def __call__(self, payment: Payment) -> None:
        """Store, book and tell what is new; raises what the gateway and RecordRefunds raise."""
        if payment.refunded_minor > 0:
            payment = await self.refunds(payment)
        seen = await self.gateway.disputes_of(payment)
        now = self.clock.now()
        async with self.transactions.begin(payment.tenant_id) as tx:
            current = await tx.payments.lock(payment.id)
            assert current is not None, "payments are never deleted"
            change = see_disputes(
                current,
                await tx.disputes.of_payment(payment.id),
                seen,
                booked=await tx.ledger.of_payment(payment.id),
                now=now,
            )
            if change is not None:
                await self._keep(tx, current, change)

    async def _keep(self, tx: PaymentTransaction, payment: Payment, change: DisputesChange) -> None:
        now = self.clock.now()
        for dispute in change.disputes:
            await tx.disputes.put(dispute)
        for record in change.records:
            await tx.payments.append(payment.id, record, id=self.ids.new(), at=now)
        for posting in change.postings:
            await tx.ledger.post(payment.id, posting, id=self.ids.new(), at=now)
        if payment.escrow and change.news:
            await tx.payouts.wake(payment.id, at=now)  # what waited for the bank goes on
        for news in change.news:
            await tx.outbox.add(_told(news), subject=payment.id, at=now)


def _told(news: DisputeNews) -> Event:
    dispute = news.dispute
    if news.outcome is None:
        return DisputeOpened(
            dispute_id=dispute.id,
            payment_id=dispute.payment_id,
            order_id=dispute.order_id,
            amount_minor=dispute.amount.amount_minor,
            currency=dispute.amount.currency,
            reason=dispute.reason,
            version=dispute.version,
        )
    return DisputeClosed(
        dispute_id=dispute.id,
        payment_id=dispute.payment_id,
        order_id=dispute.order_id,
        amount_minor=dispute.amount.amount_minor,
        currency=dispute.amount.currency,
        reason=dispute.reason,
        outcome="won" if news.outcome is DisputeState.WON else "lost",
        version=dispute.version,
    )
