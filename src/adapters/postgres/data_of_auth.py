"""What auth_db keeps about one person: the account, its sessions and memberships, and the API keys that they made."""

from typing import Any, override
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.pool import Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import person_transaction, tenant_transaction
from ports.personal_data import Erasure, Person, PersonalData, Records
from ports.published.personal_data import KeptRecord

_QUERIES = {
    "account": "select to_jsonb(t) - '{password_hash,email_key}'::text[] from accounts t where t.id = $1",
    "sessions": "select to_jsonb(t) - 'account_id' from refresh_families t where t.account_id = $1 order by t.id",
    "memberships": """
        select to_jsonb(t) || jsonb_build_object('organisation', o.name)
        from memberships t join organisations o using (tenant_id) where t.account_id = $1 order by t.tenant_id
    """,
    "secondFactor": """
        select jsonb_build_object('enrolled_at', t.enrolled_at, 'confirmed_at', t.confirmed_at, 'recovery_codes_left', (
            select count(*) from totp_recovery_codes c where c.account_id = t.account_id and c.spent_at is null))
        from totp_factors t where t.account_id = $1
    """,
    "mailedTokens": "select to_jsonb(t) - '{digest,account_id}'::text[] from mail_tokens t where t.account_id = $1 "
    "order by t.issued_at",
}
"""Records by kind; what proves who somebody is (hashes, digests) is shown to nobody, the person included."""

_KEYS = """
select to_jsonb(t) - 'digest' from api_keys t
where t.tenant_id = $2 and (t.created_by = $1 or t.revoked_by = $1) order by t.id
"""

_LETTERS = """
select to_jsonb(t) - '{sealed,account_id,last_error}'::text[] from mail_queue t where t.account_id = $1 order by t.id
"""
"""Letters that wait, and those that could not be delivered; what was sent is kept by nobody but its mailbox."""

_KEPT = (
    KeptRecord(
        what="the account id on API keys that were made or revoked",
        why="the organisation's record of who opened its systems; the id leads nowhere any more",
    ),
)


class PostgresAuthData(PersonalData):
    """Works as the app role in transactions of the person; keys are found in the organisations that they work for.

    Letters are read as the relay role, since the app role puts them in and sees none.
    """

    def __init__(self, pool: Pool, relay: Pool) -> None:
        self._pool = pool
        self._relay = relay

    @override
    async def collect(self, person: Person) -> Records:
        found: dict[str, list[dict[str, Any]]] = {}
        async with person_transaction(self._pool, person.account_id) as connection:
            for kind, query in _QUERIES.items():
                rows = await connection.fetch(query, person.account_id)
                if rows:
                    found[kind] = [_record(row) for row in rows]
        async with driver_errors_translated():
            letters = await self._relay.fetch(_LETTERS, person.account_id)
        if letters:
            found["letters"] = [_record(row) for row in letters]
        for membership in found.get("memberships", []):
            tenant_id = UUID(membership["tenant_id"])
            async with tenant_transaction(self._pool, tenant_id) as connection:
                rows = await connection.fetch(_KEYS, person.account_id, tenant_id)
            if rows:
                found.setdefault("apiKeys", []).extend(_record(row) for row in rows)
        return found

    @override
    async def erase(self, person: Person) -> Erasure:
        # Sessions, memberships, letters, their tokens and the second factor go with the account, by their foreign keys.
        async with person_transaction(self._pool, person.account_id) as connection:
            status = await connection.execute("delete from accounts where id = $1", person.account_id)
        return Erasure({"account": 1} if rows_touched(status) else {}, _KEPT)


def _record(row: asyncpg.Record) -> dict[str, Any]:  # Any: records are as different as tables
    return msgspec.json.decode(row[0], type=dict[str, Any])
