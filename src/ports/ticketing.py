"""What ticketing needs: a place to keep tickets.

Ticketing publishes no events. Its datastore, MongoDB, keeps no outbox beside the tickets, and an event that is not
stored with its change may be lost; whoever needs a ticket asks `ports.published.ticketing.TicketingApi` instead.
"""

from abc import abstractmethod
from typing import Protocol

from core.shared.ids import TenantId, TicketId
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
        save over the same version, exactly one succeeds.
        """
