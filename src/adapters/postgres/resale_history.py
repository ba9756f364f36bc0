"""Histories of passes on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection
from core.resale.law.facts import PriceComponents, Where
from core.resale.transfers.history import START, HistoryEntry, HistoryKind, KeptEntry, Lineage
from core.shared.ids import AccountId, PassId, TenantId, TicketId, VerdictId
from core.shared.money import Money
from ports.resale.history import HistoryStore

_COMPONENTS = msgspec.json.Decoder(PriceComponents)
_LINEAGE = "select id, entries_count, handed_on_count, head from resale_lineages where tenant_id = $1 and id = $2"
_COLUMNS = """
    lineage_id, position, ticket_id, kind, at, from_account_id, to_account_id, pass_id, old_pass_id, price_minor,
    currency, components::text as components, country, subdivision, verdict_id, prev_hash, hash
"""
_SELECT = f"select {_COLUMNS} from transfer_history where tenant_id = $1"  # noqa: S608 - our own column names
_APPEND = """
insert into transfer_history (tenant_id, lineage_id, position, ticket_id, kind, at, from_account_id, to_account_id,
    pass_id, old_pass_id, price_minor, currency, components, country, subdivision, verdict_id, prev_hash, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::text::jsonb, $14, $15, $16, $17, $18)
"""
_MOVE_ON = """
update resale_lineages set entries_count = $3, handed_on_count = $4, head = $5 where tenant_id = $1 and id = $2
"""
# Each half is read by an index of its own; `union` leaves out what a person gave to itself.
_OF_ACCOUNT = f"""
select * from (
    (select {_COLUMNS} from transfer_history where tenant_id = $1 and from_account_id = $2 and at >= $3
     order by at desc limit $4)
    union
    (select {_COLUMNS} from transfer_history where tenant_id = $1 and to_account_id = $2 and at >= $3
     order by at desc limit $4)
) entries order by at desc, lineage_id, position desc limit $4
"""  # noqa: S608 - as above


class PostgresHistoryStore(HistoryStore):
    """The histories of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def lock(self, lineage_id: PassId) -> Lineage:
        await self._connection.execute(
            "insert into resale_lineages (tenant_id, id) values ($1, $2) on conflict do nothing",
            self._tenant_id,
            lineage_id,
        )
        row = await self._connection.fetchrow(f"{_LINEAGE} for update", self._tenant_id, lineage_id)
        return _lineage(lineage_id, row)

    @override
    async def count(self, lineage_id: PassId) -> int:
        return (await self.lock(lineage_id)).handed_on_count

    @override
    async def peek(self, lineage_id: PassId) -> Lineage:
        return _lineage(lineage_id, await self._connection.fetchrow(_LINEAGE, self._tenant_id, lineage_id))

    @override
    async def append(self, entry: HistoryEntry) -> KeptEntry:
        lineage = await self.lock(entry.lineage_id)
        kept = lineage.linked(entry)
        await self._connection.execute(
            _APPEND,
            self._tenant_id,
            entry.lineage_id,
            kept.position,
            entry.ticket_id,
            entry.kind.value,
            entry.at,
            entry.from_account,
            entry.to_account,
            entry.pass_id,
            entry.old_pass_id,
            entry.price.amount_minor if entry.price is not None else None,
            entry.price.currency if entry.price is not None else None,
            msgspec.json.encode(entry.components).decode() if entry.components is not None else None,
            entry.place.country if entry.place is not None else None,
            entry.place.subdivision if entry.place is not None else None,
            entry.verdict_id,
            kept.prev_hash,
            kept.hash,
        )
        moved = lineage.after(kept)
        await self._connection.execute(
            _MOVE_ON, self._tenant_id, moved.id, moved.entries_count, moved.handed_on_count, moved.head
        )
        return kept

    @override
    async def entries(self, lineage_id: PassId) -> Sequence[KeptEntry]:
        rows = await self._connection.fetch(
            f"{_SELECT} and lineage_id = $2 order by position", self._tenant_id, lineage_id
        )
        return [_kept(row) for row in rows]

    @override
    async def of_account(self, account_id: AccountId, *, since: datetime, entries_max: int) -> Sequence[KeptEntry]:
        rows = await self._connection.fetch(_OF_ACCOUNT, self._tenant_id, account_id, since, entries_max)
        return [_kept(row) for row in rows]


def _lineage(lineage_id: PassId, row: asyncpg.Record | None) -> Lineage:
    if row is None:
        return Lineage(lineage_id)
    head = START if row["head"] is None else row["head"]
    return Lineage(lineage_id, row["entries_count"], row["handed_on_count"], head)


def _kept(row: asyncpg.Record) -> KeptEntry:
    price, country = row["price_minor"], row["country"]
    entry = HistoryEntry(
        lineage_id=PassId(row["lineage_id"]),
        kind=HistoryKind(row["kind"]),
        at=row["at"],
        ticket_id=TicketId(row["ticket_id"]),
        pass_id=PassId(row["pass_id"]),
        old_pass_id=PassId(row["old_pass_id"]) if row["old_pass_id"] is not None else None,
        from_account=AccountId(row["from_account_id"]) if row["from_account_id"] is not None else None,
        to_account=AccountId(row["to_account_id"]) if row["to_account_id"] is not None else None,
        price=Money(price, row["currency"]) if price is not None else None,
        components=_COMPONENTS.decode(row["components"]) if row["components"] is not None else None,
        place=Where(country=country, subdivision=row["subdivision"]) if country is not None else None,
        verdict_id=VerdictId(row["verdict_id"]) if row["verdict_id"] is not None else None,
    )
    return KeptEntry(entry, row["position"], row["prev_hash"], row["hash"])
