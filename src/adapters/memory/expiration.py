"""Timers in memory."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

from core.expiration.timer import Timer, TimerKind
from core.shared.ids import TenantId
from ports.expiration import Timers

type _Key = tuple[TimerKind, TenantId, UUID]


class MemoryTimers(Timers):
    """Remembers timers as long as the process lives."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, Timer] = {}
        self._leased: dict[_Key, tuple[datetime, Timer]] = {}

    @override
    async def schedule(self, *timers: Timer) -> None:
        for timer in timers:
            known = self._waiting.get(_key(timer))
            if known is None or known.due_at < timer.due_at:
                self._waiting[_key(timer)] = timer

    @override
    async def cancel(self, kind: TimerKind, subject_id: UUID, *, tenant_id: TenantId) -> None:
        self._waiting.pop((kind, tenant_id, subject_id), None)
        self._leased.pop((kind, tenant_id, subject_id), None)

    @override
    async def armed(self, kind: TimerKind, subjects: Sequence[tuple[TenantId, UUID]]) -> Set[tuple[TenantId, UUID]]:
        known = self._waiting.keys() | self._leased.keys()
        return {subject for subject in subjects if (kind, *subject) in known}

    @override
    async def claim_due(self, *, now: datetime, timers_max: int, lease_s: float) -> Sequence[Timer]:
        late = sorted((until, timer.due_at, key) for key, (until, timer) in self._leased.items() if until <= now)
        claimed = {key: self._leased[key][1] for _, _, key in late[:timers_max]}
        due = sorted((timer.due_at, key) for key, timer in self._waiting.items() if timer.due_at <= now)
        for _, key in due[: timers_max - len(claimed)]:
            claimed[key] = self._waiting.pop(key)
        for key, timer in claimed.items():
            self._leased[key] = (now + timedelta(seconds=lease_s), timer)
        return list(claimed.values())

    @override
    async def acknowledge(self, timer: Timer) -> None:
        leased = self._leased.get(_key(timer))
        if leased is not None and leased[1].due_at == timer.due_at:
            del self._leased[_key(timer)]


def _key(timer: Timer) -> _Key:
    return timer.kind, timer.tenant_id, timer.subject_id
