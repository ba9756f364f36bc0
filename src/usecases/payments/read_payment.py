"""Reads one payment."""

from dataclasses import dataclass

from core.payments.errors import PaymentNotFoundError
from core.payments.payment import Payment
from core.shared.callers import SELLERS, Caller
from core.shared.ids import PaymentId
from ports.payments import PaymentTransactions


@dataclass(frozen=True, slots=True)
class ReadPayment:
    """Open to whoever pays, and to staff who sell. Another person's payment is as absent as another tenant's."""

    transactions: PaymentTransactions

    async def __call__(self, caller: Caller, payment_id: PaymentId) -> Payment:
        """Return the payment; raises PaymentNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            payment = await tx.payments.find(payment_id)
        if payment is None or (payment.account_id != caller.account_id and caller.role not in SELLERS):
            raise PaymentNotFoundError(f"There is no payment {payment_id}.")
        return payment
