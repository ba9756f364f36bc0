"""Passes on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

from asyncpg import Record

from adapters.postgres.pass_rows import NEW_PASS_COLUMNS, changes_of, pass_of, row_of
from adapters.postgres.pool import Connection
from core.admission.passes import REFUNDED, Pass, PassStatus, Unit
from core.shared.ids import AccountId, OrderId, OrderItemId, PassId, SeatId, TenantId, TicketId
from ports.admission import PassStore
from ports.paging import Page, PageRequest

_INSERT = f"""
    insert into passes ({", ".join(NEW_PASS_COLUMNS)})
    values ({", ".join(f"${number}" for number in range(1, len(NEW_PASS_COLUMNS) + 1))})
    on conflict on constraint passes_order_item_unit do nothing
    returning id
"""  # noqa: S608  # our own column names


class PostgresPassStore(PassStore):
    """The passes of one tenant in an open transaction. What changes several locks them by id first."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add_missing(self, passes: Sequence[Pass]) -> Sequence[PassId]:
        rows = await self._connection.fetchmany(_INSERT, [row_of(self._tenant_id, each) for each in passes])
        return [PassId(row["id"]) for row in rows]

    @override
    async def get(self, pass_id: PassId) -> Pass | None:
        row = await self._connection.fetchrow(
            "select * from passes where tenant_id = $1 and id = $2", self._tenant_id, pass_id
        )
        return pass_of(row) if row is not None else None

    @override
    async def lock(self, pass_id: PassId) -> Pass | None:
        row = await self._connection.fetchrow(
            "select * from passes where tenant_id = $1 and id = $2 for update", self._tenant_id, pass_id
        )
        return pass_of(row) if row is not None else None

    @override
    async def save(self, changed: Pass) -> None:
        await self._connection.execute(
            """
            update passes
               set account_id = $3, status = $4, revision = $5, voided_at = $6, void_reason = $7, frozen_at = $8,
                   freeze_reason = $9, holder_name = $10, offer_id = $11, offer_kind = $12, offered_at = $13,
                   scanned_at = $14, inside_since = $15, seat_label = $16, seat_section = $17, seat_row = $18,
                   seat_number = $19
            where tenant_id = $1 and id = $2
            """,
            self._tenant_id,
            changed.id,
            *changes_of(changed),
        )

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[Pass]:
        rows = await self._connection.fetch(
            "select * from passes where tenant_id = $1 and order_id = $2 order by id", self._tenant_id, order_id
        )
        return [pass_of(row) for row in rows]

    @override
    async def page(self, page: PageRequest, *, account_id: AccountId, status: PassStatus | None) -> Page[Pass]:
        rows = await self._connection.fetch(
            """
            select * from passes
            where tenant_id = $1 and account_id = $2 and ($3::text is null or status = $3)
              and ($4::uuid is null or id < $4)
            order by id desc limit $5
            """,
            self._tenant_id,
            account_id,
            status,
            page.after,
            page.limit + 1,
        )
        return _page_of(rows, page)

    @override
    async def of_ticket(self, page: PageRequest, ticket_id: TicketId) -> Page[Pass]:
        rows = await self._connection.fetch(
            """
            select * from passes
            where tenant_id = $1 and ticket_id = $2 and ($3::uuid is null or id > $3)
            order by id limit $4
            """,
            self._tenant_id,
            ticket_id,
            page.after,
            page.limit + 1,
        )
        return _page_of(rows, page)

    @override
    async def ever_held(self, account_id: AccountId, ticket_id: TicketId, *, passes_max: int) -> Sequence[Pass]:
        rows = await self._connection.fetch(
            """
            select p.* from passes p
            where p.tenant_id = $1 and p.ticket_id = $3 and p.id in (
                select id from passes where tenant_id = $1 and account_id = $2
                union all
                select pass_id from handovers where tenant_id = $1 and from_account_id = $2
            )
            order by p.id limit $4
            """,
            self._tenant_id,
            account_id,
            ticket_id,
            passes_max,
        )
        return [pass_of(row) for row in rows]

    @override
    async def lock_of_seats(self, ticket_id: TicketId, seat_ids: Sequence[SeatId]) -> Sequence[Pass]:
        rows = await self._connection.fetch(
            """
            select * from passes
            where tenant_id = $1 and ticket_id = $2 and seat_id = any($3::uuid[]) and status <> 'VOID'
            order by id for update
            """,
            self._tenant_id,
            ticket_id,
            list(seat_ids),
        )
        return [pass_of(row) for row in rows]

    @override
    async def void_order(self, order_id: OrderId, *, at: datetime, reason: str = REFUNDED) -> Sequence[PassId]:
        rows = await self._connection.fetch(
            """
            with due as (
                select id from passes where tenant_id = $1 and order_id = $2 and status <> 'VOID' order by id for update
            )
            update passes p
               set status = 'VOID', voided_at = $3, void_reason = $4, frozen_at = null, freeze_reason = null,
                   offer_id = null, offer_kind = null, offered_at = null
            from due where p.tenant_id = $1 and p.id = due.id
            returning p.id
            """,
            self._tenant_id,
            order_id,
            at,
            reason,
        )
        return _ids(rows)

    @override
    async def freeze_order(self, order_id: OrderId, *, reason: str, at: datetime) -> Sequence[PassId]:
        rows = await self._connection.fetch(
            """
            with due as (
                select id from passes where tenant_id = $1 and order_id = $2 and status = 'VALID' order by id for update
            )
            update passes p set status = 'FROZEN', frozen_at = $3, freeze_reason = $4
            from due where p.tenant_id = $1 and p.id = due.id
            returning p.id
            """,
            self._tenant_id,
            order_id,
            at,
            reason,
        )
        return _ids(rows)

    @override
    async def thaw_order(self, order_id: OrderId) -> Sequence[PassId]:
        rows = await self._connection.fetch(
            """
            with due as (
                select id from passes
                where tenant_id = $1 and order_id = $2 and status = 'FROZEN' order by id for update
            )
            update passes p set status = 'VALID', frozen_at = null, freeze_reason = null
            from due where p.tenant_id = $1 and p.id = due.id
            returning p.id
            """,
            self._tenant_id,
            order_id,
        )
        return _ids(rows)

    @override
    async def void_units(
        self, order_id: OrderId, units: Collection[Unit], *, reason: str, at: datetime
    ) -> Sequence[PassId]:
        arguments = self._tenant_id, order_id, [item for item, _ in units], [unit for _, unit in units], at
        await self._connection.execute(
            """
            insert into returned_units (tenant_id, order_id, order_item_id, unit, returned_at)
            select $1, $2, u.item, u.unit, $5 from unnest($3::uuid[], $4::integer[]) as u (item, unit)
            on conflict do nothing
            """,
            *arguments,
        )
        rows = await self._connection.fetch(
            """
            with due as (
                select p.id
                from passes p
                join unnest($3::uuid[], $4::integer[]) as u (item, unit) on p.order_item_id = u.item and p.unit = u.unit
                where p.tenant_id = $1 and p.order_id = $2 and p.status <> 'VOID'
                order by p.id for update of p
            )
            update passes p
               set status = 'VOID', voided_at = $5, void_reason = $6, frozen_at = null, freeze_reason = null,
                   offer_id = null, offer_kind = null, offered_at = null
            from due where p.tenant_id = $1 and p.id = due.id
            returning p.id
            """,
            *arguments,
            reason,
        )
        return _ids(rows)

    @override
    async def returned(self, order_id: OrderId) -> frozenset[Unit]:
        rows = await self._connection.fetch(
            "select order_item_id, unit from returned_units where tenant_id = $1 and order_id = $2",
            self._tenant_id,
            order_id,
        )
        return frozenset((OrderItemId(row["order_item_id"]), row["unit"]) for row in rows)


def _page_of(rows: Sequence[Record], page: PageRequest) -> Page[Pass]:
    items = tuple(pass_of(row) for row in rows[: page.limit])
    return Page(items=items, next_after=items[-1].id if len(rows) > len(items) else None)


def _ids(rows: Sequence[Record]) -> Sequence[PassId]:
    return sorted(PassId(row["id"]) for row in rows)
