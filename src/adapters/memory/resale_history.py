"""Histories of passes in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from core.resale.transfers.history import HistoryEntry, KeptEntry, Lineage
from core.shared.ids import AccountId, PassId
from ports.resale.history import HistoryStore

type HistoryRows = dict[PassId, tuple[KeptEntry, ...]]


class MemoryHistoryStore(HistoryStore):
    """The histories of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: HistoryRows) -> None:
        self._rows = rows

    @override
    async def lock(self, lineage_id: PassId) -> Lineage:
        return await self.peek(lineage_id)

    @override
    async def count(self, lineage_id: PassId) -> int:
        return (await self.peek(lineage_id)).handed_on_count

    @override
    async def peek(self, lineage_id: PassId) -> Lineage:
        lineage = Lineage(lineage_id)
        for kept in self._rows.get(lineage_id, ()):
            lineage = lineage.after(kept)
        return lineage

    @override
    async def append(self, entry: HistoryEntry) -> KeptEntry:
        kept = (await self.peek(entry.lineage_id)).linked(entry)
        self._rows[entry.lineage_id] = (*self._rows.get(entry.lineage_id, ()), kept)
        return kept

    @override
    async def entries(self, lineage_id: PassId) -> Sequence[KeptEntry]:
        return self._rows.get(lineage_id, ())

    @override
    async def of_account(self, account_id: AccountId, *, since: datetime, entries_max: int) -> Sequence[KeptEntry]:
        found = [
            kept
            for entries in self._rows.values()
            for kept in entries
            if account_id in {kept.entry.from_account, kept.entry.to_account} and kept.entry.at >= since
        ]
        by_lineage = sorted(found, key=lambda kept: (kept.entry.lineage_id, -kept.position))
        return sorted(by_lineage, key=lambda kept: kept.entry.at, reverse=True)[:entries_max]
