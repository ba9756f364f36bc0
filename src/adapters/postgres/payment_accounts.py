"""Connected accounts on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.payments.accounts import AccountOwner, ConnectedAccount, OwnerKind, Requirements
from core.payments.platform_fee import PlatformFee
from core.shared.ids import TenantId
from ports.payments.accounts import AccountDirectory, AccountStore

_COLUMNS = """
    tenant_id, owner_kind, owner_id, country, email, attempt, account_id, charges_enabled, payouts_enabled,
    details_submitted, requirements, requirements_deadline, disabled_reason, refusal, told_at, deauthorized_at,
    check_at, version, transfers_enabled, created_at, updated_at
"""
_INSERT = f"""
    insert into connected_accounts ({_COLUMNS})
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14, $15, $16, $17, $18, $19, $20,
            $21)
    on conflict on constraint connected_accounts_pkey do nothing
"""  # noqa: S608 - built from our own column names
_SELECT = f"""
    select {_COLUMNS.replace("requirements,", "requirements::text as requirements,")}
    from connected_accounts where tenant_id = $1 and owner_kind = $2 and owner_id = $3
"""  # noqa: S608 - as above
_UPDATE = """
    update connected_accounts
       set country = $4, email = $5, attempt = $6, account_id = $7, charges_enabled = $8, payouts_enabled = $9,
           details_submitted = $10, requirements = $11::text::jsonb, requirements_deadline = $12, disabled_reason = $13,
           refusal = $14, told_at = $15, deauthorized_at = $16, check_at = $17, version = $18, transfers_enabled = $19,
           updated_at = $20
     where tenant_id = $1 and owner_kind = $2 and owner_id = $3
"""


class _Due(msgspec.Struct, frozen=True):
    """The lists of fields, as they are stored."""

    currently_due: tuple[str, ...]
    past_due: tuple[str, ...]
    eventually_due: tuple[str, ...]


class PostgresAccountStore(AccountStore):
    """The connected accounts of one open transaction; locks are row locks."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, account: ConnectedAccount) -> bool:
        status = await self._connection.execute(
            _INSERT, *self._key(account.owner), *_state(account), account.created_at, account.updated_at
        )
        return rows_touched(status) == 1

    @override
    async def find(self, owner: AccountOwner) -> ConnectedAccount | None:
        return _account(await self._connection.fetchrow(_SELECT, *self._key(owner)))

    @override
    async def lock(self, owner: AccountOwner) -> ConnectedAccount | None:
        return _account(await self._connection.fetchrow(f"{_SELECT} for update", *self._key(owner)))

    @override
    async def save(self, account: ConnectedAccount) -> None:
        await self._connection.execute(_UPDATE, *self._key(account.owner), *_state(account), account.updated_at)

    def _key(self, owner: AccountOwner) -> tuple[object, ...]:
        return self._tenant_id, owner.kind.value, owner.id

    @override
    async def platform_fee(self) -> PlatformFee | None:
        row = await self._connection.fetchrow(
            "select basis_points, fixed_minor from platform_fees where tenant_id = $1", self._tenant_id
        )
        return PlatformFee(basis_points=row["basis_points"], fixed_minor=row["fixed_minor"]) if row else None

    @override
    async def agree_platform_fee(self, fee: PlatformFee | None, *, at: datetime) -> None:
        if fee is None:
            await self._connection.execute("delete from platform_fees where tenant_id = $1", self._tenant_id)
            return
        await self._connection.execute(
            """
            insert into platform_fees (tenant_id, basis_points, fixed_minor, updated_at) values ($1, $2, $3, $4)
            on conflict on constraint platform_fees_pkey
            do update set basis_points = excluded.basis_points, fixed_minor = excluded.fixed_minor,
                          updated_at = excluded.updated_at
            """,
            self._tenant_id,
            fee.basis_points,
            fee.fixed_minor,
            at,
        )


class PostgresAccountDirectory(AccountDirectory):
    """The worker's view, as the relay role, which reads just the columns that it needs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def owner(self, account_id: str) -> AccountOwner | None:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                "select tenant_id, owner_kind, owner_id from connected_accounts where account_id = $1", account_id
            )
        return _owner(row) if row is not None else None

    @override
    async def due(self, *, now: datetime, accounts_max: int) -> Sequence[AccountOwner]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                """
                select tenant_id, owner_kind, owner_id from connected_accounts
                where check_at <= $1 order by check_at limit $2
                """,
                now,
                accounts_max,
            )
        return [_owner(row) for row in rows]


def _owner(row: asyncpg.Record) -> AccountOwner:
    return AccountOwner(TenantId(row["tenant_id"]), OwnerKind(row["owner_kind"]), row["owner_id"])


def _state(account: ConnectedAccount) -> tuple[object, ...]:
    """Return what changes of an account, from `country` to `transfers_enabled` in the order of the columns."""
    due = account.requirements
    lists = _Due(currently_due=due.currently_due, past_due=due.past_due, eventually_due=due.eventually_due)
    return (
        account.country,
        account.email,
        account.attempt,
        account.account_id,
        account.charges_enabled,
        account.payouts_enabled,
        account.details_submitted,
        msgspec.json.encode(lists).decode(),
        due.deadline,
        due.disabled_reason,
        account.refusal,
        account.told_at,
        account.deauthorized_at,
        account.check_at,
        account.version,
        account.transfers_enabled,
    )


def _account(row: asyncpg.Record | None) -> ConnectedAccount | None:
    if row is None:
        return None
    due = msgspec.json.decode(row["requirements"], type=_Due)
    return ConnectedAccount(
        owner=_owner(row),
        country=row["country"],
        email=row["email"],
        attempt=row["attempt"],
        account_id=row["account_id"],
        charges_enabled=row["charges_enabled"],
        payouts_enabled=row["payouts_enabled"],
        details_submitted=row["details_submitted"],
        requirements=Requirements(
            currently_due=due.currently_due,
            past_due=due.past_due,
            eventually_due=due.eventually_due,
            deadline=row["requirements_deadline"],
            disabled_reason=row["disabled_reason"],
        ),
        refusal=row["refusal"],
        told_at=row["told_at"],
        deauthorized_at=row["deauthorized_at"],
        check_at=row["check_at"],
        version=row["version"],
        transfers_enabled=row["transfers_enabled"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
