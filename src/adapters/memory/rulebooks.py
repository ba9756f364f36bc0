"""Rulebooks in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from typing import override

from core.resale.law.activation import Activation, KeptRulebook, Schedule
from core.shared.errors import StaleVersionError
from ports.resale.rulebooks import RulebookKeeper


class MemoryRulebooks(RulebookKeeper):
    """What was imported and activated, for one process."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptRulebook] = {}
        self._schedule = Schedule()

    @override
    async def schedule(self) -> Schedule:
        return self._schedule

    @override
    async def kept(self, version: str) -> KeptRulebook | None:
        return self._kept.get(version)

    @override
    async def all(self) -> Sequence[KeptRulebook]:
        return sorted(self._kept.values(), key=lambda each: (each.imported_at, each.version))

    @override
    async def add(self, rulebook: KeptRulebook) -> bool:
        return self._kept.setdefault(rulebook.version, rulebook) is rulebook

    @override
    async def activate(self, activation: Activation) -> None:
        if activation.number != len(self._schedule.activations) + 1:
            raise StaleVersionError("Somebody else has activated a rulebook meanwhile. Look at the history again.")
        self._schedule = Schedule((*self._schedule.activations, activation))
