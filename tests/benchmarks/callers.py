"""Callers who ask one thing after another, as fast as they are answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

from tests.benchmarks.arithmetic import Times

WARM_UP_EACH = 20
"""Asked before the clock starts: connections are opened, statements are prepared."""
WARM_UP_MAX = 640
"""Asked before the clock starts by all callers together, so that many callers leave something to measure."""


async def drive[T](
    ask: Callable[[int, T], Awaitable[None]],
    things: Iterable[T],
    *,
    callers: int,
    seconds_max: float,
    warm_up: bool = True,
) -> Times:
    """Let the callers (numbered from 0) ask for the things in turn, until the time is up or nothing is left."""
    left = iter(things)
    if warm_up:
        first = islice(left, min(callers * WARM_UP_EACH, WARM_UP_MAX))
        await _round(ask, first, callers=callers, seconds_max=seconds_max)
    begun = time.perf_counter()
    times = await _round(ask, left, callers=callers, seconds_max=seconds_max)
    return Times(callers, times, time.perf_counter() - begun)


async def _round[T](
    ask: Callable[[int, T], Awaitable[None]], things: Iterable[T], *, callers: int, seconds_max: float
) -> list[float]:
    left = iter(things)
    until = time.perf_counter() + seconds_max
    times: list[float] = []

    async def call(number: int) -> None:
        for thing in left:
            begun = time.perf_counter()
            await ask(number, thing)
            ended = time.perf_counter()
            times.append(ended - begun)
            if ended > until:
                return

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(call(number))
    return times
