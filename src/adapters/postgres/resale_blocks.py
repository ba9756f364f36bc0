"""Blocks on persons, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection
from core.resale.errors import BlockNotFoundError
from core.resale.trust.blocks import Block
from core.shared.ids import AccountId, ResaleBlockId, TenantId
from ports.paging import Page, PageRequest
from ports.resale.blocks import BlockStore

_COLUMNS = "id, account_id, reason, blocked_by, blocked_at, until, ended_by, ended_at"
_SELECT = f"select {_COLUMNS} from resale_blocks where tenant_id = $1"  # noqa: S608 - our own column names


class PostgresBlockStore(BlockStore):
    """The blocks of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, block: Block) -> None:
        await self._connection.execute(
            f"insert into resale_blocks (tenant_id, {_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",  # noqa: S608 - as above
            self._tenant_id,
            block.id,
            block.account_id,
            block.reason,
            block.blocked_by,
            block.blocked_at,
            block.until,
            block.ended_by,
            block.ended_at,
        )

    @override
    async def lock(self, block_id: ResaleBlockId) -> Block:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2 for update", self._tenant_id, block_id)
        if row is None:
            raise BlockNotFoundError
        return _block(row)

    @override
    async def end(self, block: Block) -> None:
        await self._connection.execute(
            "update resale_blocks set ended_by = $3, ended_at = $4 where tenant_id = $1 and id = $2",
            self._tenant_id,
            block.id,
            block.ended_by,
            block.ended_at,
        )

    @override
    async def holding(self, account_id: AccountId, *, now: datetime) -> Sequence[Block]:
        rows = await self._connection.fetch(
            f"{_SELECT} and account_id = $2 and ended_at is null and (until is null or until > $3) order by id",
            self._tenant_id,
            account_id,
            now,
        )
        return [_block(row) for row in rows]

    @override
    async def page(self, page: PageRequest, *, account_id: AccountId | None) -> Page[Block]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ($2::uuid is null or account_id = $2) and ($3::uuid is null or id > $3)"
            " order by id limit $4",
            self._tenant_id,
            account_id,
            page.after,
            page.limit + 1,
        )
        items = tuple(_block(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)


def _block(row: asyncpg.Record) -> Block:
    return Block(
        id=ResaleBlockId(row["id"]),
        account_id=AccountId(row["account_id"]),
        reason=row["reason"],
        blocked_by=AccountId(row["blocked_by"]),
        blocked_at=row["blocked_at"],
        until=row["until"],
        ended_by=AccountId(row["ended_by"]) if row["ended_by"] is not None else None,
        ended_at=row["ended_at"],
    )
