"""What a PostgreSQL database keeps about one person, told by a plan: which rows, what is shown of them, what goes.

Whose rows they are is found across organisations, by policies that show each person's rows to a transaction of that
person (`person_found` in `security`). All that is read in full or changed is read and changed in a transaction of its
organisation, under the same policies as ever.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, override
from uuid import UUID

import msgspec

from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import person_transaction, tenant_transaction
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.events import Event
from ports.ids import IdSource
from ports.personal_data import Erasure, Person, PersonalData, PersonalDataAnswers, PersonMessages, Records
from ports.published.personal_data import KeptRecord
from ports.stores import StoreUnavailableError

NO_TENANT = UUID(int=0)
"""Whose the answers are where each message must have an organisation: nobody's."""

_NAMES = """
(payload::text like '%' || $1::uuid::text || '%'
 or ($2::text is not null and position($2::text in lower(payload::text)) > 0))
"""
_FORGET = f"""
delete from outbox where (published_at is not null or dead_at is not null) and {_NAMES}
"""  # noqa: S608 - our own words
_FORGET_ANSWERS = """
delete from idempotency_keys
where account_id = $1
   or ($2::text is not null and position($2::text in lower(encode(coalesce(body, ''), 'escape'))) > 0)
"""
"""Answers to others too that show the address, such as a guest's order. Other bytes than ASCII are escaped."""
_WAITING = f"""
select event_type from outbox
where published_at is null and dead_at is null and event_type <> all($3::text[]) and {_NAMES} limit 1
"""  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class PersonRows:
    """Rows of one table that are about a person. In SQL `$1` is the tenant, `$2` the account, `$3` the e-mail or null.

    `mine` says which rows, of the table as `t`; `finds` says the same where the tenant is not known yet, by columns
    that `person_found` guards (with `$1` the account and `$2` the e-mail), and is empty for tables whose rows hang on
    others. `shown` is the record, an expression of jsonb. `clears` is what an update sets, with `unless` for rows where
    nothing is left to clear, and `deletes` says that they go altogether.
    """

    kind: str
    table: str
    mine: str
    finds: str = ""
    shown: str = "to_jsonb(t) - 'tenant_id'"
    clears: str = ""
    unless: str = ""
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """All tables of one database that hold something of persons, and what of it is kept."""

    rows: tuple[PersonRows, ...]
    kept: tuple[KeptRecord, ...] = ()


class PostgresPersonalData(PersonalData):
    """Works by the plan of its service, as the app role."""

    def __init__(self, pool: Pool, plan: PersonPlan) -> None:
        self._pool = pool
        self._plan = plan

    @override
    async def collect(self, person: Person) -> Records:
        found: dict[str, list[dict[str, Any]]] = {}
        for tenant_id in await self._tenants(person):
            async with tenant_transaction(self._pool, tenant_id) as connection:
                for rows in self._plan.rows:
                    records = await _records(connection, rows, tenant_id, person)
                    if records:
                        found.setdefault(rows.kind, []).extend(records)
        return found

    @override
    async def erase(self, person: Person) -> Erasure:
        removed: dict[str, int] = {}
        for tenant_id in await self._tenants(person):
            async with tenant_transaction(self._pool, tenant_id) as connection:
                for rows in self._plan.rows:
                    count = await _forget(connection, rows, tenant_id, person)
                    if count:
                        removed[rows.kind] = removed.get(rows.kind, 0) + count
        return Erasure(removed, self._plan.kept)

    async def _tenants(self, person: Person) -> Sequence[UUID]:
        """Return the organisations that keep something about the person, in the order of their ids."""
        found: set[UUID] = set()
        async with person_transaction(self._pool, person.account_id, email=person.email) as connection:
            for rows in self._plan.rows:
                if rows.finds:
                    sql = f"select distinct t.tenant_id from {rows.table} t where ({rows.finds})"  # noqa: S608 - our plans
                    arguments = (person.account_id, person.email)
                    found.update(row["tenant_id"] for row in await connection.fetch(_typed(sql), *arguments))
        return sorted(found)


async def _records(connection: Connection, rows: PersonRows, tenant_id: UUID, person: Person) -> list[dict[str, Any]]:
    mine = f"t.tenant_id = $1 and ({rows.mine})"
    sql = f"select ({rows.shown})::text as record from {rows.table} t where {mine}"  # noqa: S608 - our plans
    found = await connection.fetch(_typed_in_tenant(sql), tenant_id, person.account_id, person.email)
    return [msgspec.json.decode(row["record"], type=dict[str, Any]) for row in found]


async def _forget(connection: Connection, rows: PersonRows, tenant_id: UUID, person: Person) -> int:
    mine = f"t.tenant_id = $1 and ({rows.mine})"
    if rows.deletes:
        sql = f"delete from {rows.table} t where {mine}"  # noqa: S608 - our plans
    elif rows.clears:
        left = f"not ({rows.unless or 'false'})"
        sql = f"update {rows.table} t set {rows.clears} where {mine} and {left}"  # noqa: S608 - our plans
    else:
        return 0
    return rows_touched(await connection.execute(_typed_in_tenant(sql), tenant_id, person.account_id, person.email))


def _typed(sql: str) -> str:
    """Name every parameter with its type, so that a statement may leave some of them out."""
    return f"{sql} and ($1::uuid is not null or $2::text is null)"


def _typed_in_tenant(sql: str) -> str:
    return f"{sql} and ($2::uuid is not null or $3::text is null)"


class PostgresPersonMessages(PersonMessages):
    """Works as the relay role, which sees the messages of every organisation."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def forget(self, person: Person, *, may_wait: Collection[str]) -> None:
        async with driver_errors_translated():
            await self._relay.execute(_FORGET_ANSWERS, person.account_id, person.email)
            await self._relay.execute(_FORGET, person.account_id, person.email)
            waits = await self._relay.fetchval(_WAITING, person.account_id, person.email, list(may_wait))
        if waits is not None:
            raise StoreUnavailableError(f"{waits}, which names the person, was not sent yet.")


class PostgresPersonalDataAnswers(PersonalDataAnswers):
    """Adds to the outbox of the service, as the app role; `tenant_owned` is false where messages may have no tenant."""

    def __init__(self, pool: Pool, ids: IdSource, clock: Clock, *, tenant_owned: bool) -> None:
        self._pool = pool
        self._ids = ids
        self._clock = clock
        self._tenant_id = NO_TENANT if tenant_owned else None

    @override
    async def send(self, answers: Sequence[Event], *, about: AccountId) -> None:
        now = self._clock.now()
        async with tenant_transaction(self._pool, self._tenant_id) as connection:
            outbox = PostgresOutbox(connection, tenant_id=self._tenant_id, ids=self._ids)
            for answer in answers:
                await outbox.add(answer, subject=about, at=now)
