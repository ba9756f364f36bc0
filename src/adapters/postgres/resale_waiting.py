"""Waiting lists on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated
from core.resale.waiting.waiting_entry import PlacedOffer, WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_errors import AlreadyWaitingError
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, ListingId, TenantId, TicketId, WaitingEntryId, WaitingOfferId
from ports.paging import Page, PageRequest
from ports.resale.waiting_list import DueWaitingLists, Standing, WaitingListStore

_COLUMNS = (
    "ticket_id, account_id, quantity, accept_fewer, joined_at, ends_at, sequence, status, lapses, offer_id, "
    "offered_until, offered_listings, passed_over"
)
_INSERT = f"""
insert into waiting_entries (tenant_id, id, {_COLUMNS})
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""  # noqa: S608 - the names of our own columns
_UPDATE = """
update waiting_entries set sequence = $3, status = $4, lapses = $5, offer_id = $6, offered_until = $7,
    offered_listings = $8, passed_over = $9
where tenant_id = $1 and id = $2
"""
_SELECT = f"select id, {_COLUMNS} from waiting_entries where tenant_id = $1"  # noqa: S608 - as above
_LIVE = "status in ('waiting', 'offered')"
_PAGE = f"""
{_SELECT} and ticket_id = $2 and {_LIVE} and ends_at > $3
and ($4::uuid is null or sequence > (select e.sequence from waiting_entries e where e.tenant_id = $1 and e.id = $4))
order by sequence limit $5
"""  # noqa: S608 - as above


