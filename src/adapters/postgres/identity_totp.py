"""Second factors on PostgreSQL: each change is one statement that says what it must find."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, rows_touched
from adapters.system.sealed_keys import Seal, SealBrokenError
from core.identity.totp import TotpFactor
from core.shared.ids import AccountId
from ports.identity.second_factor import TotpStore
from ports.stores import StoreUnavailableError

_PURPOSE = b"fairseat one-time passwords, AES-256-GCM"


def totp_seal(secret: bytes) -> Seal:
    """Return what seals the secrets of apps, each for its account; raises ValueError for a short secret."""
    return Seal(secret, purpose=_PURPOSE)


class PostgresTotp(TotpStore):
    """The second factors that one open transaction may see: its account's."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    @override
    async def find(self, account_id: AccountId) -> TotpFactor | None:
        row = await self._connection.fetchrow("select * from totp_factors where account_id = $1", account_id)
        return self._factor_of(row)

    @override
    async def lock(self, account_id: AccountId) -> TotpFactor | None:
        row = await self._connection.fetchrow("select * from totp_factors where account_id = $1 for update", account_id)
        return self._factor_of(row)

    @override
    async def enrol(self, factor: TotpFactor) -> bool:
        status = await self._connection.execute(
            """
            insert into totp_factors (account_id, sealed_secret, enrolled_at) values ($1, $2, $3)
            on conflict (account_id) do update set sealed_secret = excluded.sealed_secret,
                enrolled_at = excluded.enrolled_at
            where totp_factors.confirmed_at is null
            """,
            factor.account_id,
            self._seal.close(factor.secret, bound_to=factor.account_id.bytes),
            factor.enrolled_at,
        )
        return rows_touched(status) == 1

    @override
    async def confirm(self, factor: TotpFactor, *, recovery_digests: Sequence[bytes]) -> None:
        await self._connection.execute(
            "update totp_factors set confirmed_at = $2, last_step = $3 where account_id = $1",
            factor.account_id,
            factor.confirmed_at,
            factor.last_step,
        )
        await self._connection.execute("delete from totp_recovery_codes where account_id = $1", factor.account_id)
        await self._connection.execute(
            "insert into totp_recovery_codes (account_id, digest) select $1, unnest($2::bytea[])",
            factor.account_id,
            list(recovery_digests),
        )

    @override
    async def use_step(self, account_id: AccountId, step: int) -> bool:
        status = await self._connection.execute(
            "update totp_factors set last_step = $2 where account_id = $1 and last_step < $2", account_id, step
        )
        return rows_touched(status) == 1

    @override
    async def use_recovery_code(self, account_id: AccountId, digest: bytes, *, at: datetime) -> bool:
        status = await self._connection.execute(
            """
            update totp_recovery_codes set spent_at = $3
            where account_id = $1 and digest = $2 and spent_at is null
            """,
            account_id,
            digest,
            at,
        )
        return rows_touched(status) == 1

    @override
    async def recovery_codes_left(self, account_id: AccountId) -> int:
        count = await self._connection.fetchval(
            "select count(*) from totp_recovery_codes where account_id = $1 and spent_at is null", account_id
        )
        return int(count or 0)

    @override
    async def remove(self, account_id: AccountId) -> None:
        await self._connection.execute("delete from totp_factors where account_id = $1", account_id)

    def _factor_of(self, row: asyncpg.Record | None) -> TotpFactor | None:
        if row is None:
            return None
        account_id = AccountId(row["account_id"])
        try:
            secret = self._seal.open(row["sealed_secret"], bound_to=account_id.bytes)
        except SealBrokenError:
            raise StoreUnavailableError("The secret of an authenticator app was sealed with another secret.") from None
        return TotpFactor(
            account_id=account_id,
            secret=secret,
            enrolled_at=row["enrolled_at"],
            confirmed_at=row["confirmed_at"],
            last_step=row["last_step"],
        )
