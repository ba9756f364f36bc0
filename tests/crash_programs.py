"""`fairseat serve` and `fairseat worker` as processes that are killed, and started again at once."""

import asyncio
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.running import clean_environment, fairseat

READY_TIMEOUT_S = 90
RESTARTED_AFTER_S = 0.5


@dataclass(slots=True)
class Program:
    """One of the programs; `output` has what it said in all its lives. It is ready when it has said `ready`."""

    name: str
    environment: dict[str, str]
    arguments: tuple[str, ...]
    output: Path
    ready: str
    kills: int = 0
    restarts: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _said_before: int = 0

    def start(self) -> None:
        self._said_before = self.output.stat().st_size if self.output.exists() else 0
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                fairseat(*self.arguments), env=clean_environment(**self.environment), stdout=output, stderr=output
            )

    async def is_ready(self) -> None:
        """Return when it works; one that ends, since RabbitMQ is just away, is started anew as a supervisor does."""
        until = time.monotonic() + READY_TIMEOUT_S
        while self.ready not in self._said():
            assert self._process is not None and time.monotonic() < until, f"{self.name} is not ready:\n{self._said()}"
            if self._process.poll() is not None:
                assert "RabbitMQ" in self._said(), f"{self.name} ended:\n{self._said()}"
                self.restarts += 1
                await asyncio.sleep(RESTARTED_AFTER_S)
                self.start()
            await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End it the hard way: it has no chance to tidy up."""
        assert self._process is not None and self._process.poll() is None, f"{self.name} ended:\n{self._said()}"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self.kills += 1

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            assert self._process.wait(60) == 0, self._said()

    def _said(self) -> str:
        return self.output.read_bytes()[self._said_before :].decode(errors="replace")


@dataclass(slots=True)
class Programs:
    """An API and a worker on servers that outlive both."""

    folder: Path
    environment: dict[str, str]
    port: int
    serve: Program = field(init=False)
    worker: Program = field(init=False)

    def __post_init__(self) -> None:
        self.serve = Program(
            "serve",
            self.environment,
            ("serve", "--port", str(self.port)),
            self.folder / "serve.log",
            ready="API on http",
        )
        self.worker = Program(
            "worker", self.environment, ("worker",), self.folder / "worker.log", ready="Working in the background"
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def kills(self) -> int:
        return self.serve.kills + self.worker.kills

    async def start(self) -> None:
        """Start both, and return when both work."""
        self.serve.start()
        self.worker.start()
        await asyncio.gather(self.is_answering(), self.worker.is_ready())

    async def is_answering(self) -> None:
        """Return when the API answers that it can serve."""
        await self.serve.is_ready()
        until = time.monotonic() + READY_TIMEOUT_S
        async with httpx.AsyncClient(timeout=5) as http:
            while True:
                try:
                    if (await http.get(f"{self.base_url}/health/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                assert time.monotonic() < until, "the API does not answer"

    async def kill(self, program: Program) -> None:
        """Kill it, start it again, and return when it works again."""
        program.kill()
        program.start()
        await (self.is_answering() if program is self.serve else program.is_ready())

    def stop(self) -> None:
        try:
            self.serve.stop()
        finally:
            self.worker.stop()
