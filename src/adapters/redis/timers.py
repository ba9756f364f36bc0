"""Timers in Redis: a sorted set of those that wait, another of those that are leased, and the times of the latter.

Each command is one Lua script, so it happens whole or not at all. Only commands of Redis 7 and Valkey 7 are used.
"""

from collections.abc import AsyncGenerator, Sequence, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast, override
from uuid import UUID

from redis.asyncio import Redis

from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from core.expiration.timer import Timer, TimerKind
from core.shared.ids import TenantId
from ports.expiration import Timers, TimersUnavailableError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# KEYS: waiting, leased, dues. ARGV: now (ms), timers_max, end of the lease (ms). Answers member, due, member, due, …
_CLAIM = """
local claimed = {}
local late = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(late) do
  redis.call('ZADD', KEYS[2], ARGV[3], member)
  claimed[#claimed + 1] = member
  claimed[#claimed + 1] = redis.call('HGET', KEYS[3], member) or ARGV[1]
end
local room = tonumber(ARGV[2]) - #late
if room > 0 then
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, room)
  for i = 1, #due, 2 do
    redis.call('ZREM', KEYS[1], due[i])
    redis.call('ZADD', KEYS[2], ARGV[3], due[i])
    redis.call('HSET', KEYS[3], due[i], due[i + 1])
    claimed[#claimed + 1] = due[i]
    claimed[#claimed + 1] = due[i + 1]
  end
end
return claimed
"""

# KEYS: leased, dues. ARGV: member, due (ms). A member that was leased again for another time is left alone.
_ACKNOWLEDGE = """
if redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2] then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
end
return 0
"""


class RedisTimers(Timers):
    """The timers under one prefix; the braces keep its keys on one node of a cluster.

    After a failure no timer is scheduled or cancelled for `rest_s`: that raises at once. Many events come with a timer
    each, and if each waited for a Redis that hangs, what else is told of orders and seats would wait behind them.
    """

    def __init__(self, client: Redis, *, prefix: str = "fairseat:expiration", rest_s: float = REST_S) -> None:
        self._client = client
        self._rest = Rest(rest_s)
        self._waiting = f"{{{prefix}}}:waiting"
        self._leased = f"{{{prefix}}}:leased"
        self._dues = f"{{{prefix}}}:dues"
        self._claim = client.register_script(_CLAIM)
        self._acknowledge = client.register_script(_ACKNOWLEDGE)

    @override
    async def schedule(self, *timers: Timer) -> None:
        if not timers:
            return
        dues: dict[str, int] = {}
        for timer in timers:
            dues[_member(timer)] = max(_due_ms(timer), dues.get(_member(timer), 0))
        async with self._unless_resting():
            await self._client.zadd(self._waiting, dues, gt=True)

    @override
    async def cancel(self, kind: TimerKind, subject_id: UUID, *, tenant_id: TenantId) -> None:
        member = _member_of(kind, tenant_id, subject_id)
        async with self._unless_resting(), self._client.pipeline(transaction=True) as commands:
            commands.zrem(self._waiting, member)
            commands.zrem(self._leased, member)
            commands.hdel(self._dues, member)
            await commands.execute()

    @override
    async def armed(self, kind: TimerKind, subjects: Sequence[tuple[TenantId, UUID]]) -> Set[tuple[TenantId, UUID]]:
        if not subjects:
            return frozenset()
        members = [_member_of(kind, tenant_id, subject_id) for tenant_id, subject_id in subjects]
        async with _errors_translated(), self._client.pipeline(transaction=True) as commands:
            commands.zmscore(self._waiting, members)
            commands.zmscore(self._leased, members)
            waiting, leased = cast("list[list[float | None]]", await commands.execute())
        scores = zip(subjects, waiting, leased, strict=True)
        return {subject for subject, *known in scores if known != [None, None]}

    @override
    async def claim_due(self, *, now: datetime, timers_max: int, lease_s: float) -> Sequence[Timer]:
        lease_ends_at = now + timedelta(seconds=lease_s)
        async with _errors_translated():
            answer = await self._claim(
                keys=[self._waiting, self._leased, self._dues],
                args=[_milliseconds(now), timers_max, _milliseconds(lease_ends_at)],
            )
            flat = cast("list[str]", answer)
            # A subject may come twice: its lease ran out, and it was scheduled anew and is due again. The later stands.
            claimed = dict(zip(flat[::2], flat[1::2], strict=True))
            return [_timer(member, due_ms=int(due)) for member, due in claimed.items()]

    @override
    async def acknowledge(self, timer: Timer) -> None:
        async with _errors_translated():
            await self._acknowledge(keys=[self._leased, self._dues], args=[_member(timer), str(_due_ms(timer))])

    @asynccontextmanager
    async def _unless_resting(self) -> AsyncGenerator[None]:
        if self._rest:
            raise TimersUnavailableError("Redis failed a moment ago")
        try:
            async with _errors_translated():
                yield
        except TimersUnavailableError:
            self._rest.begin()
            raise


@asynccontextmanager
async def _errors_translated() -> AsyncGenerator[None]:
    try:
        yield
    except REDIS_FAILURES as error:
        raise TimersUnavailableError(f"{type(error).__name__}: {error}") from error


def _milliseconds(moment: datetime) -> int:
    """Round down; a float would be off by one at times."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _due_ms(timer: Timer) -> int:
    """Round up, so that no timer fires before its time."""
    return -((_EPOCH - timer.due_at) // timedelta(milliseconds=1))


def _member(timer: Timer) -> str:
    return _member_of(timer.kind, timer.tenant_id, timer.subject_id)


def _member_of(kind: TimerKind, tenant_id: TenantId, subject_id: UUID) -> str:
    return f"{kind}:{tenant_id}:{subject_id}"


def _timer(member: str, *, due_ms: int) -> Timer:
    kind, tenant_id, subject_id = member.split(":")
    due_at = _EPOCH + timedelta(milliseconds=due_ms)
    return Timer("order" if kind == "order" else "reservation", UUID(subject_id), TenantId(UUID(tenant_id)), due_at)
