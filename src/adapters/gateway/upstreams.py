"""The services behind the gateway: how each is reached, and how many requests it is asked at once."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from adapters.gateway.answers import away
from adapters.gateway.asgi import Headers

_CONNECT_TIMEOUT_S = 5.0
_PLACE_TIMEOUT_S = 3.0
_IDLE_S = 3.0
"""How long a connection is kept for the next request: shorter than a service keeps it (uvicorn: 5 s), so that hardly
any request goes out on one that is being closed."""

_WAITING_FACTOR_MAX = 4
"""For each connection to a service as many requests may wait for one; others are refused at once."""


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """How many requests of a service may be answered at a time, and how many of its streams may be open."""

    connections_max: int = 128
    streams_max: int = 10_000


class Upstream:
    """One service, as the gateway asks it.

    Its streams have a connection each outside the pool, so that readers of live maps leave no buyer without one.

    Places are given out here and not by the pool: a request that is given up while it waits for a connection of the
    pool takes that one with it for good.
    """

    def __init__(self, name: str, url: str, limits: UpstreamLimits, context: ssl.SSLContext) -> None:
        self.name = name
        self.url = httpx.URL(url)
        self._limits = limits
        self._context = context
        self._asked = 0
        self._streaming = 0
        self._places = asyncio.Semaphore(limits.connections_max)
        self._pool = self._transport(kept=limits.connections_max)

    @property
    def places_taken(self) -> int:
        """How many requests it is asked at this moment, streams and those that wait for a connection among them."""
        return self._asked + self._streaming

    def request(self, method: str, target: bytes, headers: Headers, body: httpx.AsyncByteStream) -> httpx.Request:
        """Return a request for this service; the target goes out byte for byte as it came in."""
        timeout = {"connect": _CONNECT_TIMEOUT_S, "pool": _CONNECT_TIMEOUT_S, "read": None, "write": None}
        return httpx.Request(
            method, self.url, headers=headers, stream=body, extensions={"target": target, "timeout": timeout}
        )

    @asynccontextmanager
    async def room(self, *, streams: bool) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """Take a place while the block lasts, and return the way to the service; raises EdgeError where none is."""
        if streams:
            if self._streaming >= self._limits.streams_max:
                raise away(self.name)
            self._streaming += 1
            own = self._transport(kept=0)
            try:
                yield own
            finally:
                self._streaming -= 1
                await own.aclose()
            return
        if self._asked >= self._limits.connections_max * (1 + _WAITING_FACTOR_MAX):
            raise away(self.name)
        self._asked += 1
        try:
            await self._place()
            try:
                yield self._pool
            finally:
                self._places.release()
        finally:
            self._asked -= 1

    async def _place(self) -> None:
        try:
            async with asyncio.timeout(_PLACE_TIMEOUT_S):
                await self._places.acquire()
        except TimeoutError:
            raise away(self.name) from None

    async def fetch(self, path: str) -> httpx.Response:
        """GET something of the service for the gateway itself; raises httpx.TransportError."""
        headers = [(b"host", self.url.netloc), (b"accept", b"application/json")]
        answer = await self._pool.handle_async_request(
            self.request("GET", path.encode(), headers, httpx.ByteStream(b""))
        )
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        return answer

    async def close(self) -> None:
        """Close every connection that is kept."""
        await self._pool.aclose()

    def _transport(self, *, kept: int) -> httpx.AsyncHTTPTransport:
        # No client: that one would keep cookies, follow redirects, and add headers of its own.
        return httpx.AsyncHTTPTransport(
            verify=self._context,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept, keepalive_expiry=_IDLE_S),
        )


class Upstreams:
    """All services behind the gateway."""

    def __init__(self, addresses: Mapping[str, str], limits: UpstreamLimits) -> None:
        secure = any(url.startswith("https:") for url in addresses.values())
        context = httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._found = {name: Upstream(name, url, limits, context) for name, url in addresses.items()}

    def __getitem__(self, name: str) -> Upstream:
        return self._found[name]

    def __iter__(self) -> Iterator[Upstream]:
        return iter(self._found.values())

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(upstream.close() for upstream in self._found.values()))
