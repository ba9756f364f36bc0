"""Where listings are kept, and the purchases of them."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.resale.market.listed import ListedPass, Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.shared.ids import (
    AccountId,
    ListingId,
    PassId,
    PayoutId,
    ReservationId,
    TenantId,
    TicketId,
    VenueId,
    VerdictId,
)
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class SellersListings:
    """How many live listings a seller has: for one event, and in all."""

    of_event: int
    all: int


@dataclass(frozen=True, slots=True)
class PurchaseEntry:
    """A purchase as it was stored last, and its listing, which may have another buyer by now."""

    purchase: Purchase
    listing: Listing


class ListingOrder(StrEnum):
    """How a list is sorted; of two of one price the older comes first."""

    TIME = "time"
    PRICE = "price"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingQuery:
    """Which listings are wanted, None for all of a kind.

    With `for_sale_at` only those that anybody may buy at that moment, or the account `buyer_id` where it comes first.
    `statuses` are those that are stored: what is over by its time alone counts as it was before.
    """

    ticket_id: TicketId | None = None
    venue_id: VenueId | None = None
    seller_id: AccountId | None = None
    statuses: frozenset[ListingStatus] | None = None
    for_sale_at: datetime | None = None
    buyer_id: AccountId | None = None
    order: ListingOrder = ListingOrder.TIME


class ListingStore(Protocol):
    """The listings of the transaction's tenant; another tenant's are not there.

    Whoever locks several locks them by their ids. A lock lasts until the transaction ends.
    """

    @abstractmethod
    async def add(self, listing: Listing) -> None:
        """Store a new listing.

        Raises AlreadyListedError when the pass has a live one, however many try at once; nothing else may be done in
        the transaction then.
        """

    @abstractmethod
    async def get(self, listing_id: ListingId) -> Listing | None:
        """Return the listing, or None for none."""

    @abstractmethod
    async def locked(self, listing_id: ListingId) -> Listing | None:
        """Return the listing and keep every other transaction from changing it."""

    @abstractmethod
    async def purchase(self, purchase_id: ReservationId) -> PurchaseEntry | None:
        """Return the purchase with its listing, without a lock; None for none."""

    @abstractmethod
    async def locked_purchase(self, purchase_id: ReservationId) -> PurchaseEntry | None:
        """Return the purchase with its listing, which is locked first; None for none."""

    @abstractmethod
    async def live_of_passes(self, pass_ids: Collection[PassId]) -> Sequence[ListingId]:
        """Return the ids of the live listings of these passes, sorted."""

    @abstractmethod
    async def of_payout(self, payout_id: PayoutId) -> ListingId | None:
        """Return the id of the listing whose seller is paid by this payout; None for none."""

    @abstractmethod
    async def resting_on(self, verdict_id: VerdictId, *, party: AccountId) -> Listing | None:
        """Return the listing made by this verdict if the account is its seller or its last buyer; None for none."""

    @abstractmethod
    async def save(self, listing: Listing) -> None:
        """Store a changed listing, and its purchase.

        `listing.version` is the stored version plus one, otherwise StaleVersionError is raised (also for a listing that
        this tenant does not have).
        """

    @abstractmethod
    async def of_seller(self, seller_id: AccountId, subject: ListedPass) -> SellersListings:
        """Count the seller's live listings, for the event of this pass and in all, and let nobody else count them.

        What begins at one venue at one moment is one event. Of two that list for one seller at once, the later sees
        the listing of the earlier.
        """

    @abstractmethod
    async def kept_for(self, buyer_id: AccountId, *, now: datetime) -> int:
        """Count the listings that are RESERVED for the buyer at this moment, and let nobody else count them."""

    @abstractmethod
    async def open_returns(self, ticket_id: TicketId, *, now: datetime, listings_max: int) -> Sequence[ListingId]:
        """Return the ids of the returns of a ticket that are for sale at this moment, whoever comes first, sorted."""

    @abstractmethod
    async def page(self, page: PageRequest, query: ListingQuery) -> Page[Listing]:
        """Return listings in the query's order, after the one that `page.after` names, which has to be there still.

        A listing that is gone from the list meanwhile still marks its place.
        """

    @abstractmethod
    async def count(self, query: ListingQuery) -> int:
        """Return how many listings all pages of the query have at this moment."""


@dataclass(frozen=True, slots=True)
class DueListing:
    """A listing that the sweep has to look at."""

    tenant_id: TenantId
    listing_id: ListingId


class DueListings(Protocol):
    """The sweep's view, across tenants."""

    @abstractmethod
    async def due(self, *, now: datetime, listings_max: int) -> Sequence[DueListing]:
        """Return listings whose time to be looked at has come, the longest due first."""
