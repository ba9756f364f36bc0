"""Takes the news that something happened to an intent."""

from dataclasses import dataclass

from core.payments.errors import AmountMismatchError
from core.payments.payment import PaymentStatus
from core.payments.transitions import attach, observe
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions
from usecases.payments.keep_change import KeepChange
from usecases.payments.record_disputes import RecordDisputes
from usecases.payments.record_refunds import RecordRefunds


@dataclass(frozen=True, slots=True)
class RecordPaymentOutcome:
    """For webhooks, once their signature is verified, and for the sweep.

    Only the intent's id is taken from the news. Status and amounts are read from the provider, so that news that come
    late, twice or out of order cannot turn a payment back, and no browser can name an amount.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    keep: KeepChange
    refunds: RecordRefunds
    disputes: RecordDisputes

    async def __call__(
        self, intent_id: str, *, with_refunds: bool = False, with_disputes: bool = False
    ) -> TenantId | None:
        """Return whose payment it is; None for an intent that is not ours, which is left alone.

        Its refunds are read as well where the news is about one, and wherever the intent says that some money went
        back; a refund that failed leaves no other trace than its news. So are its disputes where there are any.

        Raises AmountMismatchError each time it is asked about money of the wrong amount that has not gone back, after
        the audit trail has it: somebody has to see. Raises ForeignIntentError, and what the gateway raises.
        """
        intent = await self.gateway.retrieve_intent(intent_id)
        if intent.tenant_id is None or intent.payment_id is None:
            return None
        now = self.clock.now()
        async with self.transactions.begin(intent.tenant_id) as tx:
            payment = await tx.payments.lock(intent.payment_id)
            if payment is None:
                return None
            if payment.intent_id is None:
                payment = await self.keep(tx, attach(payment, intent, now=now), current=payment, now=now)
            payment = await self.keep(tx, observe(payment, intent, now=now), current=payment, now=now)
        if payment.received is not None and (with_refunds or intent.refunded_minor > 0):
            payment = await self.refunds(payment)
        if payment.received is not None and (with_disputes or intent.disputed):
            await self.disputes(payment)
        if payment.status is PaymentStatus.MISMATCHED:
            raise AmountMismatchError(
                f"Intent {intent.id} took {payment.received} where order {payment.order_id} owes {payment.amount}."
            )
        return payment.tenant_id
