"""Reading things of all organisations in pages, as a relay role, which sees just the columns that it needs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, override

import asyncpg

from adapters.postgres.pool import Pool, driver_errors_translated
from core.doctor.facts import Key, Keyed, Span
from ports.doctor import Facts

type Row = asyncpg.Record
type Value = Any  # what a column holds


@dataclass(frozen=True, slots=True)
class Query[F: Keyed]:
    """What to read: `columns` of `source`, whose key stands in `key`, where `where` holds; `read` makes sense of it."""

    columns: str
    source: str
    key: tuple[str, str]
    read: Callable[[Row], F]
    where: str = "true"


class PostgresFacts[F: Keyed](Facts[F]):
    """The things of one query. Each page is one statement, along the index that begins with the key."""

    def __init__(self, pool: Pool, query: Query[F]) -> None:
        self._pool = pool
        self._read = query.read
        tenant, id = query.key
        key = f"{tenant}, {id}"
        named = f"select {tenant} as key_tenant, {id} as key_id, {query.columns} from {query.source}"  # noqa: S608 (ours)
        self._page = (
            f"{named} where ({key}) > ($1, $2) and ({key}) <= ($3, $4) and {query.where} order by {key} limit $5"
        )
        wanted = f"join unnest($1::uuid[], $2::uuid[]) w (tenant_id, id) on w.tenant_id = {tenant} and w.id = {id}"
        self._of = f"{named} {wanted} where {query.where}"

    @override
    async def page(self, span: Span, *, facts_max: int) -> Sequence[F]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(self._page, *span.after, *span.until, facts_max)
        return [self._read(row) for row in rows]

    @override
    async def of(self, keys: Collection[Key]) -> Mapping[Key, F]:
        tenants, ids = [key.tenant_id for key in keys], [key.id for key in keys]
        async with driver_errors_translated():
            rows = await self._pool.fetch(self._of, tenants, ids)
        found = [self._read(row) for row in rows]
        return {each.key: each for each in found}


def key_of(row: Row) -> Key:
    """Return the key of what a row tells."""
    return Key(row["key_tenant"], row["key_id"])
