"""The keys of receipts on PostgreSQL, with their private halves sealed."""

from collections.abc import Sequence
from typing import override

from adapters.postgres.pool import Connection, Pool
from adapters.postgres.transactions import tenant_transaction
from core.resale.receipts.receipt_key import ReceiptKey
from ports.resale.receipts import ReceiptKeyStore

_ALL = """
select key_id, public_key, sealed_private_key, created_at from resale_receipt_keys
order by created_at desc, key_id desc
"""
_ADD = """
insert into resale_receipt_keys (key_id, public_key, sealed_private_key, created_at) values ($1, $2, $3, $4)
"""
_TAKE_TURNS = "select pg_advisory_xact_lock(hashtextextended('resale_receipt_keys', 0))"
_IS_EMPTY = "select not exists (select from resale_receipt_keys)"


class PostgresReceiptKeys(ReceiptKeyStore):
    """The table belongs to no tenant; the app role may read it and add to it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def all(self) -> Sequence[ReceiptKey]:
        async with tenant_transaction(self._pool, None) as connection:
            rows = await connection.fetch(_ALL)
        return [
            ReceiptKey(row["key_id"], row["public_key"], row["sealed_private_key"], row["created_at"]) for row in rows
        ]

    @override
    async def add_first(self, key: ReceiptKey) -> None:
        async with tenant_transaction(self._pool, None) as connection:
            await connection.execute(_TAKE_TURNS)
            if await connection.fetchval(_IS_EMPTY):
                await _add(connection, key)

    @override
    async def add(self, key: ReceiptKey) -> None:
        async with tenant_transaction(self._pool, None) as connection:
            await _add(connection, key)


async def _add(connection: Connection, key: ReceiptKey) -> None:
    await connection.execute(_ADD, key.key_id, key.public_key, key.sealed_private_key, key.created_at)
