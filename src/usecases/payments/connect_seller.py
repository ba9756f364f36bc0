"""Gives a person who resells an account to be paid to, and shows how it stands."""

from dataclasses import dataclass

from core.payments.accounts import AccountOwner, ConnectedAccount
from core.payments.errors import PayoutAccountsOffError
from core.payments.platform_fee import ConnectTerms
from core.shared.callers import Caller
from core.shared.errors import DomainError, ForbiddenError, UnavailableError
from ports.clock import Clock
from ports.payments import PaymentTransactions
from usecases.payments.connect_venue import ReturnUrls
from usecases.payments.open_account import Onboarding, OpenAccount, WaysBack
from usecases.payments.read_account import ASK_AFTER
from usecases.payments.record_account import RecordAccount


@dataclass(frozen=True, slots=True)
class ConnectSeller:
    """Any signed-in person but a guest, for themselves.

    The account is made once in an organisation, however often this is asked; the link is fresh each time.
    """

    open: OpenAccount
    urls: ReturnUrls
    terms: ConnectTerms

    async def __call__(self, caller: Caller, *, country: str) -> Onboarding:
        """Return the way on; `country` (ISO 3166-1 alpha-2) is where the seller is at home.

        Raises ForbiddenError for a guest, PayoutAccountsOffError, AccountCountryFixedError, ProviderRefusedError for a
        country that the provider does not serve, InvalidInputError for one that there is not, and
        ProviderUnavailableError.
        """
        if caller.guest:
            raise ForbiddenError("Sign up to be paid out; guests have no account.")
        if not self.terms.required:
            raise PayoutAccountsOffError
        return await self.open(
            AccountOwner.seller(caller.tenant_id, caller.account_id),
            country=country,
            usual_country=country,
            email=None,
            back=WaysBack(self.urls.of_seller("return"), self.urls.of_seller("refresh")),
        )


@dataclass(frozen=True, slots=True)
class ReadSellerAccount:
    """Any signed-in person, their own account, as the provider's last news left it.

    Whoever comes from the provider's pages looks before its news arrive, so that an account to which nothing can be
    sent is read anew then; while the provider is away it is shown as it was.
    """

    transactions: PaymentTransactions
    record: RecordAccount
    clock: Clock

    async def __call__(self, caller: Caller) -> ConnectedAccount | None:
        """Return the account; None for a person who never asked for one."""
        account = await self._found(caller)
        if account is None or account.account_id is None or account.receives is not None:
            return account
        if account.deauthorized_at is not None or self.clock.now() - account.updated_at < ASK_AFTER:
            return account
        try:
            await self.record(account.account_id, told_at=None)
        except (DomainError, UnavailableError):
            return account
        return await self._found(caller)

    async def _found(self, caller: Caller) -> ConnectedAccount | None:
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.accounts.find(AccountOwner.seller(caller.tenant_id, caller.account_id))
