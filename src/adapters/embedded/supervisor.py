"""Programs of our own that are kept running: whichever ends is started again."""

import asyncio
import logging
import os
import signal
import subprocess
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, override

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.processes import dies_with_us

BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 10.0
HEALTHY_S = 10.0
"""Who ran as long as this is started again as quickly as for the first time."""

_STOP_TIMEOUT_S = 20.0
_KILL_TIMEOUT_S = 5.0
_log = logging.getLogger("fairseat.supervisor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The arguments of a command, with its whole environment; its process id is in `pid_file` while it runs."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    pid_file: Path


class Child(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...

    async def wait(self) -> int:
        """Return its exit status when it has ended, the negative number of the signal that ended it."""
        ...


class Launcher(Protocol):
    """Starts programs, each in a session of its own, so that Ctrl-C reaches only us; they end with us."""

    @abstractmethod
    async def launch(self, program: Program) -> Child:
        """Start the program; raises OSError when it cannot be run at all."""


class Spawning(Launcher):
    """Runs `command` with the arguments of the program. What it prints as errors is printed as ours."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    @override
    async def launch(self, program: Program) -> Child:
        return await asyncio.create_subprocess_exec(
            *dies_with_us(signal.SIGTERM),
            *self._command,
            *program.arguments,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )


class Supervisor:
    """Runs programs from `start` to `stop`.

    One that ends is started again, at once at first and then after pauses that double, up to `backoff_max_s`.
    """

    def __init__(
        self, programs: Sequence[Program], launcher: Launcher, *, backoff_max_s: float = BACKOFF_MAX_S
    ) -> None:
        self._programs = programs
        self._launcher = launcher
        self._backoff_max_s = backoff_max_s
        self._running: dict[str, Child] = {}
        self._ended: dict[str, int] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    @property
    def ended(self) -> Mapping[str, int]:
        """How many times each program has ended by itself, if it ever did."""
        return self._ended

    def pid(self, name: str) -> int:
        """Return the id of a program's process; raises EmbeddedServerError while it does not run."""
        child = self._running.get(name)
        if child is None:
            message = f"{name} does not run"
            raise EmbeddedServerError(message)
        return child.pid

    async def start(self) -> None:
        """Start every program; raises EmbeddedServerError for one that cannot be run at all."""
        for program in self._programs:
            try:
                child = await self._launch(program)
            except OSError as error:
                await self.stop()
                message = f"{program.name} cannot be run: {error}"
                raise EmbeddedServerError(message) from error
            keeper = asyncio.create_task(self._keep(program, child), name=f"keep {program.name}")
            self._keepers[program.name] = keeper

    async def stop(self) -> None:
        """Ask all to end, the last one first and then the rest at once, and kill those that take too long."""
        self._stopping.set()
        for names in ([each.name for each in self._programs[-1:]], [each.name for each in self._programs]):
            await asyncio.gather(*(self._end(name) for name in names))
        await asyncio.gather(*self._keepers.values())
        self._keepers.clear()

    async def _keep(self, program: Program, child: Child) -> None:
        pause_s = BACKOFF_FIRST_S
        while True:
            began = time.monotonic()
            status = await child.wait()
            self._running.pop(program.name, None)
            if self._stopping.is_set():
                return
            self._ended[program.name] = self._ended.get(program.name, 0) + 1
            pause_s = BACKOFF_FIRST_S if time.monotonic() - began >= HEALTHY_S else pause_s
            _log.warning("%s ended with status %s and is started again", program.name, status)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await self._stopping.wait()
                if self._stopping.is_set():
                    return
                pause_s = min(self._backoff_max_s, 2 * pause_s)
                try:
                    child = await self._launch(program)
                except OSError as error:
                    _log.warning("%s cannot be run: %s", program.name, error)
                else:
                    break

    async def _launch(self, program: Program) -> Child:
        child = await self._launcher.launch(program)
        self._running[program.name] = child
        draft = program.pid_file.with_suffix(".new")
        draft.write_text(f"{child.pid}\n", "ascii")
        draft.rename(program.pid_file)
        return child

    async def _end(self, name: str) -> None:
        child = self._running.get(name)
        for number, patience_s in ((signal.SIGTERM, _STOP_TIMEOUT_S), (signal.SIGKILL, _KILL_TIMEOUT_S)):
            if child is None:
                return
            with suppress(ProcessLookupError):
                os.kill(child.pid, number)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await child.wait()
                    return
