"""Opens a connected account, and the way to what the provider wants to know of its owner."""

from dataclasses import dataclass

from core.payments.accounts import AccountOwner, ConnectedAccount, ask_for_account
from core.payments.errors import AccountGoneError, ProviderRefusedError
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountGateway, OnboardingLink
from usecases.payments.keep_account import keep_account
from usecases.payments.name_account import NameAccount
from usecases.payments.record_account import RecordAccount

_TRIES_MAX = 3
"""How often one call begins anew when the account was lost, or asked for by others, while it was under way."""


@dataclass(frozen=True, slots=True)
class Onboarding:
    """The owner's account, and a fresh link to what the provider wants to know."""

    account_id: str
    link: OnboardingLink


@dataclass(frozen=True, slots=True)
class WaysBack:
    """Where the provider's pages send their visitor: when done, and when the link works no more."""

    return_url: str
    refresh_url: str


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Part of other use cases, which know who may ask. The account is made once, the link is fresh each time.

    That an account is wanted is committed before the provider is asked: whatever dies in between, asking again (or the
    sweep) finds the same account by the same key.
    """

    transactions: PaymentTransactions
    gateway: AccountGateway
    name: NameAccount
    record: RecordAccount
    clock: Clock

    async def __call__(
        self, owner: AccountOwner, *, country: str | None, usual_country: str, email: str | None, back: WaysBack
    ) -> Onboarding:
        """Return the way on; without a country a new account is in the usual one.

        Raises AccountCountryFixedError, ProviderRefusedError for a country that the provider does not serve,
        InvalidInputError for one that there is not, and ProviderUnavailableError.
        """
        for _ in range(_TRIES_MAX):
            account = await self._asked(owner, country, usual_country, email)
            if account.account_id is None:
                account = await self.name(account)
            account_id = account.account_id
            if account_id is None:
                continue
            try:
                link = await self.gateway.link_account(
                    account_id, return_url=back.return_url, refresh_url=back.refresh_url
                )
            except AccountGoneError:
                await self.record(account_id, told_at=None)
                continue
            return Onboarding(account_id, link)
        raise ProviderRefusedError("The account was lost while it was being connected. Try again.")

    async def _asked(
        self, owner: AccountOwner, country: str | None, usual_country: str, email: str | None
    ) -> ConnectedAccount:
        now = self.clock.now()
        async with self.transactions.begin(owner.tenant_id) as tx:
            current = await tx.accounts.lock(owner)
            if current is None:
                wanted = ask_for_account(None, owner=owner, country=country or usual_country, email=email, now=now)
                assert wanted is not None, "an owner without an account is given one"
                if await tx.accounts.add(wanted.account):
                    return wanted.account
                current = await tx.accounts.lock(owner)
                assert current is not None, "the row that was in the way is still there: accounts are never deleted"
            # Who names no country is content with the one that the account is in; a new account is in the usual one.
            open_again = current.refusal is not None or current.deauthorized_at is not None
            wanted = ask_for_account(
                current,
                owner=owner,
                country=country or (usual_country if open_again else current.country),
                email=email,
                now=now,
            )
            return await keep_account(tx, wanted, current=current, now=now)
