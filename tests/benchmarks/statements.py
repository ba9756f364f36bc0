"""How many statements PostgreSQL was sent, by database: counted by the server itself (pg_stat_statements)."""

from collections import Counter
from collections.abc import Mapping

import asyncpg

from adapters.embedded.postgres import EmbeddedPostgres

_COUNTS = """
select d.datname, s.query, sum(s.calls)::bigint as calls
from pg_stat_statements s join pg_database d on d.oid = s.dbid
where d.datname <> current_database() group by 1, 2
"""
_COMMITS = frozenset({"commit", "commit;"})


class Statements:
    """The counts of one server, from `begin` on."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._url = server.admin_url("postgres")
        self.counted = False

    async def prepare(self) -> None:
        """Let the server count, which takes a restart; without its extension nothing is counted."""
        connection = await asyncpg.connect(self._url)
        try:
            self.counted = bool(
                await connection.fetchval(
                    "select exists (select from pg_available_extensions where name = 'pg_stat_statements')"
                )
            )
            if not self.counted:
                return
            await connection.execute("alter system set shared_preload_libraries = 'pg_stat_statements'")
        finally:
            await connection.close()
        self._server.stop()
        self._server.start()
        await self._execute("create extension pg_stat_statements")

    async def begin(self) -> None:
        """Count from now on."""
        if self.counted:
            await self._execute("select pg_stat_statements_reset()")

    async def count(self) -> Mapping[str, int]:
        """Return the statements by database since the beginning, BEGIN and COMMIT included."""
        counts: Counter[str] = Counter()
        for row in await self._rows():
            counts[row["datname"]] += row["calls"]
        return counts

    async def commits(self) -> int:
        """Return how many transactions of several statements were committed since the beginning."""
        return sum(row["calls"] for row in await self._rows() if row["query"].lower() in _COMMITS)

    async def _rows(self) -> list[asyncpg.Record]:
        if not self.counted:
            return []
        connection = await asyncpg.connect(self._url)
        try:
            return list(await connection.fetch(_COUNTS))
        finally:
            await connection.close()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
