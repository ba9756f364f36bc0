"""Takes the news that something happened to a connected account."""

from dataclasses import dataclass
from datetime import datetime

from core.payments.accounts import ProviderAccount, deauthorize, observe
from core.payments.errors import AccountGoneError, ProviderUnavailableError
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountDirectory, AccountGateway
from usecases.payments.keep_account import keep_account

_TRIES_MAX = 5
"""How often the provider is asked again because somebody else stored the account meanwhile."""


@dataclass(frozen=True, slots=True)
class RecordAccount:
    """For webhooks, once their signature is verified, for the sweep, and for whoever finds an account gone.

    Only the account's id is taken from the news; how it stands is read from the provider. What was read is stored only
    if nobody stored the account since the reading began, so that the slower of two readers cannot turn it back.
    """

    transactions: PaymentTransactions
    directory: AccountDirectory
    gateway: AccountGateway
    clock: Clock

    async def __call__(self, account_id: str, *, told_at: datetime | None) -> TenantId | None:
        """Return whose account it is; None for one that is not ours, which is left alone.

        `told_at` is the provider's time of the news. Raises what the gateway raises, but for AccountGoneError.
        """
        for _ in range(_TRIES_MAX):
            owner = await self.directory.owner(account_id)
            if owner is None:
                return None
            async with self.transactions.begin(owner.tenant_id) as tx:
                before = await tx.accounts.find(owner)
            said = await self._said(account_id)
            now = self.clock.now()
            async with self.transactions.begin(owner.tenant_id) as tx:
                current = await tx.accounts.lock(owner)
                if current is None or before is None or current.version != before.version:
                    continue
                if said is None:
                    change = deauthorize(current, account_id=account_id, told_at=told_at, now=now)
                else:
                    change = observe(current, said, told_at=told_at, now=now)
                await keep_account(tx, change, current=current, now=now)
            return owner.tenant_id
        raise ProviderUnavailableError(f"Account {account_id} was changed {_TRIES_MAX} times while it was being read.")

    async def _said(self, account_id: str) -> ProviderAccount | None:
        try:
            return await self.gateway.retrieve_account(account_id)
        except AccountGoneError:
            return None
