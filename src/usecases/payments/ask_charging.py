"""Tells another context whether a venue can take payments."""

from dataclasses import dataclass

from core.payments.accounts import AccountOwner, ConnectedAccount
from core.shared.ids import TenantId, VenueId
from ports.payments import PaymentTransactions


@dataclass(frozen=True, slots=True)
class AskCharging:
    """For the other contexts of the tenant."""

    transactions: PaymentTransactions

    async def __call__(self, tenant_id: TenantId, venue_id: VenueId) -> ConnectedAccount | None:
        """Return the venue's account; None when it was never connected."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.accounts.find(AccountOwner.venue(tenant_id, venue_id))
