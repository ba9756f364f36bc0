"""Where waiting lists are kept."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.resale.waiting.waiting_entry import WaitingEntry
from core.shared.ids import AccountId, TenantId, TicketId, WaitingEntryId, WaitingOfferId
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class Standing:
    """A live entry, and how many live entries are served before it."""

    entry: WaitingEntry
    ahead: int


class WaitingListStore(Protocol):
    """The waiting lists of the transaction's tenant, one a ticket; another tenant's are not there.

    A list is locked before the listings of its ticket, and before any of its entries is changed.
    """

    @abstractmethod
    async def locked(self, ticket_id: TicketId) -> bool:
        """Keep every other transaction from changing the list until this one ends; False where nobody ever waited."""

    @abstractmethod
    async def begun(self, ticket_id: TicketId) -> None:
        """As `locked`, and make the list where there is none."""

    @abstractmethod
    async def next_sequence(self, ticket_id: TicketId) -> int:
        """Return the place at the end of the locked list: from 1, and never the same twice."""

    @abstractmethod
    async def set_due(self, ticket_id: TicketId, due_at: datetime | None) -> None:
        """Have the sweep look at the locked list then; None for never."""

    @abstractmethod
    async def add(self, entry: WaitingEntry) -> None:
        """Store a new entry.

        Raises AlreadyWaitingError when the account has one on this list that is neither served nor over; nothing else
        may be done in the transaction then.
        """

    @abstractmethod
    async def save(self, entry: WaitingEntry) -> None:
        """Store a changed entry; raises StaleVersionError where one of its returns is offered to somebody else."""

    @abstractmethod
    async def of_account(self, ticket_id: TicketId, account_id: AccountId, *, now: datetime) -> Standing | None:
        """Return the account's live entry on the list; None for none."""

    @abstractmethod
    async def of_offer(self, offer_id: WaitingOfferId) -> WaitingEntry | None:
        """Return the entry that this offer was made to, as long as it was not declined and has not lapsed."""

    @abstractmethod
    async def offers_of(self, account_id: AccountId, *, now: datetime, entries_max: int) -> Sequence[WaitingEntry]:
        """Return the entries of the account that can accept an offer at this moment, in the order of their ids."""

    @abstractmethod
    async def count_of_account(self, account_id: AccountId, *, now: datetime) -> int:
        """Return on how many lists the account has a live entry."""

    @abstractmethod
    async def count_of_ticket(self, ticket_id: TicketId, *, now: datetime) -> int:
        """Return how many live entries the list has."""

    @abstractmethod
    async def offered(self, ticket_id: TicketId) -> Sequence[WaitingEntry]:
        """Return the entries that are stored as offered something, in the order of the list."""

    @abstractmethod
    async def waiting(
        self, ticket_id: TicketId, *, after: int, returns: int, now: datetime, entries_max: int
    ) -> Sequence[WaitingEntry]:
        """Return entries that wait and could be served with so many returns, in the order of the list.

        They come after the place `after` (0: from the first on).
        """

    @abstractmethod
    async def page(self, ticket_id: TicketId, page: PageRequest, *, now: datetime) -> Page[WaitingEntry]:
        """Return live entries in the order of the list, after the one that `page.after` names.

        An entry that is over meanwhile still marks its place.
        """

    @abstractmethod
    async def get(self, entry_id: WaitingEntryId) -> WaitingEntry | None:
        """Return the entry, live or over; None for none."""


class DueWaitingLists(Protocol):
    """The sweep's view, across tenants."""

    @abstractmethod
    async def due(self, *, now: datetime, lists_max: int) -> Sequence[tuple[TenantId, TicketId]]:
        """Return the lists whose time to be looked at has come, the longest due first."""
