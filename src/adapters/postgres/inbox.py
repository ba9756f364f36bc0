"""The inbox on PostgreSQL: one row an event and consumer, in the transaction of the effect."""

from datetime import datetime
from typing import override
from uuid import UUID

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from ports.events import Inbox, InboxKeeper


class PostgresInbox(Inbox):
    """The inbox of one open transaction. A second consumer of the same event waits here for the first to end."""

    def __init__(self, connection: Connection, *, tenant_id: UUID | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def accept(self, event_id: UUID, *, consumer: str, at: datetime) -> bool:
        status = await self._connection.execute(
            """
            insert into inbox (tenant_id, event_id, consumer, accepted_at) values ($1, $2, $3, $4)
            on conflict do nothing
            """,
            self._tenant_id,
            event_id,
            consumer,
            at,
        )
        return rows_touched(status) == 1


class PostgresInboxKeeper(InboxKeeper):
    """Tidies through the relay role, which sees the inbox of every tenant."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def prune(self, *, accepted_before: datetime, entries_max: int) -> int:
        async with driver_errors_translated():
            status = await self._relay.execute(
                """
                delete from inbox where ctid = any(array(
                    select ctid from inbox where accepted_at < $1 limit $2 for update skip locked
                ))
                """,
                accepted_before,
                entries_max,
            )
        return rows_touched(status)
