"""Gives a venue its connected account, and its owner the way to the provider's questions."""

from dataclasses import dataclass
from urllib.parse import quote

from core.payments.accounts import AccountOwner
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import VenueId
from ports.published.venues import VenuesApi
from usecases.payments.open_account import Onboarding, OpenAccount, WaysBack
from usecases.payments.venue_of_account import venue_of_account


@dataclass(frozen=True, slots=True)
class ReturnUrls:
    """Where the provider's pages send the owner back to; `base_url` is the API's own address, as seen from outside.

    The addresses name at most the venue, and hold no secret.
    """

    base_url: str

    def of(self, venue_id: VenueId, page: str) -> str:
        """Return the address of `return` or `refresh`."""
        return f"{self.base_url.rstrip('/')}/api/v1/venues/{quote(str(venue_id))}/stripe/{page}"

    def of_seller(self, page: str) -> str:
        """Return the address of `return` or `refresh` for a person who resells."""
        return f"{self.base_url.rstrip('/')}/api/v1/sellers/payout-account/{page}"


@dataclass(frozen=True, slots=True)
class ConnectVenue:
    """Owners and managers. The account is made once, however many ask at the same time; the link is fresh each time."""

    venues: VenuesApi
    open: OpenAccount
    urls: ReturnUrls

    async def __call__(
        self, caller: Caller, venue_id: VenueId, *, country: str | None = None, email: str | None = None
    ) -> Onboarding:
        """Return the way on; `country` is the venue's own unless it is given.

        Raises AccountVenueNotFoundError, AccountCountryFixedError, ProviderRefusedError for a country that the
        provider does not serve, and ProviderUnavailableError.
        """
        caller.must_be_one_of(MANAGERS)
        venue = await venue_of_account(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        return await self.open(
            AccountOwner.venue(caller.tenant_id, venue_id),
            country=country,
            usual_country=venue.country,
            email=email,
            back=WaysBack(self.urls.of(venue_id, "return"), self.urls.of(venue_id, "refresh")),
        )