class PostgresWaitingListStore(WaitingListStore):
    """The waiting lists of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def locked(self, ticket_id: TicketId) -> bool:
        found = await self._connection.fetchval(
            "select true from waiting_lists where tenant_id = $1 and ticket_id = $2 for update",
            self._tenant_id,
            ticket_id,
        )
        return found is not None

    @override
    async def begun(self, ticket_id: TicketId) -> None:
        await self._connection.execute(
            "insert into waiting_lists (tenant_id, ticket_id, last_sequence) values ($1, $2, 0) on conflict do nothing",
            self._tenant_id,
            ticket_id,
        )
        await self.locked(ticket_id)

    @override
    async def next_sequence(self, ticket_id: TicketId) -> int:
        sequence: int = await self._connection.fetchval(
            """
            update waiting_lists set last_sequence = last_sequence + 1 where tenant_id = $1 and ticket_id = $2
            returning last_sequence
            """,
            self._tenant_id,
            ticket_id,
        )
        return sequence

    @override
    async def set_due(self, ticket_id: TicketId, due_at: datetime | None) -> None:
        await self._connection.execute(
            "update waiting_lists set due_at = $3 where tenant_id = $1 and ticket_id = $2",
            self._tenant_id,
            ticket_id,
            due_at,
        )

    @override
    async def add(self, entry: WaitingEntry) -> None:
        try:
            await self._connection.execute(
                _INSERT,
                self._tenant_id,
                entry.id,
                entry.ticket_id,
                entry.account_id,
                entry.quantity,
                entry.accept_fewer,
                entry.joined_at,
                entry.ends_at,
                *_changing(entry),
            )
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "waiting_entries_live":
                raise
            raise AlreadyWaitingError from error

    @override
    async def save(self, entry: WaitingEntry) -> None:
        await self._connection.execute(_UPDATE, self._tenant_id, entry.id, *_changing(entry))
        await self._connection.execute(
            "delete from waiting_offers where tenant_id = $1 and entry_id = $2", self._tenant_id, entry.id
        )
        if entry.status is not WaitingStatus.OFFERED or entry.offer is None:
            return
        try:
            await self._connection.executemany(
                "insert into waiting_offers (tenant_id, listing_id, entry_id) values ($1, $2, $3)",
                [(self._tenant_id, listing_id, entry.id) for listing_id in entry.offer.listing_ids],
            )
        except asyncpg.UniqueViolationError as error:
            raise StaleVersionError("A return is offered to somebody else.") from error

    @override
    async def of_account(self, ticket_id: TicketId, account_id: AccountId, *, now: datetime) -> Standing | None:
        row = await self._connection.fetchrow(
            f"{_SELECT} and ticket_id = $2 and account_id = $3 and {_LIVE} and ends_at > $4",
            self._tenant_id,
            ticket_id,
            account_id,
            now,
        )
        if row is None:
            return None
        ahead: int = await self._connection.fetchval(
            f"select count(*) from waiting_entries where tenant_id = $1 and ticket_id = $2 and {_LIVE} "  # noqa: S608 - as above
            "and ends_at > $3 and sequence < $4",
            self._tenant_id,
            ticket_id,
            now,
            row["sequence"],
        )
        return Standing(_entry(row), ahead)

    @override
    async def of_offer(self, offer_id: WaitingOfferId) -> WaitingEntry | None:
        row = await self._connection.fetchrow(f"{_SELECT} and offer_id = $2", self._tenant_id, offer_id)
        return _entry(row) if row is not None else None

    @override
    async def offers_of(self, account_id: AccountId, *, now: datetime, entries_max: int) -> Sequence[WaitingEntry]:
        rows = await self._connection.fetch(
            f"{_SELECT} and account_id = $2 and status = 'offered' and offered_until > $3 and ends_at > $3 "
            "order by id limit $4",
            self._tenant_id,
            account_id,
            now,
            entries_max,
        )
        return [_entry(row) for row in rows]

    @override
    async def count_of_account(self, account_id: AccountId, *, now: datetime) -> int:
        return await self._count("account_id", account_id, now)

    @override
    async def count_of_ticket(self, ticket_id: TicketId, *, now: datetime) -> int:
        return await self._count("ticket_id", ticket_id, now)

    async def _count(self, column: str, value: object, now: datetime) -> int:
        count: int = await self._connection.fetchval(
            f"select count(*) from waiting_entries where tenant_id = $1 and {column} = $2 and {_LIVE} and ends_at > $3",  # noqa: S608 - as above
            self._tenant_id,
            value,
            now,
        )
        return count

    @override
    async def offered(self, ticket_id: TicketId) -> Sequence[WaitingEntry]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ticket_id = $2 and status = 'offered' order by sequence", self._tenant_id, ticket_id
        )
        return [_entry(row) for row in rows]

    @override
    async def waiting(
        self, ticket_id: TicketId, *, after: int, returns: int, now: datetime, entries_max: int
    ) -> Sequence[WaitingEntry]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ticket_id = $2 and status = 'waiting' and ends_at > $3 and sequence > $4 "
            "and (accept_fewer or quantity <= $5) order by sequence limit $6",
            self._tenant_id,
            ticket_id,
            now,
            after,
            returns,
            entries_max,
        )
        return [_entry(row) for row in rows]

    @override
    async def page(self, ticket_id: TicketId, page: PageRequest, *, now: datetime) -> Page[WaitingEntry]:
        rows = await self._connection.fetch(
            _PAGE,
            self._tenant_id,
            ticket_id,
            now,
            page.after,
            page.limit + 1,
        )
        items = tuple(_entry(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    @override
    async def get(self, entry_id: WaitingEntryId) -> WaitingEntry | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, entry_id)
        return _entry(row) if row is not None else None


class PostgresDueWaitingLists(DueWaitingLists):
    """The sweep's view, through the relay role: it reads ids and times of every tenant, and nothing else."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, lists_max: int) -> Sequence[tuple[TenantId, TicketId]]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                """
                select tenant_id, ticket_id from waiting_lists
                where due_at <= $1 order by due_at, tenant_id, ticket_id limit $2
                """,
                now,
                lists_max,
            )
        return [(TenantId(row["tenant_id"]), TicketId(row["ticket_id"])) for row in rows]


def _changing(entry: WaitingEntry) -> tuple[object, ...]:
    offer = entry.offer
    return (
        entry.sequence,
        entry.status.value,
        entry.lapses,
        offer.id if offer is not None else None,
        offer.until if offer is not None else None,
        list(offer.listing_ids) if offer is not None else None,
        list(entry.passed_over),
    )


def _entry(row: asyncpg.Record) -> WaitingEntry:
    return WaitingEntry(
        id=WaitingEntryId(row["id"]),
        ticket_id=TicketId(row["ticket_id"]),
        account_id=AccountId(row["account_id"]),
        quantity=row["quantity"],
        accept_fewer=row["accept_fewer"],
        sequence=row["sequence"],
        joined_at=row["joined_at"],
        ends_at=row["ends_at"],
        status=WaitingStatus(row["status"]),
        lapses=row["lapses"],
        offer=PlacedOffer(
            WaitingOfferId(row["offer_id"]),
            tuple(ListingId(id) for id in row["offered_listings"]),
            row["offered_until"],
        )
        if row["offer_id"] is not None
        else None,
        passed_over=tuple(ListingId(id) for id in row["passed_over"]),
    )
