"""`fairseat up`: every server that the settings do not name is started here, with its files in one folder."""

import asyncio
import json
import logging
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.rabbitmq import EmbeddedRabbit
from adapters.embedded.server import EmbeddedServer
from adapters.embedded.stripe_fake.server import StripeFake
from adapters.embedded.valkey import EmbeddedValkey
from adapters.postgres.security import Roles
from adapters.system.signing_keys import SigningKeysError, load_or_create_signing_keys
from bootstrap.settings import DATABASES

_TEND_INTERVAL_S = 0.5
_log = logging.getLogger("fairseat.embedded")
_ON_MONGODB = ("TICKET_DATABASE_URL", "CONTENT_DATABASE_URL")
_STRIPE_PUBLISHABLE_KEY = "pk_test_fairseat"


@dataclass(slots=True)
class EmbeddedStack:
    """The servers of one `.fairseat/` folder; what they hold survives restarts and kill -9 alike.

    `environment` holds the settings that lead to them, once started; `stripe_url` is the stand-in's address, or None
    when the settings name the real Stripe. With `split` there is what services in processes of their own need: a
    RabbitMQ node, and a secret that they share.
    """

    folder: Path
    given: Mapping[str, str]
    webhook_url: str
    split: bool = False
    environment: dict[str, str] = field(default_factory=dict[str, str])
    stripe_url: str | None = None
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)
    _servers: list[EmbeddedServer] = field(default_factory=list[EmbeddedServer])

    async def __aenter__(self) -> Self:
        """Start what is not given; raises EmbeddedServerError with the reason when something cannot be started."""
        self.folder.mkdir(parents=True, exist_ok=True)
        secret = _Secrets(self.folder / "secrets.json")
        self._media()
        self._mail()
        try:
            await asyncio.gather(
                self._postgres(secret),
                self._valkey(),
                self._mongo(),
                self._rabbitmq(),
                self._stripe(secret),
                self._keys(secret),
            )
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what was started."""
        await self._exits.aclose()

    @asynccontextmanager
    async def tended(self) -> AsyncIterator[None]:
        """Start servers again that end while the block lasts, on their ports and with their data."""
        done = asyncio.Event()
        tending = asyncio.create_task(self._tend(done), name="tend the embedded servers")
        try:
            yield
        finally:
            done.set()
            await tending  # a server that is being started is stopped with the others, and none is started after that

    async def _tend(self, done: asyncio.Event) -> None:
        while not done.is_set():
            for server in self._servers:
                if server.running or done.is_set():
                    continue
                _log.warning("%s has ended and is started again", type(server).__name__)
                try:
                    await asyncio.to_thread(server.start)
                except EmbeddedServerError as error:
                    _log.warning("%s: %s", type(server).__name__, error)
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _TEND_INTERVAL_S)

    def _is_given(self, *names: str) -> bool:
        return all(self.given.get(f"FAIRSEAT_{name}") for name in names)

    def _set(self, name: str, value: str) -> None:
        self.environment[f"FAIRSEAT_{name}"] = value

    async def _start(self, server: EmbeddedServer) -> None:
        await asyncio.to_thread(server.start)
        if server.running:  # a node that was given for tests is not ours
            self._servers.append(server)
        self._exits.push_async_callback(asyncio.to_thread, server.stop)

    async def _postgres(self, secret: "_Secrets") -> None:
        if all(self._is_given(f"{name.upper()}_DATABASE_URL") for name in DATABASES):
            return
        server = EmbeddedPostgres(self.folder / "postgres", password=secret("postgres"))
        await self._start(server)
        for name in DATABASES:
            database = f"{name}_db"
            roles = Roles.of(database)
            prefix = f"{name.upper()}_DATABASE"
            admin_url = server.admin_url(database)
            self._set(f"{prefix}_ADMIN_URL", admin_url)
            for variable, role in ((f"{prefix}_URL", roles.app), (f"{prefix}_RELAY_URL", roles.relay)):
                self._set(variable, f"postgresql://{role}:{secret(role)}@127.0.0.1:{server.port}/{database}")

    async def _valkey(self) -> None:
        if not self._is_given("REDIS_URL"):
            server = EmbeddedValkey(self.folder / "valkey")
            await self._start(server)
            self._set("REDIS_URL", server.url)

    async def _mongo(self) -> None:
        if all(self._is_given(name) for name in _ON_MONGODB):
            return
        server = EmbeddedMongo(self.folder / "mongo")
        await self._start(server)
        for name in _ON_MONGODB:
            self._set(name, server.url)

    async def _rabbitmq(self) -> None:
        if self.split and not self._is_given("RABBITMQ_URL"):
            server = EmbeddedRabbit(None, self.folder / "rabbitmq")
            await self._start(server)
            self._set("RABBITMQ_URL", server.url)

    def _media(self) -> None:
        if not self._is_given("MEDIA_FOLDER"):
            self._set("MEDIA_FOLDER", str(self.folder / "media"))

    async def _stripe(self, secret: "_Secrets") -> None:
        if self._is_given("STRIPE_SECRET_KEY"):
            return
        secret_key, webhook_secret = f"sk_test_{secret('stripe')}", f"whsec_{secret('stripe_webhook')}"
        connect_secret = f"whsec_{secret('stripe_connect_webhook')}"
        fake = StripeFake(
            secret_key=secret_key,
            webhook_secret=webhook_secret,
            publishable_key=_STRIPE_PUBLISHABLE_KEY,
            webhook_url=self.webhook_url,
            connect_webhook_url=f"{self.webhook_url}/connect",
            connect_webhook_secret=connect_secret,
            folder=self.folder / "stripe",
        )
        await self._exits.enter_async_context(fake)
        self.stripe_url = fake.url
        self._set("STRIPE_SECRET_KEY", secret_key)
        self._set("STRIPE_WEBHOOK_SECRET", webhook_secret)
        self._set("STRIPE_CONNECT_WEBHOOK_SECRET", connect_secret)
        self._set("STRIPE_PUBLISHABLE_KEY", _STRIPE_PUBLISHABLE_KEY)
        self._set("STRIPE_API_URL", fake.url)

    def _mail(self) -> None:
        """Keep mail as files, unless the settings say how it is sent."""
        if self.given.get("FAIRSEAT_MAIL_TRANSPORT") != "smtp" and not self._is_given("MAIL_FOLDER"):
            self._set("MAIL_FOLDER", str(self.folder / "mail"))

    async def _keys(self, secret: "_Secrets") -> None:
        if not self._is_given("TOKEN_SIGNING_KEYS"):
            path = self.folder / "keys" / "signing.pem"
            try:
                keys = await asyncio.to_thread(load_or_create_signing_keys, path)
            except SigningKeysError as error:
                raise EmbeddedServerError(f"{path} cannot be used: {error}") from error
            self._set("TOKEN_SIGNING_KEYS", keys.to_pem().decode())
        if not self._is_given("PASSES_KEY_SECRET"):
            self._set("PASSES_KEY_SECRET", secret("passes"))
        if self.split and not self._is_given("LINKS_SECRET"):
            self._set("LINKS_SECRET", secret("links"))


class _Secrets:
    """Random secrets by name, made at first use and kept in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known = msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.exists() else {}
        except (OSError, msgspec.DecodeError) as error:
            raise EmbeddedServerError(f"{path} cannot be read: {error}") from error

    def __call__(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(32)
            draft = self._path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(self._known, indent=1))
            with draft.open() as file:
                os.fsync(file.fileno())
            draft.rename(self._path)
        return self._known[name]
