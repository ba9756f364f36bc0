"""Vouchers on PostgreSQL: the part of an order transaction that keeps them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, override

import asyncpg

from adapters.postgres.pool import Connection, rows_touched
from core.orders.voucher_errors import VoucherCodeTakenError
from core.orders.voucher_misses import Misses
from core.orders.vouchers import (
    CHANGES_SHOWN_MAX,
    AmountOff,
    PercentOff,
    Uses,
    Voucher,
    VoucherChange,
    VoucherDeed,
    VoucherTerms,
)
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderId, TenantId, TicketId, VoucherId
from core.shared.money import Money
from ports.orders import VoucherStore
from ports.paging import Page, PageRequest

type Value = Any  # what asyncpg takes as an argument

FORGOTTEN_AT_ONCE_MAX = 100

SELECT = "select * from vouchers where tenant_id = $1"

INSERT = """
insert into vouchers (
    tenant_id, id, version, percent_basis_points, amount_minor, minimum_minor, currency, ticket_ids, valid_from,
    valid_until, uses_max, uses_per_account_max, active, note, updated_at, code, created_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict on constraint vouchers_code do nothing
"""

UPDATE = """
update vouchers
set version = $3, percent_basis_points = $4, amount_minor = $5, minimum_minor = $6, currency = $7, ticket_ids = $8,
    valid_from = $9, valid_until = $10, uses_max = $11, uses_per_account_max = $12, active = $13, note = $14,
    updated_at = $15
where tenant_id = $1 and id = $2 and version = $3 - 1
"""

INSERT_CHANGE = """
insert into voucher_changes (tenant_id, voucher_id, version, at, by_account_id, deed, members)
values ($1, $2, $3, $4, $5, $6, $7)
"""

CHANGES = """
select * from (
    select * from voucher_changes where tenant_id = $1 and voucher_id = $2 order by version desc limit $3
) as latest order by version
"""

USES_IN_ALL = """
select voucher_id, count(*) as uses from voucher_redemptions
where tenant_id = $1 and voucher_id = any($2::uuid[])
  and status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')
group by voucher_id
"""

USES = """
select count(*) as in_all, count(*) filter (where account_id = $3) as of_account from voucher_redemptions
where tenant_id = $1 and voucher_id = $2 and status in ('PENDING', 'AWAITING_PAYMENT', 'CONFIRMED')
"""

USE = """
insert into voucher_redemptions (tenant_id, order_id, account_id, status, voucher_id)
select tenant_id, id, account_id, status, $3 from orders where tenant_id = $1 and id = $2
"""

NOTE_MISSES = """
insert into voucher_misses (tenant_id, account_id, count, since) values ($1, $2, $3, $4)
on conflict on constraint voucher_misses_pkey do update set count = excluded.count, since = excluded.since
"""

FORGET = """
delete from voucher_misses where (tenant_id, account_id) in (
    select tenant_id, account_id from voucher_misses where tenant_id = $1 and since < $2
    limit $3 for update skip locked
)
"""


class PostgresVoucherStore(VoucherStore):
    """The vouchers of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, voucher: Voucher, change: VoucherChange) -> None:
        arguments = (*self._arguments(voucher), voucher.code, voucher.created_at)
        if rows_touched(await self._connection.execute(INSERT, *arguments)) != 1:
            raise VoucherCodeTakenError
        await self._note(voucher.id, change)

    @override
    async def get(self, voucher_id: VoucherId) -> Voucher | None:
        return self._one(await self._connection.fetchrow(f"{SELECT} and id = $2", self._tenant_id, voucher_id))

    @override
    async def locked(self, voucher_id: VoucherId) -> Voucher | None:
        query = f"{SELECT} and id = $2 for update"
        return self._one(await self._connection.fetchrow(query, self._tenant_id, voucher_id))

    @override
    async def with_code(self, code: str) -> Voucher | None:
        return self._one(await self._connection.fetchrow(f"{SELECT} and code = $2", self._tenant_id, code))

    @override
    async def save(self, voucher: Voucher, change: VoucherChange) -> None:
        if rows_touched(await self._connection.execute(UPDATE, *self._arguments(voucher))) != 1:
            raise StaleVersionError("The voucher was changed meanwhile.")
        await self._note(voucher.id, change)

    @override
    async def page(self, page: PageRequest) -> Page[Voucher]:
        rows = await self._connection.fetch(
            f"{SELECT} and ($2::uuid is null or id > $2) order by id limit $3",
            self._tenant_id,
            page.after,
            page.limit + 1,
        )
        items = tuple(_voucher_of(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    @override
    async def changes(self, voucher_id: VoucherId) -> Sequence[VoucherChange]:
        rows = await self._connection.fetch(CHANGES, self._tenant_id, voucher_id, CHANGES_SHOWN_MAX)
        return [
            VoucherChange(
                version=row["version"],
                at=row["at"],
                by=AccountId(row["by_account_id"]),
                deed=VoucherDeed(row["deed"]),
                members=tuple(row["members"]),
            )
            for row in rows
        ]

    @override
    async def uses_in_all(self, voucher_ids: Collection[VoucherId]) -> Mapping[VoucherId, int]:
        rows = await self._connection.fetch(USES_IN_ALL, self._tenant_id, list(voucher_ids))
        return dict.fromkeys(voucher_ids, 0) | {VoucherId(row["voucher_id"]): row["uses"] for row in rows}

    @override
    async def uses(self, voucher_id: VoucherId, account_id: AccountId) -> Uses:
        row = await self._connection.fetchrow(USES, self._tenant_id, voucher_id, account_id)
        assert row is not None
        return Uses(in_all=row["in_all"], of_account=row["of_account"])

    @override
    async def use(self, voucher_id: VoucherId, order_id: OrderId) -> None:
        await self._connection.execute(USE, self._tenant_id, order_id, voucher_id)

    @override
    async def misses(self, account_id: AccountId) -> Misses | None:
        # The first miss has no row that could be locked.
        name = f"orders.voucher_misses {self._tenant_id} {account_id}"
        await self._connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)
        row = await self._connection.fetchrow(
            "select count, since from voucher_misses where tenant_id = $1 and account_id = $2",
            self._tenant_id,
            account_id,
        )
        return Misses(row["count"], row["since"]) if row else None

    @override
    async def note_misses(self, account_id: AccountId, misses: Misses, *, forget_before: datetime) -> None:
        await self._connection.execute(NOTE_MISSES, self._tenant_id, account_id, misses.count, misses.since)
        await self._connection.execute(FORGET, self._tenant_id, forget_before, FORGOTTEN_AT_ONCE_MAX)

    async def _note(self, voucher_id: VoucherId, change: VoucherChange) -> None:
        await self._connection.execute(
            INSERT_CHANGE,
            self._tenant_id,
            voucher_id,
            change.version,
            change.at,
            change.by,
            change.deed.value,
            list(change.members),
        )

    def _arguments(self, voucher: Voucher) -> Sequence[Value]:
        terms, reduction = voucher.terms, voucher.terms.reduction
        return (
            self._tenant_id,
            voucher.id,
            voucher.version,
            reduction.basis_points if isinstance(reduction, PercentOff) else None,
            reduction.amount.amount_minor if isinstance(reduction, AmountOff) else None,
            terms.minimum_total.amount_minor if terms.minimum_total else None,
            terms.currency,
            sorted(terms.ticket_ids),
            terms.valid_from,
            terms.valid_until,
            terms.uses_max,
            terms.uses_per_account_max,
            terms.active,
            terms.note,
            voucher.updated_at,
        )

    def _one(self, row: asyncpg.Record | None) -> Voucher | None:
        return _voucher_of(row) if row is not None else None


def _voucher_of(row: asyncpg.Record) -> Voucher:
    """Return the voucher of a row; the table's constraints say which of its columns go together."""
    currency, percent, minimum = row["currency"], row["percent_basis_points"], row["minimum_minor"]
    return Voucher(
        id=VoucherId(row["id"]),
        code=row["code"],
        terms=VoucherTerms(
            reduction=AmountOff(Money(row["amount_minor"], currency)) if percent is None else PercentOff(percent),
            ticket_ids=frozenset(TicketId(id) for id in row["ticket_ids"]),
            minimum_total=Money(minimum, currency) if minimum is not None else None,
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
            uses_max=row["uses_max"],
            uses_per_account_max=row["uses_per_account_max"],
            active=row["active"],
            note=row["note"],
        ),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
