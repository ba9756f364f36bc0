"""Processes that are forked from one which has loaded everything: they start at once, and share what it has loaded.

A nursery reads orders from its standard input and tells of births and deaths on its standard output, a JSON document a
line. It has one thread and no connection: what a program opens, it opens after its birth. For Linux.
"""

import asyncio
import ctypes
import gc
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self, override

import msgspec

from adapters.embedded.processes import dies_with_us
from adapters.embedded.supervisor import Child, Launcher, Program

_LINE_BYTES_MAX = 1_000_000
_READ_BYTES = 65_536
_PR_SET_PDEATHSIG = 1
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Order(msgspec.Struct, frozen=True):
    """Run these arguments in this environment."""

    name: str
    arguments: list[str]
    environment: dict[str, str]


class News(msgspec.Struct, frozen=True):
    """A program was born, or has ended with a status."""

    what: Literal["born", "ended"]
    name: str
    pid: int
    status: int = 0


def tend(run: Callable[[Sequence[str]], int]) -> None:
    """Fork a process for each order, in which `run` does what its arguments say and returns its exit status.

    Returns when nobody gives orders any more; what is running is asked to end then.
    """
    gc.collect()
    gc.freeze()  # so that no collection in a child writes to the pages that all share
    with selectors.DefaultSelector() as selector:
        selector.register(_STDIN, selectors.EVENT_READ)
        waiting = b""
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    name, pid = key.data
                    _tell(News("ended", name, pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
                    continue
                read = os.read(_STDIN, _READ_BYTES)
                if not read:
                    return
                *lines, waiting = (waiting + read).split(b"\n")
                for line in lines:
                    order = msgspec.json.decode(line, type=Order)
                    pid = os.fork()
                    if not pid:
                        _be(order, run, selector)
                    _tell(News("born", order.name, pid))
                    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (order.name, pid))


def _be(order: Order, run: Callable[[Sequence[str]], int], selector: selectors.BaseSelector) -> None:
    """Become the program, and never return."""
    status = 1
    try:
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            return
        os.setsid()
        fds = [key.fd for key in selector.get_map().values() if key.fd != _STDIN]
        selector.close()
        for fd in fds:
            os.close(fd)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, _STDIN)
        os.dup2(nowhere, _STDOUT)
        os.environ.clear()
        os.environ.update(order.environment)
        status = run(order.arguments)
        sys.stderr.flush()
    finally:
        os._exit(status)


def _tell(news: News) -> None:
    os.write(_STDOUT, msgspec.json.encode(news) + b"\n")


class Nursery(Launcher):
    """Starts programs by way of a nursery: the process of `command`, which calls `tend`, with its whole environment.

    It begins to load what programs need with the block that it is used in, and ends with it.
    """

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._births: dict[str, asyncio.Future[_Born]] = {}
        self._alive: dict[int, _Born] = {}
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start the process of the nursery, and do not wait for it."""
        async with self._opening:
            await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, when no program of it runs any more."""
        if self._process is not None and self._listening is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            await self._listening

    @override
    async def launch(self, program: Program) -> Child:
        async with self._opening:
            if self._process is None:
                await self._open()
        assert self._process is not None and self._process.stdin is not None
        birth: asyncio.Future[_Born] = asyncio.get_running_loop().create_future()
        self._births[program.name] = birth
        order = Order(program.name, list(program.arguments), dict(program.environment))
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        await self._process.stdin.drain()
        return await birth

    async def _open(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *dies_with_us(signal.SIGTERM),
            *self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            limit=_LINE_BYTES_MAX,
        )
        self._listening = asyncio.create_task(self._listen(self._process), name="listen to the nursery")

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            news = msgspec.json.decode(line, type=News)
            if news.what == "born":
                born = self._alive[news.pid] = _Born(news.pid)
                self._births.pop(news.name).set_result(born)
            else:
                self._alive.pop(news.pid).ended.set_result(news.status)
        status = await process.wait()
        self._process = None
        for birth in self._births.values():
            birth.set_exception(OSError(f"what forks processes ended with status {status}"))
        self._births.clear()
        for born in self._alive.values():  # the kernel asks them to end
            with suppress(ProcessLookupError):
                os.kill(born.pid, signal.SIGTERM)
            born.ended.set_result(-signal.SIGTERM)
        self._alive.clear()


class _Born(Child):
    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    @override
    def pid(self) -> int:
        return self._pid

    @override
    async def wait(self) -> int:
        return await asyncio.shield(self.ended)
