"""Asks the provider about connected accounts of which nothing was heard for too long."""

from dataclasses import dataclass, replace
from datetime import timedelta

from core.payments.accounts import NAME_AFTER_S, AccountOwner, ConnectedAccount
from core.shared.errors import DomainError
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountDirectory
from usecases.payments.name_account import NameAccount
from usecases.payments.record_account import RecordAccount

_ACCOUNTS_MAX = 50
"""How many accounts one round looks at."""


@dataclass(frozen=True, slots=True)
class ReconcileAccounts:
    """For the worker. Heals lost webhooks, and accounts whose asking was cut off.

    Each account is put off before it is looked at, so that one that always fails does not hold the others up.
    """

    directory: AccountDirectory
    transactions: PaymentTransactions
    name: NameAccount
    record: RecordAccount
    clock: Clock

    async def __call__(self) -> int:
        """Return how many accounts were looked at; raises ProviderUnavailableError when nobody answers."""
        done = 0
        for owner in await self.directory.due(now=self.clock.now(), accounts_max=_ACCOUNTS_MAX):
            account = await self._put_off(owner)
            if account is not None:
                done += await self._look(account)
        return done

    async def _put_off(self, owner: AccountOwner) -> ConnectedAccount | None:
        now = self.clock.now()
        async with self.transactions.begin(owner.tenant_id) as tx:
            account = await tx.accounts.lock(owner)
            if account is None or account.check_at is None or account.check_at > now:
                return None
            account = replace(account, check_at=now + timedelta(seconds=NAME_AFTER_S))
            await tx.accounts.save(account)
        return account

    async def _look(self, account: ConnectedAccount) -> bool:
        try:
            if account.account_id is None:
                await self.name(account)
            else:
                await self.record(account.account_id, told_at=None)
        except DomainError:
            return False
        return True
