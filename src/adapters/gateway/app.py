"""The application of the gateway: look at a request, say whose it is, pass it on to the service that it is for."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.gateway.access import Access, access_of
from adapters.gateway.answers import EdgeError, send_problem, send_whole
from adapters.gateway.asgi import ASGIApp, Headers, Receive, Scope, Send
from adapters.gateway.bodies import ClientGoneError
from adapters.gateway.forwarding import Forwarding, Passage, Patience
from adapters.gateway.headers import framing_of, onwards, request_id_of, value_of
from adapters.gateway.routes import Route, RouteTable
from adapters.gateway.upstreams import Upstreams
from ports.ids import IdSource
from ports.published.identity import TokenVerifier

_log = logging.getLogger(__name__)

_SAFE = frozenset({"GET", "HEAD"})

type Layer = Callable[[ASGIApp], ASGIApp]
"""Something around the passing on of requests, such as rate limits.

It finds the token in `scope["user"]` (None for open routes and API keys), the template of the path in
`scope["path_template"]`, and the address of the client in `scope["client"]`.
"""


@dataclass(frozen=True, slots=True)
class Local:
    """What the gateway answers by itself: whatever is below `prefix`."""

    prefix: str
    app: ASGIApp

    def has(self, path: str) -> bool:
        """Tell whether the path is one of these."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")


class Gateway:
    """An ASGI application; `layers` stand around what is passed on, the first one outermost.

    Access tokens are checked here, so that a request without a good one costs no service anything. The services check
    them again: that they stand behind a gateway is nothing they rely on.
    """

    def __init__(
        self,
        table: RouteTable,
        upstreams: Upstreams,
        *,
        verifier: TokenVerifier,
        ids: IdSource,
        local: Sequence[Local] = (),
        layers: Sequence[Layer] = (),
        patience: Patience,
        request_bytes_max: int,
    ) -> None:
        self._table = table
        self._upstreams = upstreams
        self._verifier = verifier
        self._ids = ids
        self._local = tuple(local)
        self._patience = patience
        self._bytes_max = request_bytes_max
        onward: ASGIApp = self._pass_on
        for layer in reversed(layers):
            onward = layer(onward)
        self._onward = onward
        self._streams: set[Forwarding] = set()

    def end_streams(self) -> None:
        """End the answers that would go on, as the services do when they stop; readers come back by themselves."""
        for stream in self._streams:
            stream.end()

    @property
    def places_taken(self) -> int:
        """How many requests are with the services at this moment, or wait for one."""
        return sum(upstream.places_taken for upstream in self._upstreams)

    async def close(self) -> None:
        """Close the connections to the services."""
        await self._upstreams.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live for as long as the server does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope["headers"]) or str(self._ids.new()).encode()
        scope["fairseat.request_id"] = request_id
        try:
            await self._let_in(scope, receive, send)
        except ClientGoneError:
            _log.debug("a client left before its answer")
        except EdgeError as error:
            await send_problem(send, error, instance=scope["path"], request_id=request_id.decode())

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = scope["headers"]
        scope["fairseat.framing"] = framing_of(headers)
        for local in self._local:
            if local.has(scope["path"]):
                await local.app(scope, receive, send)
                return
        found = self._table.find(scope["method"], scope["path"])
        if found is None:
            raise EdgeError(404, "request.not_found", "Not Found")
        if not isinstance(found, Route):
            allowed = {"Allow": ", ".join(found.allowed)}
            if scope["method"] != "OPTIONS":
                raise EdgeError(405, "request.method_not_allowed", "Method Not Allowed", headers=allowed)
            await send_whole(send, 204, b"", allowed)
            return
        access = Access() if found.open else await access_of(headers, self._verifier)
        scope["user"] = access.token
        scope["path_template"] = found.path
        scope["fairseat.route"] = found
        scope["fairseat.tenant"] = access.tenant
        await self._onward(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: Route = scope["fairseat.route"]
        headers: Headers = scope["headers"]
        framing, request_id = scope["fairseat.framing"], scope["fairseat.request_id"]
        passage = Passage(
            upstream=self._upstreams[route.service],
            method=route.method,
            target=_target(scope),
            headers=onwards(scope, headers, framing=framing, request_id=request_id, tenant=scope["fairseat.tenant"]),
            framing=framing,
            request_id=request_id,
            streams=route.streams,
            # A key does what it promises only for callers with a token (adapters/http/idempotency.py).
            again=route.method in _SAFE
            or (route.method == "POST" and not route.open and value_of(headers, b"idempotency-key") is not None),
        )
        forwarding = Forwarding(passage, receive, send, patience=self._patience, bytes_max=self._bytes_max)
        if not route.streams:
            await forwarding.go()
            return
        self._streams.add(forwarding)
        try:
            await forwarding.go()
        finally:
            self._streams.discard(forwarding)


def _target(scope: Scope) -> bytes:
    path, query = bytes(scope["raw_path"]), bytes(scope["query_string"])
    return path + b"?" + query if query else path
