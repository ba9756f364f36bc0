"""The worker's loops: background use cases run again and again, each in a task of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.system.observer import DONE, FAILED, NOBODY, UNAVAILABLE, Observer
from adapters.system.work_context import Work, at_work, on_nobodys_behalf
from core.shared.errors import UnavailableError
from ports.clock import Clock

_log = logging.getLogger(__name__)

_BACKOFF_FIRST_S = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """A background use case: `run` returns how many things it did, and runs again at once while that is not 0.

    After an error it waits half a second, then twice as long each time, at most `backoff_max_s`. A run that takes
    longer than `run_timeout_s` is cancelled, which counts as an error. A run that did something wakes the jobs named
    by `wakes`, whose work it may have made, so that they need not wait for the end of their pause.
    """

    name: str
    interval_s: float
    run: Callable[[], Awaitable[int]]
    backoff_max_s: float = 30.0
    run_timeout_s: float = 300.0
    wakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobHealth:
    """How a job stands; `failures` counts the errors since its last success."""

    name: str
    last_success_at: datetime | None
    failures: int
    last_error: str | None


type Pause = Callable[[asyncio.Event, float], Awaitable[None]]
"""Waits until the event is set, at most so many seconds."""


async def pause(woken: asyncio.Event, at_most_s: float) -> None:
    """Wait until somebody wakes the job, at most `at_most_s`."""
    try:
        async with asyncio.timeout(at_most_s):
            await woken.wait()
    except TimeoutError:
        return


@dataclass(slots=True)
class _State:
    job: Job
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    last_success_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None


def _backoff_s(job: Job, failures: int) -> float:
    doublings = min(failures - 1, 20)
    return min(job.backoff_max_s, _BACKOFF_FIRST_S * 2.0**doublings)


class JobLoops:
    """Runs jobs from `start` to `stop`; one job that fails or hangs does not keep the others from running."""

    def __init__(self, jobs: Sequence[Job], *, clock: Clock, pause: Pause = pause, observer: Observer = NOBODY) -> None:
        self._states = {job.name: _State(job) for job in jobs}
        if len(self._states) != len(jobs):
            raise ValueError("two jobs have the same name")
        if unknown := {name for job in jobs for name in job.wakes} - self._states.keys():
            raise ValueError(f"there are no jobs {sorted(unknown)} to be woken")
        self._clock = clock
        self._pause = pause
        self._observer = observer
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def start(self) -> None:
        """Begin to run every job; to be called once, in a running event loop."""
        self._tasks = [
            asyncio.create_task(self._loop(state), name=f"job {name}", context=on_nobodys_behalf())
            for name, state in self._states.items()
        ]

    def wake(self, *names: str) -> None:
        """Run the named jobs (all, without names) now instead of at the end of their pause; never two runs at once."""
        for name in names or self._states:
            self._states[name].woken.set()

    async def stop(self, *, deadline_s: float = 10.0) -> None:
        """Let runs under way end, cancel those that have not after `deadline_s`, and return when nothing runs."""
        self._stopping = True
        self.wake()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=deadline_s)
        for task in late:
            _log.warning("%s did not end within %s s and is cancelled", task.get_name(), deadline_s)
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def health(self) -> tuple[JobHealth, ...]:
        """Return how each job stands."""
        return tuple(
            JobHealth(name, state.last_success_at, state.failures, state.last_error)
            for name, state in self._states.items()
        )

    async def _loop(self, state: _State) -> None:
        job = state.job
        while not self._stopping:
            state.woken.clear()
            count = await self._run_once(state)
            if self._stopping:
                return
            if count > 0:
                for follower in (self._states[name] for name in job.wakes):
                    if not follower.failures:  # one that fails keeps to its back-off
                        follower.woken.set()
                # A job that never waits for anything must not keep the others, or a stop, from their turn.
                await asyncio.sleep(0)
            elif state.failures:
                await self._pause(state.woken, _backoff_s(job, state.failures))
            else:
                await self._pause(state.woken, job.interval_s)

    async def _run_once(self, state: _State) -> int:
        with at_work(Work(job=state.job.name)) as work:
            ended = self._observer.job(state.job.name, work)
            outcome, count = await self._tried(state)
            if ended is not None:
                ended(outcome, count)
        return count

    async def _tried(self, state: _State) -> tuple[str, int]:
        job = state.job
        try:
            async with asyncio.timeout(job.run_timeout_s):
                count = await job.run()
        except UnavailableError as error:
            # Expected while something outside is away: one line, no traceback.
            self._failed(state, error)
            _log.warning("job %s waits: %s", job.name, error)
            return UNAVAILABLE, 0
        except Exception as error:  # noqa: BLE001  (a job may fail in any way; it is logged, counted and tried again)
            self._failed(state, error)
            _log.exception("job %s failed, %s time(s) in a row", job.name, state.failures)
            return FAILED, 0
        if state.failures:
            _log.info("job %s works again after %s failure(s)", job.name, state.failures)
        state.failures = 0
        state.last_error = None
        state.last_success_at = self._clock.now()
        return DONE, count

    @staticmethod
    def _failed(state: _State, error: Exception) -> None:
        state.failures += 1
        state.last_error = f"{type(error).__name__}: {error}"
