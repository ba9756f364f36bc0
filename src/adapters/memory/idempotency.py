"""Idempotency keys in memory."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from ports.idempotency import (
    Fresh,
    IdempotencyClaim,
    IdempotencyScope,
    IdempotencyStore,
    Mismatch,
    Replay,
    Running,
    StoredAnswer,
)


@dataclass(slots=True)
class _Key:
    request_hash: bytes
    leased_until: datetime
    expires_at: datetime
    answer: StoredAnswer | None = None

    def is_free(self, request_hash: bytes, now: datetime) -> bool:
        died = self.answer is None and self.leased_until <= now and self.request_hash == request_hash
        return self.expires_at <= now or died


class MemoryIdempotencyStore(IdempotencyStore):
    """One dictionary. No method awaits anything, so each is one step for all the tasks of the loop."""

    def __init__(self) -> None:
        self._keys: dict[IdempotencyScope, _Key] = {}

    @override
    async def claim(
        self, scope: IdempotencyScope, *, request_hash: bytes, now: datetime, lease_s: int, keep_s: int
    ) -> IdempotencyClaim:
        taken = self._keys.get(scope)
        if taken is None or taken.is_free(request_hash, now):
            self._keys[scope] = _Key(request_hash, now + timedelta(seconds=lease_s), now + timedelta(seconds=keep_s))
            return Fresh()
        if taken.request_hash != request_hash:
            return Mismatch()
        if taken.answer is None:
            return Running(retry_after_s=max(1, min(lease_s, int((taken.leased_until - now).total_seconds()))))
        return Replay(taken.answer)

    @override
    async def complete(self, scope: IdempotencyScope, answer: StoredAnswer, *, now: datetime) -> None:
        taken = self._keys.get(scope)
        if taken is not None:
            taken.answer, taken.leased_until = answer, now

    @override
    async def abandon(self, scope: IdempotencyScope) -> None:
        taken = self._keys.get(scope)
        if taken is not None and taken.answer is None:
            del self._keys[scope]

    @override
    async def prune(self, *, now: datetime, keys_max: int) -> int:
        over = [scope for scope, key in self._keys.items() if key.expires_at <= now][:keys_max]
        for scope in over:
            del self._keys[scope]
        return len(over)
