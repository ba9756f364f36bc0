"""Rate limits that processes share: a hash a key with a count for each slot of the window, changed by one script.

Why slots, where the throttle of log-ins keeps each attempt: a limit of thousands would keep thousands of moments for
every caller. Why not two windows that are weighted: that lets twice the limit through for one who asks at the end of
one window and at the beginning of the next. Slots let through no more than the limit in any window, and remember what
was allowed up to a sixth of the window too long.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import cast, override

from redis.asyncio import Redis

from adapters.memory.rate_limits import MemoryRateLimiter
from adapters.redis.client import REDIS_FAILURES
from adapters.redis.rest import REST_S, Rest
from core.shared.windows import SLOTS, Window
from ports.rate_limits import Allowance, RateLimiter

QUIET_SHARE = 1 / 8
"""A key that had no more than this share of its limit is allowed without asking Redis, which hears of it later.

The share is that of all processes together. So an ordinary caller costs no way to Redis, and at most 1 + 1/8 times the
limit is allowed; with n processes more than were named, 1 + n/8 times.
"""

# Checked and counted in one step, by the clock of the server, which all processes share. What a process allowed by
# itself comes along with its age in slots. A command that is sent again because its answer was lost counts twice:
# too many are counted then, never too few.
_TAKE = f"""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, slot_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local slot = math.floor(now / slot_ms)
local first = slot - {SLOTS}
local counts, spent = {{}}, 0
local known = redis.call('HGETALL', KEYS[1])
for i = 1, #known, 2 do
  local at, count = tonumber(known[i]), tonumber(known[i + 1])
  if at and count and at >= first and at <= slot then
    counts[at] = count
    spent = spent + count
  else
    redis.call('HDEL', KEYS[1], known[i])
  end
end
local function count(at, more)
  counts[at] = (counts[at] or 0) + more
  spent = spent + more
  redis.call('HSET', KEYS[1], string.format('%d', at), counts[at])
  redis.call('PEXPIRE', KEYS[1], slot_ms * {SLOTS + 2})
end
for i = 3, #ARGV, 2 do
  count(slot - tonumber(ARGV[i]), tonumber(ARGV[i + 1]))
end
local allowed = 0
if spent < limit then
  allowed = 1
  count(slot, 1)
end
local room = limit - spent
for at = first, slot do
  if counts[at] then
    room = room + counts[at]
    if allowed == 1 or room > 0 then return {{allowed, spent, (at + {SLOTS + 1}) * slot_ms - now}} end
  end
end
return {{allowed, spent, slot_ms}}
"""


class RedisRateLimiter(RateLimiter):
    """Counts in Redis, and in this process as well, so that nobody begins anew when Redis goes away.

    While Redis is away this process allows the limit divided by `processes`, of which what it allowed before is taken;
    Redis is left alone for `rest_s` after a failure. Around the moments when Redis goes and comes back a window may
    have up to twice the limit: once by those that Redis counted, once by all processes alone.
    """

    def __init__(
        self,
        local: MemoryRateLimiter,
        client: Redis,
        *,
        processes: int = 1,
        quiet_share: float = QUIET_SHARE,
        prefix: str = "fairseat:requests",
        rest_s: float = REST_S,
    ) -> None:
        self._local = local
        self._client = client
        self._processes = processes
        self._quiet_share = quiet_share / processes
        self._prefix = prefix
        self._rest = Rest(rest_s)

    @override
    async def take(self, key: str, *, limit: int, window_s: int, now: datetime) -> Allowance:
        slot = Window(window_s).slot_of(now)
        if self._rest:
            return self._alone(key, limit=limit, window_s=window_s, now=now)
        here = self._local.decide(key, limit=limit, window_s=window_s, now=now)
        if not here.allowed:
            return here
        if limit - here.remaining <= limit * self._quiet_share:
            self._local.leave_untold(key, {slot: 1}, window_s=window_s)
            return here
        untold = self._local.take_untold(key, window_s=window_s)
        try:
            together = await self._ask(key, untold, slot, limit=limit, window_s=window_s)
        except BaseException as error:
            self._local.leave_untold(key, untold, window_s=window_s)
            if not isinstance(error, REDIS_FAILURES):
                raise  # the client has gone; whether Redis counted it is unknown, and it is counted here
            self._rest.begin()
            self._local.give_back(key, window_s=window_s, now=now)
            return self._alone(key, limit=limit, window_s=window_s, now=now)
        if not together.allowed:
            self._local.give_back(key, window_s=window_s, now=now)
        return together

    def _alone(self, key: str, *, limit: int, window_s: int, now: datetime) -> Allowance:
        """Decide without Redis, which hears of what was allowed when it is back."""
        share = max(1, limit // self._processes)
        allowance = self._local.decide(key, limit=share, window_s=window_s, now=now)
        if allowance.allowed:
            self._local.leave_untold(key, {Window(window_s).slot_of(now): 1}, window_s=window_s)
        return allowance

    async def _ask(self, key: str, untold: Mapping[int, int], slot: int, *, limit: int, window_s: int) -> Allowance:
        """Ask Redis; raises one of REDIS_FAILURES, ValueError for an answer that makes no sense."""
        ages = {slot - at: count for at, count in untold.items()}
        told = [str(word) for age, count in ages.items() if 0 <= age <= SLOTS for word in (age, count)]
        slot_ms = -(-window_s * 1000 // SLOTS)
        name = f"{self._prefix}:{{{key}}}:{window_s}"
        answer = cast("object", await self._client.eval(_TAKE, 1, name, str(limit), str(slot_ms), *told))
        if not isinstance(answer, list):
            raise ValueError("this is no count")
        allowed, spent, reset_ms = (int(str(part)) for part in cast("list[object]", answer))
        if allowed not in {0, 1} or spent < allowed or (allowed and spent > limit) or (not allowed and spent < limit):
            raise ValueError("this is no count of ours")
        reset_s = min(max(1, -(-reset_ms // 1000)), -(-slot_ms * (SLOTS + 1) // 1000))
        return Allowance(allowed=bool(allowed), limit=limit, remaining=max(0, limit - spent), reset_s=reset_s)
