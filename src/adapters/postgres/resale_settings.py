"""Policies and declared facts on PostgreSQL: a row for what holds, and a row for each version, which stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import override
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.pool import Connection
from core.resale.policies.settings import Setting, Target
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, TenantId, TicketId, VenueId
from ports.ids import IdSource
from ports.resale.settings import SettingStore

_ENCODER = msgspec.json.Encoder(order="deterministic")

# `{current}` and `{changes}` are names of our own tables (see `SettingTables`), `{targets}` a condition of `_targets`.
_FIND = """
select id, venue_id, ticket_id, document::text as document, version, changed_by, changed_at from {current}
where tenant_id = $1 and ({targets})
"""
_ADD = """
insert into {current} (tenant_id, document, version, changed_by, changed_at, id, venue_id, ticket_id)
values ($1, $2::text::jsonb, $3, $4, $5, $6, $7, $8) on conflict do nothing returning id
"""
_CHANGE = """
update {current} set document = $2::text::jsonb, version = $3, changed_by = $4, changed_at = $5
where tenant_id = $1 and ({targets}) and version = $3 - 1 returning id
"""
_NOTE = """
insert into {changes} (tenant_id, document, version, changed_by, changed_at, setting_id)
values ($1, $2::text::jsonb, $3, $4, $5, $6)
"""
_CHANGES = """
select s.venue_id, s.ticket_id, c.document::text as document, c.version, c.changed_by, c.changed_at
from {changes} c join (select id, venue_id, ticket_id from {current} where tenant_id = $1 and ({targets})) s
  on c.tenant_id = $1 and c.setting_id = s.id
order by c.version desc limit $2
"""


@dataclass(frozen=True, slots=True)
class SettingTables[T]:
    """Where one kind of settings is kept, and how its document is read."""

    current: str
    changes: str
    decoder: msgspec.json.Decoder[T]

    def sql(self, statement: str, targets: str = "") -> str:
        """Return a statement of this module for these tables."""
        return statement.format(current=self.current, changes=self.changes, targets=targets)


class PostgresSettingStore[T](SettingStore[T]):
    """Settings of one kind in one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId, *, tables: SettingTables[T], ids: IdSource) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._tables = tables
        self._ids = ids

    @override
    async def find(self, target: Target) -> Setting[T] | None:
        found = await self._newest([target])
        return found.get(target)

    @override
    async def of(self, targets: Sequence[Target]) -> Sequence[Setting[T]]:
        found = await self._newest(targets)
        return [found[target] for target in targets if target in found and found[target].value is not None]

    async def _newest(self, targets: Sequence[Target]) -> dict[Target, Setting[T]]:
        condition, values = _targets(targets, after=1)
        rows = await self._connection.fetch(self._tables.sql(_FIND, condition), self._tenant_id, *values)
        settings = [self._setting(row) for row in rows]
        return {setting.target: setting for setting in settings}

    @override
    async def put(self, setting: Setting[T]) -> None:
        written = (
            self._tenant_id,
            _ENCODER.encode(setting.value).decode() if setting.value is not None else None,
            setting.version,
            setting.changed_by,
            setting.changed_at,
        )
        target = setting.target
        if setting.version == 1:
            made = (self._ids.new(), target.venue_id, target.ticket_id)
            setting_id = await self._connection.fetchval(self._tables.sql(_ADD), *written, *made)
        else:
            condition, values = _targets([target], after=len(written))
            setting_id = await self._connection.fetchval(self._tables.sql(_CHANGE, condition), *written, *values)
        if setting_id is None:
            raise StaleVersionError("The setting was changed by somebody else.")
        await self._connection.execute(self._tables.sql(_NOTE), *written, setting_id)

    @override
    async def changes(self, target: Target, *, changes_max: int) -> Sequence[Setting[T]]:
        condition, values = _targets([target], after=2)
        rows = await self._connection.fetch(
            self._tables.sql(_CHANGES, condition), self._tenant_id, changes_max, *values
        )
        return [self._setting(row) for row in rows]

    def _setting(self, row: asyncpg.Record) -> Setting[T]:
        venue_id, ticket_id, document = row["venue_id"], row["ticket_id"], row["document"]
        return Setting(
            target=Target(
                VenueId(venue_id) if venue_id is not None else None,
                TicketId(ticket_id) if ticket_id is not None else None,
            ),
            value=self._tables.decoder.decode(document) if document is not None else None,
            version=row["version"],
            changed_by=AccountId(row["changed_by"]),
            changed_at=row["changed_at"],
        )


def _targets(targets: Sequence[Target], *, after: int) -> tuple[str, list[UUID]]:
    """Return a condition that an index answers, which `is not distinct from` is not, and the values that it names.

    The values are numbered from the one `after` those that the statement has already.
    """
    conditions: list[str] = []
    values: list[UUID] = []
    for target in targets:
        parts: list[str] = []
        for column, value in (("venue_id", target.venue_id), ("ticket_id", target.ticket_id)):
            if value is None:
                parts.append(f"{column} is null")
            else:
                values.append(value)
                parts.append(f"{column} = ${after + len(values)}")
        conditions.append(f"({' and '.join(parts)})")
    return " or ".join(conditions), values
