"""The webhook inbox on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override
from uuid import UUID

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.webhooks.errors import WebhookNotFoundError
from core.webhooks.webhook import Webhook, WebhookStatus, replay, take
from ports.webhooks import WebhookBacklog, WebhookInbox, WebhookQueue

_COLUMNS = """
    id, source, event_id, event_type, body, occurred_at, received_at, status, retry_count, due_at, error_message,
    processed_at
"""


class PostgresWebhookInbox(WebhookInbox):
    """Where webhooks are put, as the app role, which can neither read nor change them afterwards."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def put(self, webhook: Webhook) -> bool:
        async with driver_errors_translated():
            status = await self._pool.execute(
                # No conflict target: naming one would need the right to read.
                f"""
                insert into payment_webhooks ({_COLUMNS})
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing
                """,  # noqa: S608 - built from our own column names
                webhook.id,
                webhook.source,
                webhook.event_id,
                webhook.event_type,
                webhook.body,
                webhook.occurred_at,
                webhook.received_at,
                webhook.status.value,
                webhook.retry_count,
                webhook.due_at,
                webhook.error_message,
                webhook.processed_at,
            )
        return rows_touched(status) == 1


class PostgresWebhookQueue(WebhookQueue):
    """The worker's view, as the relay role; the core says what becomes of each row, under a row lock."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def take(self, *, now: datetime, webhooks_max: int, lease_s: float) -> Sequence[Webhook]:
        async with driver_errors_translated(), self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                f"""
                select {_COLUMNS} from payment_webhooks where due_at <= $1
                order by id limit $2 for update skip locked
                """,  # noqa: S608 - as above
                now,
                webhooks_max,
            )
            taken = [take(_webhook(row), now=now, lease_s=lease_s) for row in rows]
            for webhook in taken:
                await _store(connection, webhook)
        return [webhook for webhook in taken if webhook.status is WebhookStatus.PROCESSING]

    @override
    async def settle(self, leased: Webhook, outcome: Webhook) -> bool:
        async with driver_errors_translated(), self._pool.acquire() as connection, connection.transaction():
            ours = await connection.fetchval(
                """
                select true from payment_webhooks
                where id = $1 and status = 'processing' and due_at = $2 and retry_count = $3 for update
                """,
                leased.id,
                leased.due_at,
                leased.retry_count,
            )
            if ours:
                await _store(connection, outcome)
        return bool(ours)

    @override
    async def backlog(self, *, now: datetime) -> WebhookBacklog:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                """
                select count(*) filter (where status <> 'failed' and retry_count = 0) as waiting,
                       count(*) filter (where status <> 'failed' and retry_count > 0) as retrying,
                       count(*) filter (where status = 'failed') as failed,
                       coalesce(extract(epoch from $1 - min(received_at)), 0)::float8 as oldest_age_s
                from payment_webhooks where status <> 'completed'
                """,
                now,
            )
        assert row is not None, "an aggregate always gives a row"
        return WebhookBacklog(
            waiting=row["waiting"],
            retrying=row["retrying"],
            failed=row["failed"],
            oldest_age_s=max(row["oldest_age_s"], 0.0),
        )

    @override
    async def list(self, *, status: WebhookStatus | None, webhooks_max: int) -> Sequence[Webhook]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                f"""
                select {_COLUMNS} from payment_webhooks where $1::text is null or status = $1
                order by id desc limit $2
                """,  # noqa: S608 - as above
                status.value if status else None,
                webhooks_max,
            )
        return [_webhook(row) for row in rows]

    @override
    async def replay(self, webhook_id: UUID, *, now: datetime) -> Webhook:
        async with driver_errors_translated(), self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                f"select {_COLUMNS} from payment_webhooks where id = $1 for update",  # noqa: S608 - as above
                webhook_id,
            )
            if row is None:
                raise WebhookNotFoundError(f"There is no webhook {webhook_id}.")
            again = replay(_webhook(row), now=now)
            await _store(connection, again)
        return again


async def _store(connection: Connection, webhook: Webhook) -> None:
    await connection.execute(
        """
        update payment_webhooks
           set status = $2, retry_count = $3, due_at = $4, error_message = $5, processed_at = $6
         where id = $1
        """,
        webhook.id,
        webhook.status.value,
        webhook.retry_count,
        webhook.due_at,
        webhook.error_message,
        webhook.processed_at,
    )


def _webhook(row: asyncpg.Record) -> Webhook:
    return Webhook(
        id=row["id"],
        source=row["source"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        body=row["body"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        status=WebhookStatus(row["status"]),
        retry_count=row["retry_count"],
        due_at=row["due_at"],
        error_message=row["error_message"],
        processed_at=row["processed_at"],
    )
