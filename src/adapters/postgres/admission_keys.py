"""The keys of events on PostgreSQL."""

from collections.abc import Sequence
from typing import override

from adapters.postgres.pass_rows import key_of
from adapters.postgres.pool import Connection
from core.admission.keys import PassKey
from core.shared.ids import TenantId, TicketId
from ports.admission import PassKeyStore


class PostgresPassKeyStore(PassKeyStore):
    """The keys of the events of one tenant."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def of_ticket(self, ticket_id: TicketId) -> PassKey | None:
        row = await self._connection.fetchrow(
            "select * from pass_keys where tenant_id = $1 and ticket_id = $2", self._tenant_id, ticket_id
        )
        return key_of(row) if row is not None else None

    @override
    async def get(self, key_id: bytes) -> PassKey | None:
        row = await self._connection.fetchrow(
            "select * from pass_keys where tenant_id = $1 and key_id = $2", self._tenant_id, key_id
        )
        return key_of(row) if row is not None else None

    @override
    async def of_tickets(self, ticket_ids: Sequence[TicketId]) -> Sequence[PassKey]:
        rows = await self._connection.fetch(
            "select * from pass_keys where tenant_id = $1 and ticket_id = any($2::uuid[])",
            self._tenant_id,
            list(ticket_ids),
        )
        return [key_of(row) for row in rows]

    @override
    async def add_first(self, key: PassKey) -> PassKey:
        await self._connection.execute(
            """
            insert into pass_keys (tenant_id, key_id, ticket_id, public_key, sealed_private_key, created_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict on constraint pass_keys_ticket do nothing
            """,
            self._tenant_id,
            key.key_id,
            key.ticket_id,
            key.public_key,
            key.sealed_private_key,
            key.created_at,
        )
        # At READ COMMITTED this statement sees what the insert waited for: the key of whoever was first.
        standing = await self.of_ticket(key.ticket_id)
        assert standing is not None, "keys are never deleted"
        return standing

    @override
    async def newest(self, *, keys_max: int) -> Sequence[PassKey]:
        rows = await self._connection.fetch(
            "select * from pass_keys where tenant_id = $1 order by created_at desc, key_id desc limit $2",
            self._tenant_id,
            keys_max,
        )
        return [key_of(row) for row in rows]
