"""The stand-in on a port, in the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, override

import uvicorn

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.readiness import LOOPBACK, remembered_port
from adapters.embedded.stripe_fake.app import StripeFakeState, create_app
from adapters.embedded.stripe_fake.settings import StripeFakeSettings

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 5


class StripeFake:
    """A stand-in for Stripe on 127.0.0.1.

    With a folder its state and its port outlive the process. `port` 0 takes a free one.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        secret_key: str = StripeFakeSettings().secret_key,
        publishable_key: str = StripeFakeSettings().publishable_key,
        webhook_url: str | None = None,
        webhook_secret: str = StripeFakeSettings().webhook_secret,
        connect_webhook_url: str | None = None,
        connect_webhook_secret: str = StripeFakeSettings().connect_webhook_secret,
        folder: Path | None = None,
    ) -> None:
        self.settings = StripeFakeSettings(
            secret_key=secret_key,
            publishable_key=publishable_key,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            connect_webhook_url=connect_webhook_url,
            connect_webhook_secret=connect_webhook_secret,
            folder=folder,
        )
        self._wanted_port = port
        self._port: int | None = None
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._state: StripeFakeState | None = None

    @property
    def url(self) -> str:
        """The address for the SDK's `base_addresses["api"]`; raises EmbeddedServerError before the start."""
        if self._port is None:
            message = "the Stripe stand-in has no port before its first start"
            raise EmbeddedServerError(message)
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def state(self) -> StripeFakeState:
        """The parts, for tests in the same process; raises EmbeddedServerError while it does not run."""
        if self._state is None:
            message = "the Stripe stand-in does not run"
            raise EmbeddedServerError(message)
        return self._state

    async def start(self) -> None:
        """Start and return when it listens; raises EmbeddedServerError when the port is taken."""
        if self._task is not None:
            return
        listening = self._listen()
        app = create_app(self.settings, base_url=self.url)
        self._state = app.state.fake
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=_STOP_TIMEOUT_S,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        async with asyncio.timeout(_START_TIMEOUT_S):
            while not self._server.started:
                if self._task.done():
                    message = "the Stripe stand-in did not start"
                    raise EmbeddedServerError(message)
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop in good order; nothing happens when it does not run."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._server = self._task = self._state = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _listen(self) -> socket.socket:
        port = self._port or self._wanted_port
        folder = self.settings.folder
        if port == 0 and folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            port = remembered_port(folder / "port")
        # Named as TCP, since asyncio sends small answers at once (TCP_NODELAY) only on sockets that say so.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
        except OSError as error:
            listening.close()
            message = f"the Stripe stand-in cannot listen on {LOOPBACK}:{port}: {error.strerror}"
            raise EmbeddedServerError(message) from error
        self._port = int(listening.getsockname()[1])
        return listening


class _Server(uvicorn.Server):
    """Leaves the signals to the process that it is a part of."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
