"""Verdicts in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from typing import override

from core.resale.receipts.kept_verdict import KeptVerdict
from core.shared.ids import PassId, VerdictId
from ports.resale.verdicts import VerdictStore


class MemoryVerdictStore(VerdictStore):
    """The verdicts of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: dict[VerdictId, KeptVerdict]) -> None:
        self._rows = rows

    @override
    async def add(self, verdict: KeptVerdict) -> None:
        assert verdict.id not in self._rows, "the id of a verdict is new"
        self._rows[verdict.id] = verdict

    @override
    async def get(self, verdict_id: VerdictId) -> KeptVerdict | None:
        return self._rows.get(verdict_id)

    @override
    async def of_pass(self, pass_id: PassId, *, verdicts_max: int) -> Sequence[KeptVerdict]:
        found = [verdict for verdict in self._rows.values() if verdict.pass_id == pass_id]
        return sorted(found, key=lambda verdict: verdict.id, reverse=True)[:verdicts_max]
