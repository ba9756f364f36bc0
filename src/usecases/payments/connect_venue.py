"""Gives a venue its connected account, and its owner the way to the provider's questions."""

from dataclasses import dataclass
from urllib.parse import quote

from core.payments.accounts import ConnectedAccount, ask_for_account
from core.payments.errors import AccountGoneError, ProviderRefusedError
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import TenantId, VenueId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountGateway, OnboardingLink
from ports.published.venues import VenuesApi
from usecases.payments.keep_account import keep_account
from usecases.payments.name_account import NameAccount
from usecases.payments.record_account import RecordAccount
from usecases.payments.venue_of_account import venue_of_account

_TRIES_MAX = 3
"""How often one call begins anew when the account was lost, or asked for by others, while it was under way."""


@dataclass(frozen=True, slots=True)
class ReturnUrls:
    """Where the provider's pages send the owner back to; `base_url` is the API's own address, as seen from outside.

    The addresses name the venue, and hold no secret.
    """

    base_url: str

    def of(self, venue_id: VenueId, page: str) -> str:
        """Return the address of `return` or `refresh`."""
        return f"{self.base_url.rstrip('/')}/api/v1/venues/{quote(str(venue_id))}/stripe/{page}"


@dataclass(frozen=True, slots=True)
class Onboarding:
    """The venue's account, and a fresh link to what the provider wants to know."""

    account_id: str
    link: OnboardingLink


@dataclass(frozen=True, slots=True)
class ConnectVenue:
    """Owners and managers. The account is made once, however many ask at the same time; the link is fresh each time.

    That an account is wanted is committed before the provider is asked: whatever dies in between, asking again (or the
    sweep) finds the same account by the same key.
    """

    transactions: PaymentTransactions
    gateway: AccountGateway
    venues: VenuesApi
    name: NameAccount
    record: RecordAccount
    urls: ReturnUrls
    clock: Clock

    async def __call__(
        self, caller: Caller, venue_id: VenueId, *, country: str | None = None, email: str | None = None
    ) -> Onboarding:
        """Return the way on; `country` is the venue's own unless it is given.

        Raises AccountVenueNotFoundError, AccountCountryFixedError, ProviderRefusedError for a country that the
        provider does not serve, and ProviderUnavailableError.
        """
        caller.must_be_one_of(MANAGERS)
        venue = await venue_of_account(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        for _ in range(_TRIES_MAX):
            account = await self._asked(caller.tenant_id, venue_id, country, venue.country, email)
            if account.account_id is None:
                account = await self.name(account)
            account_id = account.account_id
            if account_id is None:
                continue
            try:
                return Onboarding(account_id, await self._link(account_id, venue_id))
            except AccountGoneError:
                await self.record(account_id, told_at=None)
        raise ProviderRefusedError("The venue's account was lost while it was being connected. Try again.")

    async def _link(self, account_id: str, venue_id: VenueId) -> OnboardingLink:
        return await self.gateway.link_account(
            account_id, return_url=self.urls.of(venue_id, "return"), refresh_url=self.urls.of(venue_id, "refresh")
        )

    async def _asked(
        self, tenant_id: TenantId, venue_id: VenueId, country: str | None, of_venue: str, email: str | None
    ) -> ConnectedAccount:
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            current = await tx.accounts.lock(venue_id)
            if current is None:
                wanted = ask_for_account(
                    None, tenant_id=tenant_id, venue_id=venue_id, country=country or of_venue, email=email, now=now
                )
                assert wanted is not None, "a venue without an account is given one"
                if await tx.accounts.add(wanted.account):
                    return wanted.account
                current = await tx.accounts.lock(venue_id)
                assert current is not None, "the row that was in the way is still there: accounts are never deleted"
            # Who names no country is content with the one that the account is in; a new account is in the venue's.
            open_again = current.refusal is not None or current.deauthorized_at is not None
            wanted = ask_for_account(
                current,
                tenant_id=tenant_id,
                venue_id=venue_id,
                country=country or (of_venue if open_again else current.country),
                email=email,
                now=now,
            )
            return await keep_account(tx, wanted, current=current, now=now)
