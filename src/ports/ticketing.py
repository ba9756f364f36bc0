"""What ticketing needs: a place to keep tickets, and the ledger of general admission.

Ticketing publishes no events of its own. Its datastore, MongoDB, writes no outbox with a ticket, and an event that
is not stored with its change may be lost; whoever needs a ticket asks `ports.published.ticketing.TicketingApi` instead.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.shared.ids import ReservationId, TenantId, TicketId, VenueId
from core.ticketing.charging import VenueCharging
from core.ticketing.general_admission import PlacesChange
from core.ticketing.places import PlacesRequest, PlacesReservation, Stock
from core.ticketing.ticket import Ticket
from ports.paging import Page, PageRequest


class TicketStore(Protocol):
    """The tickets of every organisation. Each method works in one tenant and can touch no other's.

    There are no transactions: each method is one atomic step. All raise StoreUnavailableError when the store cannot be
    reached.
    """

    @abstractmethod
    async def add(self, tenant_id: TenantId, ticket: Ticket) -> None:
        """Keep a new ticket; its id must be new."""

    @abstractmethod
    async def get(self, tenant_id: TenantId, ticket_id: TicketId) -> Ticket | None:
        """Return the ticket, or None when the tenant has none of this id."""

    @abstractmethod
    async def page(self, tenant_id: TenantId, request: PageRequest, *, published_only: bool) -> Page[Ticket]:
        """Return one page of the tenant's tickets by id, which is the order they were made in."""

    @abstractmethod
    async def save(self, tenant_id: TenantId, ticket: Ticket, *, expected_version: int) -> None:
        """Replace the ticket where its stored version is `expected_version`.

        Raises StaleVersionError when the version is another, or the tenant has no such ticket (any more): of two that
        save over the same version, exactly one succeeds. Raises QuotaBelowTakenError when more than the new quota is
        reserved and sold at this very moment.
        """


class ChargingStore(Protocol):
    """What payments said of the venues of every organisation. Each method works in one tenant, and is one atomic step.

    Both raise StoreUnavailableError when the store cannot be reached.
    """

    @abstractmethod
    async def note(self, tenant_id: TenantId, charging: VenueCharging) -> bool:
        """Keep what was said where it is newer than what is known; False, and nothing kept, where it is not."""

    @abstractmethod
    async def of(self, tenant_id: TenantId, venue_id: VenueId) -> VenueCharging | None:
        """Return the newest that was said of the venue; None when nothing was."""


type PlacesRule = Callable[[PlacesReservation], PlacesChange]
"""One of `core.ticketing.general_admission`: pure, since it may be asked more than once before its answer is kept."""


class PlacesLedger(Protocol):
    """Who holds, reserved and bought places of general admission: the one authority on it.

    Whatever the callers do at once, and whenever one of them dies: `reserved + sold` never exceeds the quota, the two
    are what the entries say, and a command is carried out once or not at all. Each method works in one tenant and can
    touch no other's. All raise StoreUnavailableError when the store cannot be reached, or is too busy with this
    account: then the command may have been carried out, and asking again tells.
    """

    @abstractmethod
    async def hold(self, tenant_id: TenantId, request: PlacesRequest, *, ticket: Ticket, now: datetime) -> PlacesChange:
        """Hold places by the rules of `general_admission.hold` and `hold_again`.

        Places of holds that have ended by `now` are free, tidied up or not. Two holds of one account on one ticket
        wait for each other, so that `max_per_user` holds. Raises PlacesConflictError, PlacesExpiredError,
        TicketIsSeatedError, NotOnSaleError, EventOverError, TicketSalesNotOpenError, TicketSalesClosedError,
        PaidSalesStoppedError, MaxPlacesPerUserError and SoldOutError.
        """

    @abstractmethod
    async def get(self, tenant_id: TenantId, reservation_id: ReservationId) -> PlacesReservation:
        """Return the entry as it is stored; raises PlacesNotFoundError."""

    @abstractmethod
    async def change(
        self, tenant_id: TenantId, reservation_id: ReservationId, rule: PlacesRule, *, now: datetime
    ) -> PlacesChange:
        """Apply a rule to the entry, which nobody else changes meanwhile, and keep what it says.

        Raises PlacesNotFoundError, what the rule raises, and SoldOutError when the change takes more than is left
        although all that has ended by `now` was tidied up.
        """

    @abstractmethod
    async def expire(self, tenant_id: TenantId, ticket_id: TicketId, *, now: datetime, reservations_max: int) -> int:
        """Tidy up to so many entries of the ticket that have ended by `now`, and return how many were tidied."""

    @abstractmethod
    async def stock(self, tenant_id: TenantId, ticket_id: TicketId) -> Stock:
        """Return how the ticket's quota stands; raises TicketNotFoundError."""


@dataclass(frozen=True, slots=True, order=True)
class TicketInTenant:
    """A ticket that background work is about."""

    tenant_id: TenantId
    ticket_id: TicketId


class PlacesUpkeep(Protocol):
    """What the sweep asks, across tenants. It decides nothing: the ledger does."""

    @abstractmethod
    async def due(self, *, now: datetime, reservations_max: int) -> Sequence[TicketInTenant]:
        """Return the tickets of the entries that ended longest ago and are not marked so, each ticket once."""

    @abstractmethod
    async def finish_interrupted(self, *, begun_before: datetime, changes_max: int) -> int:
        """Bring to an end what callers began before the moment and then left (they died); return how many there were.

        What was decided is carried out, what was not is forgotten. Those who are only slow lose nothing by it.
        """

    @abstractmethod
    async def recount(self, tenant_id: TenantId, ticket_id: TicketId) -> bool:
        """Set a ticket's numbers to what its entries add up to.

        False, and nothing changed, while somebody changes them, and where the entries take more than the quota.
        """
