"""A server that speaks MongoDB's wire protocol, in a process of its own."""

import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import override

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.readiness import LOOPBACK
from adapters.embedded.server import EmbeddedServer

_START_TIMEOUT_S = 30.0
READY_FILE = "ready"
_SOURCES = Path(__file__).parents[2]


class EmbeddedMongo(EmbeddedServer):
    """mongoeco, without a password.

    With a folder the documents are kept there (SQLite), without one they are in memory and gone at the stop. It is
    not MongoDB: there are no change streams and no geographic queries.
    """

    def __init__(self, folder: Path | None, port: int | None = None) -> None:
        self._durable = folder is not None
        home = folder or Path(tempfile.mkdtemp(prefix="fairseat-mongo-"))
        super().__init__("mongoeco", home, port=port, program="python")

    @property
    @override
    def url(self) -> str:
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true"

    @override
    def stop(self) -> None:
        super().stop()
        if not self._durable:
            shutil.rmtree(self._folder, ignore_errors=True)

    @override
    def _launch(self) -> None:
        if find_spec("mongoeco") is None:
            message = "no MongoDB: install the extra `embedded`"
            raise EmbeddedServerError(message)
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join([str(_SOURCES), *filter(None, sys.path)]),
        }
        command = [sys.executable, "-P", "-m", "adapters.embedded.mongo_server", str(self.port), self._mark.word]
        if self._durable:
            command.append(str(self._folder / "documents.sqlite"))
        (self._folder / READY_FILE).unlink(missing_ok=True)
        self._process.start(command, folder=self._folder, environment=environment)
        self._process.wait_until_ready(self._is_ready, timeout_s=_START_TIMEOUT_S)

    def _is_ready(self) -> bool:
        """Tell whether our own child listens: it then writes its id."""
        try:
            return (self._folder / READY_FILE).read_text("ascii") == str(self.pid)
        except FileNotFoundError:
            return False
