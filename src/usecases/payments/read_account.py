"""Shows how a venue's connected account stands."""

from dataclasses import dataclass
from datetime import timedelta

from core.payments.accounts import AccountOwner, ConnectedAccount
from core.shared.callers import MANAGERS, Caller
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import TenantId, VenueId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountGateway, PayoutPage
from ports.published.venues import VenuesApi
from usecases.payments.record_account import RecordAccount
from usecases.payments.venue_of_account import venue_of_account

ASK_AFTER = timedelta(seconds=5)
"""An account that may not charge yet is asked about when somebody looks at it, but not more often than this."""


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """Owners and managers: the account as the provider's last news left it, and its payouts as of this moment.

    Whoever comes from the provider's pages looks before its news arrive, so that an account that cannot charge is read
    anew then; while the provider is away it is shown as it was.
    """

    transactions: PaymentTransactions
    gateway: AccountGateway
    venues: VenuesApi
    record: RecordAccount
    clock: Clock

    async def __call__(self, caller: Caller, venue_id: VenueId) -> ConnectedAccount | None:
        """Return the account, None when the venue was never connected; raises AccountVenueNotFoundError."""
        caller.must_be_one_of(MANAGERS)
        await venue_of_account(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        account = await self._found(caller.tenant_id, venue_id)
        if account is None or account.account_id is None or account.charges_enabled:
            return account
        if account.deauthorized_at is not None or self.clock.now() - account.updated_at < ASK_AFTER:
            return account
        try:
            await self.record(account.account_id, told_at=None)
        except (DomainError, UnavailableError):
            return account
        return await self._found(caller.tenant_id, venue_id)

    async def _found(self, tenant_id: TenantId, venue_id: VenueId) -> ConnectedAccount | None:
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.accounts.find(AccountOwner.venue(tenant_id, venue_id))

    async def payouts(self, caller: Caller, venue_id: VenueId, *, limit: int, after: str | None) -> PayoutPage:
        """Return a page of payouts, the newest first; a venue without an account has none.

        Raises AccountVenueNotFoundError, AccountGoneError, ProviderRefusedError and ProviderUnavailableError.
        """
        caller.must_be_one_of(MANAGERS)
        await venue_of_account(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        account = await self._found(caller.tenant_id, venue_id)
        if account is None or account.account_id is None:
            return PayoutPage((), None)
        return await self.gateway.list_payouts(account.account_id, limit=limit, after=after)
