"""Has the provider make a refund that is noted."""

from contextlib import suppress
from dataclasses import dataclass

from core.payments.errors import (
    PaymentDeclinedError,
    PaymentDisputedError,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundTooLargeError,
)
from core.payments.payment import Payment
from core.payments.refund import Refund, RefundsSeen, RefundStatus
from core.payments.refunding import refuse_refund
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions
from usecases.payments.keep_refunds import KeepRefunds
from usecases.payments.record_refunds import RecordRefunds


@dataclass(frozen=True, slots=True)
class SendRefund:
    """Part of other use cases, between their transactions. Sending the same attempt again makes no second refund."""

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    keep: KeepRefunds
    record: RecordRefunds

    async def __call__(self, payment: Payment, refund: Refund) -> Refund:
        """Return the refund as it stands afterwards: pending too while the provider cannot be asked."""
        if refund.status is not RefundStatus.PENDING or refund.provider_id is not None:
            return refund
        try:
            made = await self.gateway.refund(payment, refund)
            await self.record.book(payment, RefundsSeen((made,)))
            if payment.destination is not None:
                await self.record(payment)  # what became of the application fee stands elsewhere
        except (ProviderUnavailableError, RefundTooLargeError):
            pass  # the sweep goes on with it, and the news of the refund that stands in the way come again
        except PaymentDisputedError as refusal:
            await self._refused(payment, refund, refusal.code)  # others tell it from what people have to see to
        except (ProviderRefusedError, PaymentDeclinedError) as refusal:
            await self._refused(payment, refund, refusal.message)
        return await self._present(refund)

    async def _refused(self, payment: Payment, refund: Refund, failure: str) -> None:
        now = self.clock.now()
        async with self.transactions.begin(payment.tenant_id) as tx:
            current = await tx.payments.lock(payment.id)
            present = await tx.refunds.find(refund.id)
            assert current is not None and present is not None, "neither is ever deleted"
            change = refuse_refund(current, present, attempt=refund.attempt, failure=failure, now=now)
            await self.keep(tx, change, current=current, now=now)
        if not refund.all_left:
            return
        # What was in its way at the provider can be booked now, and the next try is of what is left then.
        with suppress(ProviderUnavailableError, ProviderRefusedError, RefundTooLargeError):
            await self.record(payment)

    async def _present(self, refund: Refund) -> Refund:
        async with self.transactions.begin(refund.tenant_id) as tx:
            present = await tx.refunds.find(refund.id)
        assert present is not None, "refunds are never deleted"
        return present
