"""Has the provider make the account that a venue or a seller asked for."""

from dataclasses import dataclass

from core.payments.accounts import ConnectedAccount, name_account, refuse_account
from core.payments.errors import ProviderRefusedError
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountGateway, AccountRequest
from usecases.payments.keep_account import keep_account


@dataclass(frozen=True, slots=True)
class NameAccount:
    """Part of other use cases; the asking is committed before. Several at once get one account, by one key."""

    transactions: PaymentTransactions
    gateway: AccountGateway
    clock: Clock

    async def __call__(self, asked: ConnectedAccount) -> ConnectedAccount:
        """Return the account as it is from now on, named by the provider.

        Raises ProviderUnavailableError, and ProviderRefusedError after the refusal was noted: the owner may ask for
        another one then.
        """
        request = AccountRequest(
            key=f"{asked.owner.kind}:{asked.owner.id}:account:{asked.attempt}",
            owner=asked.owner,
            country=asked.country,
            email=asked.email,
        )
        try:
            said = await self.gateway.create_account(request)
        except ProviderRefusedError as refused:
            now = self.clock.now()
            async with self.transactions.begin(asked.tenant_id) as tx:
                current = await tx.accounts.lock(asked.owner)
                assert current is not None, "accounts are never deleted"
                change = refuse_account(current, attempt=asked.attempt, reason=refused.message, now=now)
                await keep_account(tx, change, current=current, now=now)
            raise
        now = self.clock.now()
        async with self.transactions.begin(asked.tenant_id) as tx:
            current = await tx.accounts.lock(asked.owner)
            assert current is not None, "accounts are never deleted"
            change = name_account(current, said, attempt=asked.attempt, now=now)
            return await keep_account(tx, change, current=current, now=now)
