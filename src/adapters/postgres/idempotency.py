"""Idempotency keys on PostgreSQL: one row a key; the claim is one statement, so two at once cannot both win."""

from datetime import datetime, timedelta
from typing import override

import msgspec

from adapters.postgres.pool import Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import tenant_transaction
from ports.idempotency import (
    Fresh,
    IdempotencyClaim,
    IdempotencyScope,
    IdempotencyStore,
    Mismatch,
    Replay,
    Running,
    StoredAnswer,
)


class PostgresIdempotencyStore(IdempotencyStore):
    """Keys of one service, in its own database; `relay` prunes across tenants."""

    def __init__(self, pool: Pool, relay: Pool) -> None:
        self._pool = pool
        self._relay = relay

    @override
    async def claim(
        self, scope: IdempotencyScope, *, request_hash: bytes, now: datetime, lease_s: int, keep_s: int
    ) -> IdempotencyClaim:
        async with tenant_transaction(self._pool, scope.tenant_id) as connection:
            won = await connection.fetchval(
                """
                insert into idempotency_keys as k
                    (tenant_id, account_id, key, request_hash, leased_until, expires_at)
                values ($1, $2, $3, $4, $5, $6)
                on conflict on constraint idempotency_keys_scope do update
                   set request_hash = excluded.request_hash, leased_until = excluded.leased_until,
                       expires_at = excluded.expires_at, status = null, headers = null, body = null
                 where k.expires_at <= $7
                    or (k.status is null and k.leased_until <= $7 and k.request_hash = excluded.request_hash)
                returning true
                """,
                scope.tenant_id,
                scope.account_id,
                scope.key,
                request_hash,
                now + timedelta(seconds=lease_s),
                now + timedelta(seconds=keep_s),
                now,
            )
            if won:
                return Fresh()
            row = await connection.fetchrow(
                """
                select request_hash, status, headers::text as headers, body, leased_until from idempotency_keys
                where tenant_id is not distinct from $1 and account_id = $2 and key = $3
                """,
                scope.tenant_id,
                scope.account_id,
                scope.key,
            )
        if row is None:  # abandoned between the two statements
            return Running(retry_after_s=1)
        if row["request_hash"] != request_hash:
            return Mismatch()
        if row["status"] is None:
            return Running(retry_after_s=max(1, min(lease_s, int((row["leased_until"] - now).total_seconds()))))
        headers = msgspec.json.decode(row["headers"], type=tuple[tuple[str, str], ...])
        return Replay(StoredAnswer(status=row["status"], headers=headers, body=row["body"]))

    @override
    async def complete(self, scope: IdempotencyScope, answer: StoredAnswer, *, now: datetime) -> None:
        async with tenant_transaction(self._pool, scope.tenant_id) as connection:
            await connection.execute(
                """
                update idempotency_keys set status = $4, headers = $5::text::jsonb, body = $6, leased_until = $7
                where tenant_id is not distinct from $1 and account_id = $2 and key = $3
                """,
                scope.tenant_id,
                scope.account_id,
                scope.key,
                answer.status,
                msgspec.json.encode(answer.headers).decode(),
                answer.body,
                now,
            )

    @override
    async def abandon(self, scope: IdempotencyScope) -> None:
        async with tenant_transaction(self._pool, scope.tenant_id) as connection:
            await connection.execute(
                """
                delete from idempotency_keys
                where tenant_id is not distinct from $1 and account_id = $2 and key = $3 and status is null
                """,
                scope.tenant_id,
                scope.account_id,
                scope.key,
            )

    @override
    async def prune(self, *, now: datetime, keys_max: int) -> int:
        async with driver_errors_translated():
            status = await self._relay.execute(
                """
                delete from idempotency_keys where ctid = any(array(
                    select ctid from idempotency_keys where expires_at <= $1 limit $2 for update skip locked
                ))
                """,
                now,
                keys_max,
            )
        return rows_touched(status)
