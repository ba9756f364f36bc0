"""Agrees with an organisation on a platform fee of its own."""

from dataclasses import dataclass

from core.payments.platform_fee import ConnectTerms, PlatformFee
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.payments import PaymentTransactions


@dataclass(frozen=True, slots=True)
class AgreePlatformFee:
    """For who runs the platform, at the command line; organisations cannot set what they are charged."""

    transactions: PaymentTransactions
    terms: ConnectTerms
    clock: Clock

    async def __call__(self, tenant_id: TenantId, fee: PlatformFee | None) -> PlatformFee:
        """Set the fee of payments that start from now on, None for the usual one; return the one that holds."""
        async with self.transactions.begin(tenant_id) as tx:
            await tx.accounts.agree_platform_fee(fee, at=self.clock.now())
        return fee or self.terms.fee

    async def current(self, tenant_id: TenantId) -> PlatformFee:
        """Return the fee that holds for the organisation."""
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.accounts.platform_fee() or self.terms.fee
