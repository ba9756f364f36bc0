"""What orders passed on, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, rows_touched
from core.orders.content import Admission
from core.orders.errors import PassedOnError
from core.orders.passing_on import PassedOn
from core.orders.shares import Unit
from core.shared.ids import AccountId, OrderId, OrderItemId, TenantId
from ports.orders import PassedOnStore

_INSERT = """
insert into passed_on_units (
    tenant_id, order_item_id, unit, order_id, to_order_id, to_item_id, root_order_id, root_item_id, root_unit,
    passed_on_at, reissued_at, returned_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (tenant_id, order_item_id, unit) do nothing
"""
_SELECT = "select * from passed_on_units where tenant_id = $1"


class PostgresPassedOnStore(PassedOnStore):
    """That of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, passed_on: PassedOn) -> None:
        status = await self._connection.execute(
            _INSERT,
            self._tenant_id,
            passed_on.origin.item_id,
            passed_on.origin.unit,
            passed_on.origin.order_id,
            passed_on.to_order_id,
            passed_on.to_item_id,
            passed_on.root.order_id,
            passed_on.root.item_id,
            passed_on.root.unit,
            passed_on.at,
            passed_on.reissued_at,
            passed_on.returned_at,
        )
        if rows_touched(status) != 1:
            raise PassedOnError

    @override
    async def save(self, passed_on: PassedOn) -> None:
        await self._connection.execute(
            "update passed_on_units set reissued_at = $4, returned_at = $5 "
            "where tenant_id = $1 and order_item_id = $2 and unit = $3",
            self._tenant_id,
            passed_on.origin.item_id,
            passed_on.origin.unit,
            passed_on.reissued_at,
            passed_on.returned_at,
        )

    @override
    async def undo(self, to_item_id: OrderItemId) -> None:
        await self._connection.execute(
            "delete from passed_on_units where tenant_id = $1 and to_item_id = $2", self._tenant_id, to_item_id
        )

    @override
    async def by_order(self, order_id: OrderId) -> Sequence[PassedOn]:
        rows = await self._connection.fetch(
            f"{_SELECT} and order_id = $2 order by order_item_id, unit", self._tenant_id, order_id
        )
        return [_passed_on_of(row) for row in rows]

    @override
    async def to_order(self, order_id: OrderId) -> Sequence[PassedOn]:
        rows = await self._connection.fetch(
            f"{_SELECT} and to_order_id = $2 order by to_item_id", self._tenant_id, order_id
        )
        return [_passed_on_of(row) for row in rows]

    @override
    async def with_root(self, item_id: OrderItemId) -> Sequence[PassedOn]:
        rows = await self._connection.fetch(
            f"{_SELECT} and root_item_id = $2 order by order_item_id, unit", self._tenant_id, item_id
        )
        return [_passed_on_of(row) for row in rows]

    @override
    async def hand_over(self, order_id: OrderId, unit: Unit, *, to: AccountId, revision: int) -> None:
        await self._connection.execute(
            """
            insert into handed_over_units as h (tenant_id, order_item_id, unit, order_id, account_id, revision)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (tenant_id, order_item_id, unit) do update
               set account_id = excluded.account_id, revision = excluded.revision
             where h.revision < excluded.revision
            """,
            self._tenant_id,
            *unit,
            order_id,
            to,
            revision,
        )

    @override
    async def handed_over(self, order_id: OrderId) -> Mapping[Unit, AccountId]:
        rows = await self._connection.fetch(
            "select order_item_id, unit, account_id from handed_over_units where tenant_id = $1 and order_id = $2",
            self._tenant_id,
            order_id,
        )
        return {(OrderItemId(row["order_item_id"]), row["unit"]): AccountId(row["account_id"]) for row in rows}


def _passed_on_of(row: asyncpg.Record) -> PassedOn:
    return PassedOn(
        origin=Admission(OrderId(row["order_id"]), OrderItemId(row["order_item_id"]), row["unit"]),
        to_order_id=OrderId(row["to_order_id"]),
        to_item_id=OrderItemId(row["to_item_id"]),
        root=Admission(OrderId(row["root_order_id"]), OrderItemId(row["root_item_id"]), row["root_unit"]),
        at=row["passed_on_at"],
        reissued_at=row["reissued_at"],
        returned_at=row["returned_at"],
    )
