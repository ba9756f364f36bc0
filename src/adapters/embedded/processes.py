"""Server processes: started so that they end with us, and ended by id when an earlier run left one behind."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.readiness import wait_until

_PROCESSES = Path("/proc")
_LOG_BYTES_MAX = 5_000_000
_LOG_TAIL_BYTES = 2_000
_KILL_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server runs as, when that is not our own."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How the servers of one folder are known among all processes: their program, and a word on their command line.

    The command line is what any user may read of any process; working directory and executable are not, in a
    container without the capability to trace.
    """

    program: str
    word: str

    @classmethod
    def of(cls, folder: Path, *, program: str) -> "Mark":
        """Return the mark of the servers of this folder; no other folder has the same word."""
        return cls(program, f"fairseat-{sha256(str(folder.resolve()).encode()).hexdigest()[:16]}")

    def is_on(self, pid: int) -> bool:
        """Tell whether this process runs and carries the mark."""
        words = command_line(pid)
        return bool(words) and self.program in words[0] and any(self.word in word for word in words) and is_alive(pid)


def is_alive(pid: int) -> bool:
    """Tell whether a process of this id runs; one that has ended but was not yet waited for does not."""
    try:
        state = (_PROCESSES / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}


def command_line(pid: int) -> list[str]:
    """Return the words of the command line of a process, which any user may read; none when there is none such."""
    try:
        line = (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return line.decode("utf-8", "replace").rstrip("\0").split("\0") if line else []


def _parent_of(pid: int) -> int:
    try:
        state = (_PROCESSES / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return 0
    return int(state.rpartition(")")[2].split()[1])


def leftovers(mark: Mark) -> frozenset[int]:
    """Return the ids of the running processes that carry this mark."""
    with suppress(FileNotFoundError):
        ids = (int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdecimal())
        return frozenset(pid for pid in ids if mark.is_on(pid))
    return frozenset()


def end_leftovers(mark: Mark, *, stop_signal: signal.Signals, timeout_s: float) -> None:
    """End what an earlier run left behind: asked first, killed when it does not listen.

    Call it only while holding the `InstanceLock` of the folder: without it the processes may belong to a live
    instance. Only processes that carry the mark at that moment are signalled, so a process which came to have the
    id of an old server is safe. Children are left to their parents, who know the right order.
    """
    for number, patience_s in ((stop_signal, timeout_s), (signal.SIGKILL, _KILL_TIMEOUT_S)):
        found = leftovers(mark)
        for pid in found:
            if (_parent_of(pid) not in found or number is signal.SIGKILL) and mark.is_on(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        if wait_until(partial(_are_gone, found, mark), timeout_s=patience_s):
            return
    message = f"a server of an earlier run does not end: processes {sorted(leftovers(mark))}"
    raise EmbeddedServerError(message)


def _are_gone(found: frozenset[int], mark: Mark) -> bool:
    # An ending process loses its command line, and so its mark, before it closes its files and its port.
    return not any(map(is_alive, found)) and not leftovers(mark)


class ServerProcess:
    """One child process, in a session of its own so that Ctrl-C in a terminal reaches us and not the server.

    The kernel sends `stop_signal` to the child when we end without stopping it, even by kill -9 (where `setpriv` is
    installed). It does so when the *thread* that started the child ends, so each child has a thread that waits for it.
    """

    def __init__(self, name: str, *, log: Path, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        self._name = name
        self._log = log
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The id of the server's first process; raises `EmbeddedServerError` when it was not started."""
        if self._process is None:
            message = f"{self._name} was not started"
            raise EmbeddedServerError(message)
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._keeper is not None and self._keeper.is_alive()

    def start(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], account: Account | None = None
    ) -> None:
        """Start the command in `folder`; what it prints goes to the log. Raises when the program cannot be run."""
        started: Future[subprocess.Popen[bytes]] = Future()
        self._keeper = threading.Thread(
            target=self._keep, args=(started, command, folder, environment, account), name=self._name, daemon=True
        )
        self._keeper.start()
        try:
            self._process = started.result()
        except OSError as error:
            message = f"{self._name} cannot be run: {error}"
            raise EmbeddedServerError(message) from error

    def _keep(
        self,
        started: Future[subprocess.Popen[bytes]],
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        account: Account | None,
    ) -> None:
        try:
            with self._log.open("ab") as log:
                if log.tell() > _LOG_BYTES_MAX:
                    log.truncate(0)
                process = subprocess.Popen(
                    [*dies_with_us(self._stop_signal), *command],
                    cwd=folder,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                )
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        process.wait()

    def wait_until_ready(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Wait for `ready`; raise with the end of the log when the server ends first or takes too long."""
        in_time = wait_until(lambda: not self.running or ready(), timeout_s=timeout_s)
        if in_time and self.running:
            return
        self.stop(timeout_s=_KILL_TIMEOUT_S)
        fault = "ended at once" if in_time else f"was not ready within {timeout_s:g} s"
        message = f"{self._name} {fault}; the end of {self._log}:\n{self._log_tail()}"
        raise EmbeddedServerError(message)

    def stop(self, *, timeout_s: float) -> None:
        """Ask the server to end and wait; kill it when it takes longer. Nothing happens when it does not run."""
        for number, patience_s in ((self._stop_signal, timeout_s), (signal.SIGKILL, _KILL_TIMEOUT_S)):
            if self._process is None or self._keeper is None or not self._keeper.is_alive():
                return
            self._process.send_signal(number)
            self._keeper.join(patience_s)

    def _log_tail(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
            return log.read().decode("utf-8", "replace")


def dies_with_us(stop_signal: signal.Signals) -> list[str]:
    """Return the words before a command that have the kernel signal it when its parent ends; none without `setpriv`."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--"] if setpriv else []
