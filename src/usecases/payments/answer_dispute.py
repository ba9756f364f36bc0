"""Answers a dispute at the provider."""

from dataclasses import dataclass

from core.payments.dispute import Dispute, answered
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import DisputeId
from ports.clock import Clock
from ports.ids import IdSource
from ports.payments import PaymentGateway, PaymentTransactions
from usecases.payments.read_disputes import ReadDisputes
from usecases.payments.record_disputes import RecordDisputes


@dataclass(frozen=True, slots=True)
class AnswerDispute:
    """Open to owners and managers. What was handed in, and by whom, is in the audit trail, but for the text itself.

    Repeating it with the same text hands nothing in twice.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    disputes: ReadDisputes
    record: RecordDisputes
    clock: Clock
    ids: IdSource

    async def __call__(self, caller: Caller, dispute_id: DisputeId, text: str, *, submit: bool) -> Dispute:
        """Send the text as evidence; it is kept there as a draft unless it is to be submitted, which can be done once.

        Returns the dispute as it stands afterwards. Raises ForbiddenError, DisputeNotFoundError, DisputeOverError, and
        what the gateway raises.
        """
        caller.must_be_one_of(MANAGERS)
        dispute = await self.disputes.one(caller, dispute_id)
        record = answered(dispute, text, submit=submit, by=caller.account_id)
        await self.gateway.answer_dispute(dispute.provider_id, text, submit=submit)
        async with self.transactions.begin(caller.tenant_id) as tx:
            payment = await tx.payments.lock(dispute.payment_id)
            assert payment is not None, "payments are never deleted"
            await tx.payments.append(payment.id, record, id=self.ids.new(), at=self.clock.now())
        await self.record(payment)
        return await self.disputes.one(caller, dispute_id)
