"""What one person has on the market, in every organisation."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from core.shared.ids import AccountId, ListingId, TenantId, TicketId, TransferId


@dataclass(frozen=True, slots=True)
class LiveOffers:
    """Listings that live, transfers on their way from the person and to them, and tickets that they wait for."""

    listings: tuple[tuple[TenantId, ListingId], ...]
    sent: tuple[tuple[TenantId, TransferId], ...]
    received: tuple[tuple[TenantId, TransferId], ...]
    waiting: tuple[tuple[TenantId, TicketId], ...]


class OffersOfPerson(Protocol):
    """Finds what is to be ended when a person goes."""

    @abstractmethod
    async def live(self, account_id: AccountId, *, email: str | None) -> LiveOffers:
        """Return it; `email` is the person's own in lower case, None where they did not prove that."""
