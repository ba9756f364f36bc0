"""The webhook inbox on PostgreSQL."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import override
from uuid import UUID

import asyncpg

from adapters.postgres.pool import Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import tenant_transaction
from core.shared.ids import TenantId
from core.webhooks.errors import WebhookNotFoundError
from core.webhooks.webhook import Webhook, WebhookStatus, WebhookSummary, replay, take
from ports.paging import Page, PageRequest
from ports.webhooks import WebhookBacklog, WebhookInbox, WebhookLog, WebhookQueue

WEBHOOKS_CHANNEL = "payment_webhooks"
"""Notified in payment_db after a webhook was stored."""

_SUMMARY = """
    id, source, event_id, event_type, occurred_at, received_at, status, retry_count, due_at, error_message, note,
    processed_at
"""
"""What the app role may read, of its tenant's rows: the body is not among it."""

_COLUMNS = f"{_SUMMARY}, account, tenant_id, body"

_STORE = """
    update payment_webhooks
       set status = $2, retry_count = $3, due_at = $4, error_message = $5, note = $6, processed_at = $7, tenant_id = $8
     where id = $1
"""


class PostgresWebhookInbox(WebhookInbox):
    """Where webhooks are put, as the app role, which can never read a body again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def put(self, webhook: Webhook) -> bool:
        async with driver_errors_translated(), self._pool.acquire() as connection:
            status = await connection.execute(
                # No conflict target: naming one would need the right to read.
                f"""
                insert into payment_webhooks ({_COLUMNS})
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing
                """,  # noqa: S608 - built from our own column names
                webhook.id,
                webhook.source,
                webhook.event_id,
                webhook.event_type,
                webhook.occurred_at,
                webhook.received_at,
                webhook.status.value,
                webhook.retry_count,
                webhook.due_at,
                webhook.error_message,
                webhook.note,
                webhook.processed_at,
                webhook.account,
                webhook.tenant_id,
                webhook.body,
            )
            stored = rows_touched(status) == 1
            if stored:
                # After the commit, so that whoever is woken sees it, and commits do not queue up to be told of in turn.
                await connection.execute(f"notify {WEBHOOKS_CHANNEL}")
        return stored


class PostgresWebhookQueue(WebhookQueue):
    """The worker's view, as the relay role; the core says what becomes of each row, under a row lock."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def known(self, source: str, event_ids: Sequence[str]) -> Set[str]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                "select event_id from payment_webhooks where source = $1 and event_id = any ($2::text[])",
                source,
                list(event_ids),
            )
        return {row["event_id"] for row in rows}

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
            if taken:
                await connection.executemany(_STORE, [_stored(webhook) for webhook in taken])
        return [webhook for webhook in taken if webhook.status is WebhookStatus.PROCESSING]

    @override
    async def settle(self, leased: Webhook, outcome: Webhook) -> bool:
        # One statement for the look and the change: it looks again once it has the lock that it had to wait for.
        async with driver_errors_translated():
            status = await self._pool.execute(
                f"{_STORE} and status = 'processing' and due_at = $9 and retry_count = $10",
                *_stored(outcome),
                leased.due_at,
                leased.retry_count,
            )
        return rows_touched(status) == 1

    @override
    async def backlog(self, *, now: datetime) -> WebhookBacklog:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                """
                select count(*) filter (where status = 'received') as received,
                       count(*) filter (where status = 'processing') as processing,
                       count(*) filter (where status = 'retrying') as retrying,
                       count(*) filter (where status = 'failed') as failed,
                       coalesce(extract(epoch from $1 - min(received_at)), 0)::float8 as oldest_age_s
                from payment_webhooks where status <> 'completed'
                """,
                now,
            )
        assert row is not None, "an aggregate always gives a row"
        return WebhookBacklog(
            received=row["received"],
            processing=row["processing"],
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
            await connection.execute(_STORE, *_stored(again))
        return again

    @override
    async def prune(self, *, processed_before: datetime, webhooks_max: int) -> int:
        async with driver_errors_translated():
            status = await self._pool.execute(
                """
                delete from payment_webhooks where id = any (array(
                    select id from payment_webhooks where status = 'completed' and processed_at < $1
                    order by processed_at limit $2 for update skip locked
                )) and status = 'completed'
                """,
                processed_before,
                webhooks_max,
            )
        return rows_touched(status)


class PostgresWebhookLog(WebhookLog):
    """An organisation's view, as the app role: row-level security and grants keep other rows and all bodies from it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def page(
        self, tenant_id: TenantId, page: PageRequest, *, status: WebhookStatus | None
    ) -> Page[WebhookSummary]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            rows = await connection.fetch(
                f"""
                select {_SUMMARY} from payment_webhooks
                where tenant_id = $1 and ($2::text is null or status = $2) and ($3::uuid is null or id < $3)
                order by id desc limit $4
                """,  # noqa: S608 - as above
                tenant_id,
                status.value if status else None,
                page.after,
                page.limit + 1,
            )
        items = tuple(_summary(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    @override
    async def replay(self, tenant_id: TenantId, webhook_id: UUID, *, now: datetime) -> WebhookSummary:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            row = await connection.fetchrow(
                f"""
                select {_SUMMARY} from payment_webhooks where tenant_id = $1 and id = $2 for update
                """,  # noqa: S608 - as above
                tenant_id,
                webhook_id,
            )
            if row is None:
                raise WebhookNotFoundError(f"There is no webhook {webhook_id}.")
            again = replay(_summary(row), now=now)
            await connection.execute(
                """
                update payment_webhooks
                   set status = $3, retry_count = $4, due_at = $5, error_message = $6, note = $7, processed_at = $8
                 where tenant_id = $1 and id = $2
                """,
                tenant_id,
                webhook_id,
                *_progress(again),
            )
        return again


def _stored(webhook: Webhook) -> tuple[object, ...]:
    """Return what _STORE writes."""
    return (webhook.id, *_progress(webhook), webhook.tenant_id)


def _progress(webhook: Webhook | WebhookSummary) -> tuple[object, ...]:
    return (
        webhook.status.value,
        webhook.retry_count,
        webhook.due_at,
        webhook.error_message,
        webhook.note,
        webhook.processed_at,
    )


def _webhook(row: asyncpg.Record) -> Webhook:
    return Webhook(
        id=row["id"],
        source=row["source"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        account=row["account"],
        tenant_id=TenantId(row["tenant_id"]) if row["tenant_id"] else None,
        body=row["body"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        status=WebhookStatus(row["status"]),
        retry_count=row["retry_count"],
        due_at=row["due_at"],
        error_message=row["error_message"],
        note=row["note"],
        processed_at=row["processed_at"],
    )


def _summary(row: asyncpg.Record) -> WebhookSummary:
    return WebhookSummary(
        id=row["id"],
        source=row["source"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        status=WebhookStatus(row["status"]),
        retry_count=row["retry_count"],
        due_at=row["due_at"],
        error_message=row["error_message"],
        note=row["note"],
        processed_at=row["processed_at"],
    )
