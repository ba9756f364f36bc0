"""What auth_db keeps about one person: the account, its sessions and memberships, and the API keys that they made."""

from typing import Any, override
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.pool import Pool, rows_touched
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
}
"""Records by kind; what proves who somebody is (hashes, digests) is shown to nobody, the person included."""

_KEYS = """
select to_jsonb(t) - 'digest' from api_keys t
where t.tenant_id = $2 and (t.created_by = $1 or t.revoked_by = $1) order by t.id
"""

_KEPT = (
    KeptRecord(
        what="the account id on API keys that were made or revoked",
        why="the organisation's record of who opened its systems; the id leads nowhere any more",
    ),
)


class PostgresAuthData(PersonalData):
    """Works as the app role in transactions of the person; keys are found in the organisations that they work for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def collect(self, person: Person) -> Records:
        found: dict[str, list[dict[str, Any]]] = {}
        async with person_transaction(self._pool, person.account_id) as connection:
            for kind, query in _QUERIES.items():
                rows = await connection.fetch(query, person.account_id)
                if rows:
                    found[kind] = [_record(row) for row in rows]
        for membership in found.get("memberships", []):
            tenant_id = UUID(membership["tenant_id"])
            async with tenant_transaction(self._pool, tenant_id) as connection:
                rows = await connection.fetch(_KEYS, person.account_id, tenant_id)
            if rows:
                found.setdefault("apiKeys", []).extend(_record(row) for row in rows)
        return found

    @override
    async def erase(self, person: Person) -> Erasure:
        # Sessions and memberships go with the account, by their foreign keys.
        async with person_transaction(self._pool, person.account_id) as connection:
            status = await connection.execute("delete from accounts where id = $1", person.account_id)
        return Erasure({"account": 1} if rows_touched(status) else {}, _KEPT)


def _record(row: asyncpg.Record) -> dict[str, Any]:  # Any: records are as different as tables
    return msgspec.json.decode(row[0], type=dict[str, Any])
