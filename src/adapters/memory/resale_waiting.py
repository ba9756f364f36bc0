"""Waiting lists in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import override

from core.resale.waiting.waiting_entry import LIVE, WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_errors import AlreadyWaitingError
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, TenantId, TicketId, WaitingEntryId, WaitingOfferId
from ports.paging import Page, PageRequest
from ports.resale.waiting_list import DueWaitingLists, Standing, WaitingListStore


@dataclass(frozen=True, slots=True)
class WaitingList:
    """What is kept of a list beside its entries."""

    last_sequence: int = 0
    due_at: datetime | None = None


type WaitingListRows = dict[TicketId, WaitingList]
type WaitingEntryRows = dict[WaitingEntryId, WaitingEntry]


class MemoryWaitingListStore(WaitingListStore):
    """The waiting lists of one tenant; the transaction around it holds the lock."""

    def __init__(self, lists: WaitingListRows, entries: WaitingEntryRows) -> None:
        self._lists = lists
        self._entries = entries

    @override
    async def locked(self, ticket_id: TicketId) -> bool:
        return ticket_id in self._lists

    @override
    async def begun(self, ticket_id: TicketId) -> None:
        self._lists.setdefault(ticket_id, WaitingList())

    @override
    async def next_sequence(self, ticket_id: TicketId) -> int:
        found = self._lists[ticket_id]
        self._lists[ticket_id] = replace(found, last_sequence=found.last_sequence + 1)
        return found.last_sequence + 1

    @override
    async def set_due(self, ticket_id: TicketId, due_at: datetime | None) -> None:
        self._lists[ticket_id] = replace(self._lists[ticket_id], due_at=due_at)

    @override
    async def add(self, entry: WaitingEntry) -> None:
        taken = {(each.ticket_id, each.account_id) for each in self._entries.values() if each.status in LIVE}
        if (entry.ticket_id, entry.account_id) in taken:
            raise AlreadyWaitingError
        self._entries[entry.id] = entry

    @override
    async def save(self, entry: WaitingEntry) -> None:
        others = [each for each in self._entries.values() if each.id != entry.id]
        if _offered_now(entry) & {id for each in others for id in _offered_now(each)}:
            raise StaleVersionError("A return is offered to somebody else.")
        self._entries[entry.id] = entry

    @override
    async def of_account(self, ticket_id: TicketId, account_id: AccountId, *, now: datetime) -> Standing | None:
        live = self._live(ticket_id, now)
        found = next((each for each in live if each.account_id == account_id), None)
        return Standing(found, live.index(found)) if found is not None else None

    @override
    async def of_offer(self, offer_id: WaitingOfferId) -> WaitingEntry | None:
        made = (each for each in self._entries.values() if each.offer is not None and each.offer.id == offer_id)
        return next(made, None)

    @override
    async def offers_of(self, account_id: AccountId, *, now: datetime, entries_max: int) -> Sequence[WaitingEntry]:
        theirs = [
            each
            for each in self._entries.values()
            if each.account_id == account_id and each.offer_at(now) is not None and each.is_live(now)
        ]
        return sorted(theirs, key=lambda each: each.id)[:entries_max]

    @override
    async def count_of_account(self, account_id: AccountId, *, now: datetime) -> int:
        return sum(each.account_id == account_id and each.is_live(now) for each in self._entries.values())

    @override
    async def count_of_ticket(self, ticket_id: TicketId, *, now: datetime) -> int:
        return len(self._live(ticket_id, now))

    @override
    async def offered(self, ticket_id: TicketId) -> Sequence[WaitingEntry]:
        return [each for each in self._of(ticket_id) if each.status is WaitingStatus.OFFERED]

    @override
    async def waiting(
        self, ticket_id: TicketId, *, after: int, returns: int, now: datetime, entries_max: int
    ) -> Sequence[WaitingEntry]:
        found = [
            each
            for each in self._of(ticket_id)
            if each.is_waiting(now) and each.sequence > after and (each.accept_fewer or each.quantity <= returns)
        ]
        return found[:entries_max]

    @override
    async def page(self, ticket_id: TicketId, page: PageRequest, *, now: datetime) -> Page[WaitingEntry]:
        wanted = self._live(ticket_id, now)
        if page.after is not None:
            mark = self._entries.get(WaitingEntryId(page.after))
            wanted = [each for each in wanted if mark is not None and each.sequence > mark.sequence]
        items = tuple(wanted[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(wanted) > len(items) else None)

    @override
    async def get(self, entry_id: WaitingEntryId) -> WaitingEntry | None:
        return self._entries.get(entry_id)

    def _of(self, ticket_id: TicketId) -> list[WaitingEntry]:
        found = [each for each in self._entries.values() if each.ticket_id == ticket_id]
        return sorted(found, key=lambda each: each.sequence)

    def _live(self, ticket_id: TicketId, now: datetime) -> list[WaitingEntry]:
        return [each for each in self._of(ticket_id) if each.is_live(now)]


class MemoryDueWaitingLists(DueWaitingLists):
    """The sweep's view of the same rows."""

    def __init__(self, tenants: Callable[[], Iterator[tuple[TenantId, Mapping[TicketId, WaitingList]]]]) -> None:
        self._tenants = tenants

    @override
    async def due(self, *, now: datetime, lists_max: int) -> Sequence[tuple[TenantId, TicketId]]:
        found = [
            (each.due_at, tenant_id, ticket_id)
            for tenant_id, lists in self._tenants()
            for ticket_id, each in lists.items()
            if each.due_at is not None and each.due_at <= now
        ]
        return [(tenant_id, ticket_id) for _, tenant_id, ticket_id in sorted(found)[:lists_max]]


def _offered_now(entry: WaitingEntry) -> frozenset[object]:
    live = entry.offer if entry.status is WaitingStatus.OFFERED else None
    return frozenset(live.listing_ids) if live is not None else frozenset()
