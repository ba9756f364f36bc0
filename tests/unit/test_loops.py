"""The worker's loops, without waiting: the pause is replaced, and time stands still."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from adapters.system.loops import Job, JobLoops
from bootstrap.topology import WAKES, all_services
from core.shared.errors import UnavailableError
from ports.clock import Clock

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class StandingClock(Clock):
    def now(self) -> datetime:
        return NOW


class Pauses:
    """Stands in for the pause: notes how long was asked for and ends at once, until `allowed` pauses have been."""

    def __init__(self, allowed: int) -> None:
        self.asked: list[float] = []
        self.reached = asyncio.Event()
        self._allowed = allowed

    async def __call__(self, woken: asyncio.Event, at_most_s: float) -> None:
        self.asked.append(at_most_s)
        if len(self.asked) >= self._allowed:
            self.reached.set()
            await woken.wait()
        else:
            await asyncio.sleep(0)


def answers(*counts: int | Exception) -> Callable[[], "asyncio.Future[int]"]:
    """A job that gives these counts one after the other, then 0 for ever."""
    left = list(counts)

    async def run() -> int:
        count = left.pop(0) if left else 0
        if isinstance(count, Exception):
            raise count
        return count

    return lambda: asyncio.ensure_future(run())


@asynccontextmanager
async def running(loops: JobLoops) -> AsyncIterator[JobLoops]:
    loops.start()
    try:
        async with asyncio.timeout(5):
            yield loops
    finally:
        await loops.stop(deadline_s=1)


async def test_a_job_runs_again_at_once_while_it_finds_work() -> None:
    pauses = Pauses(1)
    runs = answers(3, 1, 2)
    calls = 0

    def run() -> "asyncio.Future[int]":
        nonlocal calls
        calls += 1
        return runs()

    async with running(JobLoops([Job("relay", 7.0, run)], clock=StandingClock(), pause=pauses)):
        await pauses.reached.wait()
    assert calls == 4
    assert pauses.asked == [7.0]


async def test_a_failing_job_waits_twice_as_long_each_time_up_to_its_bound() -> None:
    pauses = Pauses(5)
    job = Job("relay", 7.0, answers(*[RuntimeError("away")] * 9), backoff_max_s=3.0)
    async with running(JobLoops([job], clock=StandingClock(), pause=pauses)) as loops:
        await pauses.reached.wait()
        (health,) = loops.health()
    assert pauses.asked == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert health.failures == 5
    assert health.last_error == "RuntimeError: away"
    assert health.last_success_at is None


async def test_a_success_ends_the_back_off_and_is_noted() -> None:
    pauses = Pauses(3)
    job = Job("relay", 7.0, answers(RuntimeError("away"), RuntimeError("away"), 0))
    async with running(JobLoops([job], clock=StandingClock(), pause=pauses)) as loops:
        await pauses.reached.wait()
        (health,) = loops.health()
    assert pauses.asked == [0.5, 1.0, 7.0]
    assert (health.failures, health.last_error, health.last_success_at) == (0, None, NOW)


async def test_a_job_that_hangs_keeps_no_other_from_running() -> None:
    pauses = Pauses(1)
    never = asyncio.Event()

    async def hang() -> int:
        await never.wait()
        return 0

    jobs = [Job("stuck", 1.0, hang), Job("relay", 7.0, answers(1))]
    loops = JobLoops(jobs, clock=StandingClock(), pause=pauses)
    loops.start()
    async with asyncio.timeout(5):
        await pauses.reached.wait()
        await loops.stop(deadline_s=0.01)
    stuck, relay = loops.health()
    assert stuck.last_success_at is None
    assert relay.last_success_at == NOW


async def test_a_run_longer_than_its_limit_is_cancelled_and_counts_as_failed() -> None:
    pauses = Pauses(1)
    never = asyncio.Event()

    async def hang() -> int:
        await never.wait()
        return 0

    job = Job("stuck", 7.0, hang, run_timeout_s=0.01)
    async with running(JobLoops([job], clock=StandingClock(), pause=pauses)) as loops:
        await pauses.reached.wait()
        (health,) = loops.health()
    assert health.failures == 1
    assert health.last_error is not None and health.last_error.startswith("TimeoutError")


async def test_a_run_that_did_something_wakes_whoever_follows_and_one_that_did_nothing_does_not() -> None:
    followed = asyncio.Event()
    runs = 0

    async def follow() -> int:
        nonlocal runs
        runs += 1
        if runs == 2:
            followed.set()
        return 0

    async def idle() -> int:
        return 0

    jobs = [Job("webhooks", 3600.0, idle, wakes=("relay",)), Job("relay", 3600.0, follow)]
    async with running(JobLoops(jobs, clock=StandingClock())) as loops:
        loops.wake("webhooks")
        await asyncio.sleep(0.01)
    assert runs == 1 and not followed.is_set()
    runs = 0
    jobs[0] = Job("webhooks", 3600.0, answers(0, 1), wakes=("relay",))
    async with running(JobLoops(jobs, clock=StandingClock())) as loops:
        while runs == 0:
            await asyncio.sleep(0)
        loops.wake("webhooks")
        await followed.wait()


def test_a_job_that_is_to_be_woken_has_to_be_there() -> None:
    with pytest.raises(ValueError, match="no jobs"):
        JobLoops([Job("webhooks", 1.0, answers(), wakes=("relay",))], clock=StandingClock())


def test_every_job_that_is_woken_is_there_and_so_is_whoever_wakes_it() -> None:
    names = {f"{service.name}.{spec.name}" for service in all_services() for spec in service.jobs}
    assert {*WAKES, *(woken for each in WAKES.values() for woken in each)} <= names
    assert {f"{service.name}.{alarm.job}" for service in all_services() for alarm in service.alarms} <= names


async def test_waking_a_job_ends_its_pause() -> None:
    ran = asyncio.Event()

    async def run() -> int:
        ran.set()
        return 0

    async with running(JobLoops([Job("relay", 3600.0, run)], clock=StandingClock())) as loops:
        await ran.wait()
        ran.clear()
        loops.wake("relay")
        await ran.wait()


async def test_stopping_lets_a_run_under_way_end() -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run() -> int:
        begun.set()
        await may_end.wait()
        ended.set()
        return 5

    loops = JobLoops([Job("relay", 1.0, run)], clock=StandingClock())
    loops.start()
    async with asyncio.timeout(5):
        await begun.wait()
        stopping = asyncio.create_task(loops.stop(deadline_s=5))
        await asyncio.sleep(0)
        assert not stopping.done()
        may_end.set()
        await stopping
    assert ended.is_set()


async def test_two_jobs_of_one_name_are_refused() -> None:
    jobs = [Job("relay", 1.0, answers()), Job("relay", 2.0, answers())]
    with pytest.raises(ValueError, match="same name"):
        JobLoops(jobs, clock=StandingClock())


async def test_what_is_away_is_one_line_in_the_log_and_what_is_broken_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pauses = Pauses(2)
    job = Job("relay", 7.0, answers(UnavailableError("no broker"), RuntimeError("broken")))
    async with running(JobLoops([job], clock=StandingClock(), pause=pauses)):
        await pauses.reached.wait()
    away, broken = caplog.records
    assert (away.levelname, away.getMessage(), away.exc_info) == ("WARNING", "job relay waits: no broker", None)
    assert broken.levelname == "ERROR" and broken.exc_info
