"""One instance a folder."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from adapters.embedded.errors import EmbeddedServerError

_FILE_NAME = "instance.lock"


class InstanceLock:
    """Keeps a folder for one process at a time.

    It is a kernel lock (`flock`): it goes with the process that holds it, however that process ends, so that nobody
    has to delete a file by hand after a crash. The file itself stays, and names the last holder. Children of the
    holder do not inherit the lock.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE_NAME
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise `EmbeddedServerError`, at once, naming the process that holds it, or what is wrong."""
        if self._descriptor is not None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise EmbeddedServerError(f"{self._path.parent} cannot be written to: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            message = f"{self._path.parent} is in use by process {holder or 'unknown'}; end that one first"
            raise EmbeddedServerError(message) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
