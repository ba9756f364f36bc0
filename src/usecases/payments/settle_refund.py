"""Goes on with a refund wherever it stands."""

from dataclasses import dataclass

from core.payments.errors import ProviderRefusedError, ProviderUnavailableError, RefundTooLargeError
from core.payments.payment import Payment
from core.payments.refund import Refund, RefundStatus
from ports.payments import PaymentTransactions
from usecases.payments.record_refunds import RecordRefunds
from usecases.payments.send_refund import SendRefund


@dataclass(frozen=True, slots=True)
class SettleRefund:
    """Part of other use cases, between their transactions. A failed refund is not tried again here.

    The provider is asked first for the refunds that it has: it forgets the key of a request after a day, and the refund
    may have been made long ago by a process that died before it could note that.
    """

    transactions: PaymentTransactions
    record: RecordRefunds
    send: SendRefund

    async def __call__(self, payment: Payment, refund: Refund) -> Refund:
        """Return the refund as it stands afterwards: unchanged while the provider cannot be asked."""
        if refund.status is not RefundStatus.PENDING:
            return refund
        try:
            await self.record(payment)
        except RefundTooLargeError:
            pass  # this one stands in the way of another: sending it has it refused
        except (ProviderUnavailableError, ProviderRefusedError):
            return refund
        async with self.transactions.begin(refund.tenant_id) as tx:
            present = await tx.refunds.find(refund.id)
        assert present is not None, "refunds are never deleted"
        return await self.send(payment, present)
