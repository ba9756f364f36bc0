"""Takes the news that something happened to a dispute."""

from dataclasses import dataclass

from core.shared.ids import TenantId
from ports.payments import PaymentGateway
from usecases.payments.record_payment_outcome import RecordPaymentOutcome


@dataclass(frozen=True, slots=True)
class RecordDispute:
    """For webhooks, once their signature is verified. Only the dispute's id is taken from the news.

    Its payment is read first: the news of a dispute may be quicker than that of the money that it is about.
    """

    gateway: PaymentGateway
    record: RecordPaymentOutcome

    async def __call__(self, dispute_id: str) -> TenantId | None:
        """Return whose payment it is; None for one that is not ours, which is left alone.

        Raises what RecordPaymentOutcome and the gateway raise.
        """
        seen = await self.gateway.retrieve_dispute(dispute_id)
        if seen.intent_id is None:
            return None
        return await self.record(seen.intent_id, with_disputes=True)
