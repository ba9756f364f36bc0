"""A gateway on a port of 127.0.0.1, and behind it a service that does what a test tells it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import uvicorn
from uvicorn.server import ServerState

from adapters.gateway.app import Gateway, Layer, Local
from adapters.gateway.asgi import Headers, Receive, Scope, Send
from adapters.gateway.forwarding import Patience
from adapters.gateway.health import GatewayHealth
from adapters.gateway.routes import Route, RouteTable
from adapters.gateway.server import BoundedHttp
from adapters.gateway.tokens import token_verifier
from adapters.gateway.upstreams import UpstreamLimits, Upstreams
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7Source
from adapters.system.signing_keys import SigningKeys
from adapters.system.tokens import JwtTokenSigner, TokenTerms
from bootstrap.listening import listen
from core.identity.access import AccessClaims
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.published.identity import TokenKey, TokenKeysApi
from ports.published.refusals import LinkUnavailableError

TERMS = TokenTerms(issuer="https://fairseat.example", audience="fairseat")
ROUTES = (
    Route("venue", "GET", "/api/v1/venues"),
    Route("venue", "POST", "/api/v1/venues"),
    Route("venue", "GET", "/api/v1/venues/{venue_id:uuid}"),
    Route("venue", "POST", "/api/v1/venues/{venue_id:uuid}/plan-documents"),
    Route("venue", "GET", "/api/v1/seating-plans/{plan_id:uuid}/events", streams=True),
    Route("payment", "POST", "/api/v1/webhooks/stripe", open=True),
    Route("content", "GET", "/api/v1/venues/{venue_id:uuid}/content", open=True),
)
QUICK = Patience(answer_s=0.3, body_s=0.3, silence_s=0.3, linger_s=0.3)
BYTES_MAX = 1_000_000

type Handler = Callable[["Asked", Send], Awaitable[None]]


@dataclass(slots=True)
class Asked:
    """One request as the service got it; `pieces` reads its body."""

    scope: Scope
    receive: Receive

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def target(self) -> bytes:
        query = self.scope["query_string"]
        return bytes(self.scope["raw_path"]) + (b"?" + bytes(query) if query else b"")

    @property
    def headers(self) -> Headers:
        return list(self.scope["headers"])

    def values(self, name: str) -> list[str]:
        return [value.decode() for found, value in self.headers if found == name.lower().encode()]

    async def pieces(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self.receive()
            if message["type"] != "http.request":
                raise ConnectionResetError
            more = message.get("more_body", False)
            yield message.get("body", b"")

    async def body(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])


async def fine(asked: Asked, send: Send) -> None:
    """Answer with what came."""
    await answer(send, 200, await asked.body(), (("content-type", "application/octet-stream"),))


async def answer(send: Send, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers]
    sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})


@dataclass(slots=True)
class Service:
    """What stands behind the gateway: it remembers what it was asked, and answers as `handler` does."""

    handler: Handler = fine
    asked: list[Asked] = field(default_factory=list[Asked])
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(asked := Asked(scope, receive))
        await self.handler(asked, send)

    @property
    def last(self) -> Asked:
        return self.asked[-1]


@dataclass(slots=True)
class Keys(TokenKeysApi):
    """The keys of the auth service: they can be changed, and be away."""

    keys: SigningKeys = field(default_factory=SigningKeys.generate)
    away: bool = False
    fetched: int = 0

    @override
    async def token_keys(self) -> tuple[TokenKey, ...]:
        self.fetched += 1
        if self.away:
            raise LinkUnavailableError("nobody answers")
        shown = JwtTokenSigner(self.keys, TERMS).published_keys()
        return tuple(TokenKey(kid=key.kid, x=key.x) for key in shown.keys)

    async def token(self, tenant: UUID | None = None, *, ttl_s: int = 600) -> str:
        now = datetime.now(UTC) - timedelta(seconds=1)
        claims = AccessClaims(
            account_id=AccountId(uuid4()),
            token_id=uuid4(),
            issued_at=now,
            expires_at=now + timedelta(seconds=ttl_s),
            tenant_id=TenantId(tenant) if tenant is not None else None,
            role=Role.OWNER if tenant is not None else None,
        )
        return await JwtTokenSigner(self.keys, TERMS).sign(claims)


@dataclass(slots=True)
class Edge:
    """A running gateway."""

    port: int
    gateway: Gateway
    service: Service
    keys: Keys
    client: httpx.AsyncClient

    async def headers(self, tenant: UUID | None = None) -> dict[str, str]:
        """Return what a request needs that is let in."""
        return {"Authorization": f"Bearer {await self.keys.token(tenant)}"}

    async def raw(self, request: bytes) -> bytes:
        """Send bytes as they are, and return all that comes until the gateway ends the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[int]:
    """Serve an application on a free port while the block lasts.

    With uvicorn's protocols and without its `Server`, whose ticks would cost each test half a second.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        **{"http": "httptools", "proxy_headers": False, **options},
    )
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")]
    made: Any = config.http_protocol_class
    listening = listen("127.0.0.1", 0)
    server = await asyncio.get_running_loop().create_server(lambda: made(config, state, {}), sock=listening)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def edge(
    handler: Handler = fine,
    *,
    patience: Patience | None = None,
    limits: UpstreamLimits | None = None,
    layers: Sequence[Layer] = (),
    address: str | None = None,
    **options: Any,
) -> AsyncIterator[Edge]:
    """Run a gateway before one service that plays all of them; or before an `address` where there may be nobody."""
    service, keys = Service(handler), Keys()
    async with serving(service) as behind:
        url = address or f"http://127.0.0.1:{behind}"
        upstreams = Upstreams(dict.fromkeys(("venue", "payment", "content"), url), limits or UpstreamLimits())
        gateway = Gateway(
            RouteTable(ROUTES),
            upstreams,
            verifier=token_verifier(keys, TERMS, SystemClock()),
            ids=Uuid7Source(),
            local=(Local("/health", GatewayHealth(upstreams)),),
            layers=layers,
            patience=patience or Patience(),
            request_bytes_max=BYTES_MAX,
        )
        async with serving(gateway, http=BoundedHttp, **options) as port:
            base_url = f"http://127.0.0.1:{port}"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing is encrypted here, and certificates take time
            async with httpx.AsyncClient(base_url=base_url, timeout=10, trust_env=False, verify=context) as client:
                yield Edge(port, gateway, service, keys, client)
        await gateway.close()
