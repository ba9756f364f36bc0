"""A RabbitMQ node of our own, for tests."""

import os
import shutil
from pathlib import Path
from typing import override

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.processes import ServerProcess
from adapters.embedded.rabbitmq_programs import find_rabbitmq
from adapters.embedded.readiness import LOOPBACK, accepts, free_port, reply
from adapters.embedded.server import EmbeddedServer

GIVEN_URL_VARIABLE = "FAIRSEAT_TEST_RABBITMQ_URL"

_START_TIMEOUT_S = 90.0
_EPMD_TIMEOUT_S = 10.0
# The header of a version that no server speaks: the answer is the header of the one that it does.
_QUESTION = b"AMQP\x00\x00\x09\x02"


class EmbeddedRabbit(EmbeddedServer):
    """RabbitMQ with its built-in user `guest`, its data in `folder`.

    When the environment names a node in FAIRSEAT_TEST_RABBITMQ_URL, that one is used and nothing is started. `root`
    is a folder below which RabbitMQ and Erlang are unpacked; without one they are found or fetched (`find_rabbitmq`).
    """

    def __init__(self, root: Path | None, folder: Path, port: int | None = None) -> None:
        super().__init__("RabbitMQ", folder, port=port, program="beam")
        self._root = root
        self._given_url = os.environ.get(GIVEN_URL_VARIABLE)
        # Erlang's register of names. A node would start one itself, which then would outlive it.
        self._epmd = ServerProcess("epmd", log=self._folder / "epmd.log")

    @property
    @override
    def url(self) -> str:
        """The address of the virtual host `/`."""
        return self._given_url or f"amqp://guest:guest@{LOOPBACK}:{self.port}/"

    @override
    def start(self) -> None:
        if self._given_url is None:
            super().start()

    @override
    def _end(self) -> None:
        super()._end()
        self._epmd.stop(timeout_s=_EPMD_TIMEOUT_S)

    @override
    def _launch(self) -> None:
        programs = find_rabbitmq(self._root)
        epmd = shutil.which("epmd", path=programs.path)
        if epmd is None:
            message = f"no epmd, which is a part of Erlang, on {programs.path}"
            raise EmbeddedServerError(message)
        epmd_port = free_port()
        environment = self._environment(programs.path, epmd_port)
        self._epmd.start(
            [epmd, "-address", LOOPBACK, "-port", str(epmd_port)], folder=self._folder, environment=environment
        )
        self._epmd.wait_until_ready(lambda: accepts(epmd_port), timeout_s=_EPMD_TIMEOUT_S)
        self._write_configuration()
        self._process.start([str(programs.server)], folder=self._folder, environment=environment)
        self._process.wait_until_ready(
            lambda: reply(self.port, _QUESTION).startswith(b"AMQP"), timeout_s=_START_TIMEOUT_S
        )

    def _write_configuration(self) -> None:
        lines = [
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}",
            "log.file = false",
            "log.console = true",
            "log.console.level = warning",
            "vm_memory_high_watermark.absolute = 512MB",
            "disk_free_limit.absolute = 50MB",
        ]
        (self._folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n", "utf-8")
        (self._folder / "enabled_plugins").write_text("[].\n", "utf-8")

    def _environment(self, path: str, epmd_port: int) -> dict[str, str]:
        folder = self._folder
        flags = f"-kernel inet_dist_use_interface {{127,0,0,1}} +S 2:2 +sbwt none -fairseat {self._mark.word}"
        return {
            "PATH": path,
            "HOME": str(folder),  # the node's secret cookie is made there
            "LANG": "C.UTF-8",
            # Each node has a register of its own, so all may have one name; the data belongs to the name.
            "RABBITMQ_NODENAME": "fairseat@localhost",
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(epmd_port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            # The start script then becomes the node instead of waiting beside it: one process to know and to stop.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": flags,
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "environment.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        }
