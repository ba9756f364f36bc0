"""Takes over what the provider knows of the transfers of a payment."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.payments.paying_out import Destinations, stand
from core.payments.payout import ProviderTransfer
from core.payments.transfers_seen import see_transfers
from core.shared.ids import PaymentId, TenantId
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransactions
from usecases.payments.keep_payout import KeepPayout


@dataclass(frozen=True, slots=True)
class RecordTransfers:
    """For webhooks, once their signature is verified, and part of other use cases between their transactions.

    Only the transfer's id is taken from the news. All transfers of the order are read, with what came back of them, so
    that it does not matter which news came, how often, or in what order.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    keep: KeepPayout

    async def __call__(self, transfer_id: str) -> TenantId | None:
        """Return whose payout it is of; None for one that is not ours. Raises what the gateway raises."""
        found = await self.gateway.retrieve_transfer(transfer_id)
        if found.tenant_id is None or found.payment_id is None or found.payout_id is None:
            return None
        return found.tenant_id if await self.of_payment(found.tenant_id, found.payment_id) else None

    async def of_payment(self, tenant_id: TenantId, payment_id: PaymentId) -> bool:
        """Read the transfers of a payment and take them over; False when there is no such payment."""
        async with self.transactions.begin(tenant_id) as tx:
            payment = await tx.payments.find(payment_id)
        if payment is None:
            return False
        await self.book(tenant_id, payment_id, await self.gateway.transfers(payment))
        return True

    async def book(self, tenant_id: TenantId, payment_id: PaymentId, seen: Sequence[ProviderTransfer]) -> None:
        """Take over transfers that were read, or made, just now."""
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            await tx.payments.lock(payment_id)
            for payout in await tx.payouts.of_payment(payment_id):
                booked = await tx.ledger.of_payment(payment_id)
                change = see_transfers(payout, seen, booked=booked, now=now)
                current = await self.keep(tx, change, current=payout, now=now)
                # What is not sent yet may still be: whoever sends it says how it stands.
                if change is not None and all(current.transfer_of(leg) for leg in current.legs):
                    await self.keep(tx, stand(current, Destinations(None, None), now=now), current=current, now=now)
