"""What all embedded servers share: one folder, one instance, one port, one process."""

import signal
from abc import ABC, abstractmethod
from pathlib import Path
from subprocess import SubprocessError
from types import TracebackType
from typing import Self

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.instance_lock import InstanceLock
from adapters.embedded.processes import Mark, ServerProcess, end_leftovers
from adapters.embedded.readiness import port_is_free, remembered_port

_STOP_TIMEOUT_S = 20.0
_PORT_TRIES_MAX = 3


class EmbeddedServer(ABC):
    """A server on 127.0.0.1 whose files are in one folder, for one instance at a time.

    The port is kept from run to run, unless it was taken meanwhile. A server stops when the process that started it
    ends, and one that outlived a killed process all the same is ended at the next start.
    """

    def __init__(
        self, name: str, folder: Path, *, port: int | None, program: str, stop_signal: signal.Signals = signal.SIGTERM
    ) -> None:
        self._name = name
        self._folder = folder.resolve()
        self._wanted_port = port
        self._port: int | None = None
        self._stop_signal = stop_signal
        self._lock = InstanceLock(self._folder)
        self._mark = Mark.of(self._folder, program=program)
        self._process = ServerProcess(name, log=self._folder / "server.log", stop_signal=stop_signal)

    @property
    def pid(self) -> int:
        """The id of the server's first process."""
        return self._process.pid

    @property
    def port(self) -> int:
        """The port it listens on; raises `EmbeddedServerError` before the first start."""
        if self._port is None:
            message = f"{self._name} has no port before its first start"
            raise EmbeddedServerError(message)
        return self._port

    @property
    def running(self) -> bool:
        return self._process.running

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients, with what they need to sign in."""

    @abstractmethod
    def _launch(self) -> None:
        """Start `self._process` and return when it answers; the lock is held, and no earlier server is alive."""

    def start(self) -> None:
        """Start and return when clients are answered.

        Raises `EmbeddedServerError` when a live instance uses the folder, or no server is installed or starts.
        """
        if self.running:
            return
        if not self._folder.exists():
            self._folder.mkdir(parents=True)
            self._folder.chmod(0o711)
        self._lock.acquire()
        try:
            end_leftovers(self._mark, stop_signal=self._stop_signal, timeout_s=_STOP_TIMEOUT_S)
            self._launch_on_a_port()
        except (OSError, SubprocessError) as error:
            self.stop()
            message = f"{self._name} cannot be started in {self._folder}: {error}"
            raise EmbeddedServerError(message) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop in good order and let others use the folder; nothing happens when it does not run."""
        self._end()
        self._lock.release()

    def _end(self) -> None:
        self._process.stop(timeout_s=_STOP_TIMEOUT_S)

    def _launch_on_a_port(self) -> None:
        """Launch again on another port when somebody took the free one before the server did."""
        for tries_left in reversed(range(_PORT_TRIES_MAX)):
            self._port = self._wanted_port or remembered_port(self._folder / "port")
            try:
                self._launch()
            except EmbeddedServerError:
                self._end()
                if self._wanted_port or not tries_left or port_is_free(self._port):
                    raise
            else:
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
