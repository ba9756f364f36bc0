"""Letters and mailed tokens on PostgreSQL: written with the change that they are about, sent by the relay's role."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from adapters.system.sealed_keys import Seal, SealBrokenError
from core.identity.letters import Letter
from core.identity.mail_tokens import MailToken, MailTokenPurpose
from core.shared.ids import AccountId
from ports.identity.letters import ClaimedLetter, LetterBacklog, LetterQueue, Letters, MailTokenStore

_PURPOSE = b"fairseat letters, AES-256-GCM"
_ERROR_LENGTH_MAX = 200


class LetterSeal:
    """Seals a letter for its own id: it holds a token, an address and a name."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, purpose=_PURPOSE)

    def close(self, letter: Letter) -> bytes:
        return self._seal.close(msgspec.json.encode(letter), bound_to=letter.id.bytes)

    def open(self, letter_id: UUID, sealed: bytes) -> Letter | None:
        """Return the letter; None where it was sealed with another secret, or by a release that wrote others."""
        try:
            return msgspec.json.decode(self._seal.open(sealed, bound_to=letter_id.bytes), type=Letter)
        except (SealBrokenError, msgspec.DecodeError):
            return None


class PostgresLetters(Letters):
    """The letters of one open transaction."""

    def __init__(self, connection: Connection, seal: LetterSeal) -> None:
        self._connection = connection
        self._seal = seal

    @override
    async def add(self, letter: Letter) -> bool:
        status = await self._connection.execute(
            """
            insert into mail_queue (id, account_id, kind, sealed, created_at, expires_at, due_at)
            values ($1, $2, $3, $4, $5, $6, $5) on conflict do nothing
            """,
            letter.id,
            letter.account_id,
            letter.kind.value,
            self._seal.close(letter),
            letter.created_at,
            letter.expires_at,
        )
        return rows_touched(status) == 1


class PostgresLetterQueue(LetterQueue):
    """The sender's view, through the relay role, which sees letters of every account."""

    def __init__(self, pool: Pool, *, secret: bytes) -> None:
        self._pool = pool
        self._seal = LetterSeal(secret)

    @override
    async def claim(self, *, now: datetime, letters_max: int, lease_s: float) -> Sequence[ClaimedLetter]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                """
                update mail_queue set leased_until = $1::timestamptz + $3::interval
                where id in (
                    select id from mail_queue
                    where dead_at is null and due_at <= $1 and coalesce(leased_until, $1) <= $1
                    order by due_at, id limit $2 for update skip locked
                )
                returning id, tries, sealed, due_at
                """,
                now,
                letters_max,
                timedelta(seconds=lease_s),
            )
        return [
            ClaimedLetter(id=row["id"], tries=row["tries"], letter=self._seal.open(row["id"], row["sealed"]))
            for row in sorted(rows, key=lambda row: (row["due_at"], row["id"]))
        ]

    @override
    async def done(self, letter_id: UUID) -> None:
        async with driver_errors_translated():
            await self._pool.execute("delete from mail_queue where id = $1", letter_id)

    @override
    async def failed(self, letter_id: UUID, *, error: str, at: datetime, retry_at: datetime | None) -> None:
        async with driver_errors_translated():
            await self._pool.execute(
                """
                update mail_queue set tries = tries + 1, last_error = $2, failed_at = $3, leased_until = null,
                       due_at = coalesce($4::timestamptz, due_at),
                       dead_at = case when $4::timestamptz is null then $3::timestamptz end,
                       sealed = case when $4::timestamptz is null then null else sealed end
                where id = $1 and dead_at is null
                """,
                letter_id,
                error[:_ERROR_LENGTH_MAX],
                at,
                retry_at,
            )

    @override
    async def backlog(self, *, now: datetime) -> LetterBacklog:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                """
                select count(*) filter (where dead_at is null) as waiting,
                       count(*) filter (where dead_at is not null) as dead,
                       coalesce(extract(epoch from $1 - min(created_at) filter (where dead_at is null)), 0)::float8
                           as age,
                       (array_agg(last_error order by failed_at desc) filter (where failed_at is not null))[1]
                           as last_error
                from mail_queue
                """,
                now,
            )
        assert row is not None, "an aggregate always gives a row"
        return LetterBacklog(
            waiting=row["waiting"], dead=row["dead"], oldest_age_s=max(row["age"], 0.0), last_error=row["last_error"]
        )

    @override
    async def forget_dead(self, *, before: datetime, letters_max: int) -> int:
        async with driver_errors_translated():
            status = await self._pool.execute(
                """
                delete from mail_queue where id in (
                    select id from mail_queue where dead_at < $1 order by id limit $2 for update skip locked
                )
                """,
                before,
                letters_max,
            )
        return rows_touched(status)


class PostgresMailTokens(MailTokenStore):
    """The mailed tokens within one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @override
    async def add(self, token: MailToken) -> None:
        await self._connection.execute(
            "insert into mail_tokens (digest, account_id, purpose, issued_at, expires_at) values ($1, $2, $3, $4, $5)",
            token.digest,
            token.account_id,
            token.purpose.value,
            token.issued_at,
            token.expires_at,
        )

    @override
    async def find(self, digest: bytes) -> MailToken | None:
        return _token_of(await self._connection.fetchrow("select * from mail_tokens where digest = $1", digest))

    @override
    async def lock(self, digest: bytes) -> MailToken | None:
        row = await self._connection.fetchrow("select * from mail_tokens where digest = $1 for update", digest)
        return _token_of(row)

    @override
    async def spend(self, token: MailToken) -> None:
        await self._connection.execute(
            "update mail_tokens set spent_at = $2 where digest = $1", token.digest, token.spent_at
        )

    @override
    async def spend_all(self, account_id: AccountId, purpose: MailTokenPurpose, *, at: datetime) -> None:
        await self._connection.execute(
            "update mail_tokens set spent_at = $3 where account_id = $1 and purpose = $2 and spent_at is null",
            account_id,
            purpose.value,
            at,
        )

    @override
    async def forget_expired(self, *, before: datetime, tokens_max: int) -> int:
        status = await self._connection.execute(
            "delete from mail_tokens where digest in (select digest from mail_tokens where expires_at < $1 limit $2)",
            before,
            tokens_max,
        )
        return rows_touched(status)


def _token_of(row: asyncpg.Record | None) -> MailToken | None:
    if row is None:
        return None
    return MailToken(
        digest=row["digest"],
        account_id=AccountId(row["account_id"]),
        purpose=MailTokenPurpose(row["purpose"]),
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        spent_at=row["spent_at"],
    )
