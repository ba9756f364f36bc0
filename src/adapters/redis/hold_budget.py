"""Hold budgets that processes share: each tells the others through Redis what was spent with it, now and then.

A hash a spender, with a field for each slot of each process. A process writes totals of its own and no others, so a
command that is sent twice counts once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any, cast, override

from redis.asyncio import Redis

from adapters.memory.hold_budget import MemoryHoldBudget
from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from core.shared.windows import SLOTS
from ports.hold_budget import HoldBudget

SPENDERS_A_CALL = 500
SHARE = 1 / 8
"""Of a spender that spent less than this share of its limit here, nobody is told: an ordinary buyer costs nothing.

So n processes allow at most (1 + n / 8) times the limit, and what was spent since they told each other last.
"""
_COUNT_MAX = 1_000_000


class RedisHoldBudget(HoldBudget):
    """Decides in memory alone; `share` is called in the background.

    With Redis away each process keeps to the limits by itself, and Redis is left alone for `rest_s`.
    """

    def __init__(
        self,
        local: MemoryHoldBudget,
        client: Redis,
        *,
        prefix: str = "fairseat:holdbudget",
        share: float = SHARE,
        rest_s: float = REST_S,
    ) -> None:
        self._local = local
        self._client = client
        self._prefix = prefix
        self._share = share
        self._rest = Rest(rest_s)
        self._process = token_hex(8)

    @override
    def spend(self, spenders: Mapping[str, int], *, now: datetime) -> int:
        return self._local.spend(spenders, now=now)

    async def share(self) -> int:
        """Tell what was spent here, and learn what was spent elsewhere; return 1 where more may wait."""
        if self._rest:
            return 0
        busy = self._local.take_untold(share=self._share, spenders_max=SPENDERS_A_CALL)
        if not busy:
            return 0
        try:
            answers = await self._exchange(busy)
        except REDIS_FAILURES:
            self._rest.begin()
            self._local.put_back(busy)
            return 0
        for name, answer in zip(busy, answers, strict=True):
            self._local.learn(name, self._elsewhere(answer))
        return len(busy) // SPENDERS_A_CALL

    async def _exchange(self, busy: Mapping[str, Mapping[int, int]]) -> Sequence[object]:
        keep_s = self._local.window.seconds * (SLOTS + 2) // SLOTS + 1
        async with self._client.pipeline(transaction=False) as commands:
            for name, counts in busy.items():
                key = f"{self._prefix}:{{{name}}}"
                fields = {f"{slot}:{self._process}": count for slot, count in counts.items()}
                commands.hset(key, mapping=cast("dict[Any, Any]", fields))
                commands.expire(key, keep_s)
                commands.hgetall(key)
            answers = cast("list[object]", await commands.execute())
        return answers[2::3]

    def _elsewhere(self, answer: object) -> dict[int, int]:
        """Return what the other processes wrote, by slot; whatever makes no sense is passed over."""
        found: dict[int, int] = {}
        if not isinstance(answer, dict):
            return found
        for field, value in cast("dict[object, object]", answer).items():
            slot, _, process = str(field).partition(":")
            if process != self._process and slot.isdecimal() and str(value).isdecimal():
                count = min(int(str(value)[:9]), _COUNT_MAX)
                found[int(slot[:12])] = found.get(int(slot[:12]), 0) + count
        return found
