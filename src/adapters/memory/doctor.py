"""What the doctor reads and has mended, in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import override
from uuid import UUID

from core.doctor.facts import Key, Keyed, Span
from core.doctor.repairs import Repair, TimerKind
from ports.doctor import DeadLetterQueues, Facts, Repairs, TimersArmed


class MemoryFacts[F: Keyed](Facts[F]):
    """Things that were given, and may be given anew."""

    def __init__(self, facts: Iterable[F] = ()) -> None:
        self.facts = list(facts)

    @override
    async def page(self, span: Span, *, facts_max: int) -> Sequence[F]:
        found = sorted((each for each in self.facts if span.after < each.key <= span.until), key=lambda one: one.key)
        return found[:facts_max]

    @override
    async def of(self, keys: Collection[Key]) -> Mapping[Key, F]:
        wanted = frozenset(keys)
        return {each.key: each for each in self.facts if each.key in wanted}


class MemoryTimersArmed(TimersArmed):
    """Timers that are said to wait."""

    def __init__(self) -> None:
        self.waiting: set[tuple[TimerKind, Key]] = set()

    @override
    async def armed(self, kind: TimerKind, keys: Collection[Key]) -> frozenset[Key]:
        return frozenset(key for key in keys if (kind, key) in self.waiting)


class MemoryDeadLetters(DeadLetterQueues):
    """Depths that were given. In one process events are handed over without queues, so that there are none."""

    def __init__(self, depths: Mapping[str, int] | None = None) -> None:
        self._depths = dict(depths or {})

    @override
    async def depths(self) -> Mapping[str, int]:
        return self._depths


class MemoryRepairs(Repairs):
    """Remembers what it was to do."""

    def __init__(self) -> None:
        self.done: list[tuple[UUID, Repair]] = []

    @override
    async def do(self, tenant_id: UUID, repair: Repair) -> None:
        self.done.append((tenant_id, repair))
