"""Takes over what the provider knows of a payment's refunds."""

from dataclasses import dataclass

from core.payments.payment import Payment
from core.payments.refund import RefundsSeen
from core.payments.refunds_seen import see_refunds
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions
from usecases.payments.keep_refunds import KeepRefunds


@dataclass(frozen=True, slots=True)
class RecordRefunds:
    """Part of other use cases, between their transactions.

    All refunds are read, ours and those made in the provider's own pages, and amounts are always the provider's. So it
    does not matter which news came, how often, or in what order.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    keep: KeepRefunds

    async def __call__(self, payment: Payment) -> Payment:
        """Return the payment as it stands afterwards.

        Raises RefundTooLargeError while a refund that the provider is going to refuse stands in the way of one that it
        made, and what the gateway raises.
        """
        return await self.book(payment, await self.gateway.refunds(payment))

    async def book(self, payment: Payment, seen: RefundsSeen) -> Payment:
        """Take over refunds that were read just now; raises RefundTooLargeError."""
        now = self.clock.now()
        async with self.transactions.begin(payment.tenant_id) as tx:
            current = await tx.payments.lock(payment.id)
            assert current is not None, "payments are never deleted"
            change = see_refunds(
                current,
                await tx.refunds.of_payment(payment.id),
                seen,
                booked=await tx.ledger.of_payment(payment.id),
                now=now,
            )
            return await self.keep(tx, change, current=current, now=now)
