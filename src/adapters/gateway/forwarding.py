"""One request on its way to a service, and the answer on its way back, both piece by piece."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

import httpx

from adapters.gateway.answers import EdgeError, away, broken, invalid, slow
from adapters.gateway.asgi import Headers, Receive, Send
from adapters.gateway.bodies import KEPT_BYTES_MAX, ClientBody, ClientGoneError, too_large
from adapters.gateway.headers import Framing, backwards
from adapters.gateway.upstreams import Upstream

_log = logging.getLogger(__name__)

_TRIES_MAX = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds.

    For an answer to begin once the request is with the service; for the next piece of what a client sends; for the
    next piece of an answer, and for a client to read it. Streams of events say something every 15 seconds.
    """

    answer_s: float = 60.0
    body_s: float = 30.0
    silence_s: float = 60.0
    linger_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Passage:
    """What is passed on: `target` is path and query as they came, `headers` are those that the service is to see.

    `again` says that the service may be asked a second time when it ended the connection without an answer.
    """

    upstream: Upstream
    method: str
    target: bytes
    headers: Headers
    framing: Framing
    request_id: bytes
    streams: bool = False
    again: bool = False


class Forwarding:
    """Passes one request on, while the block of `go` lasts; nothing of it is left when it ends."""

    def __init__(self, passage: Passage, receive: Receive, send: Send, *, patience: Patience, bytes_max: int) -> None:
        self._passage = passage
        self._send = send
        self._patience = patience
        self._bytes_max = bytes_max
        self._body = ClientBody(receive, bytes_max=bytes_max, moved=self._moved)
        self._leash = asyncio.timeout(None)
        self._waits_for_client = False
        self._client_gone = False
        self._ended = False
        self._complete = False
        self._began = False

    async def go(self) -> None:
        """Ask and answer; raises EdgeError while nothing is answered yet.

        Raises ClientGoneError when the client left, whereupon the service is left too. An answer that breaks off is
        left as it is: the server then ends the connection, so that nobody takes it for a whole one.
        """
        length = self._passage.framing.length
        if length is not None and length > self._bytes_max:
            raise too_large(self._bytes_max)
        try:
            kept = await self._kept_body()
            async with self._passage.upstream.room(streams=self._passage.streams) as way:
                await self._exchange(way, kept)
        except TimeoutError:
            if self._ended and self._began:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                self._late()
        except httpx.TransportError as error:
            self._failed(error)

    async def _exchange(self, way: httpx.AsyncBaseTransport, kept: bytes | None) -> None:
        watcher: asyncio.Task[None] | None = None
        answer: httpx.Response | None = None
        try:
            async with asyncio.timeout(None) as self._leash:
                if kept is not None:
                    watcher = asyncio.create_task(self._watch())
                answer = await self._asked(way, kept)
                watcher = watcher or asyncio.create_task(self._watch())
                await self._answer(answer)
        finally:
            # Outside of the leash: a connection whose return to the pool is cancelled is lost to it.
            if watcher is not None:
                watcher.cancel()
            if answer is not None:
                await answer.aclose()

    def end(self) -> None:
        """End the answer here, as if it were whole."""
        self._ended = True
        with suppress(RuntimeError):  # it is ending already
            self._leash.reschedule(asyncio.get_running_loop().time())

    async def _kept_body(self) -> bytes | None:
        """Return the body if it is a small one; None when it has to be passed on while it comes."""
        framing = self._passage.framing
        if not framing.has_body:
            return b""
        if framing.length is None or framing.length > KEPT_BYTES_MAX:
            return None
        async with asyncio.timeout(None) as self._leash:
            return await self._body.whole()

    async def _asked(self, way: httpx.AsyncBaseTransport, kept: bytes | None) -> httpx.Response:
        passage = self._passage
        tries = _TRIES_MAX if passage.again and kept is not None else 1
        while True:
            tries -= 1
            body = httpx.ByteStream(kept) if kept is not None else self._body
            self._wait(self._patience.answer_s)
            try:
                return await way.handle_async_request(
                    passage.upstream.request(passage.method, passage.target, passage.headers, body)
                )
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
                if not tries:
                    raise
                _log.info("%s is asked again after %s", passage.upstream.name, type(error).__name__)

    async def _answer(self, answer: httpx.Response) -> None:
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        self._began = True
        headers = backwards(answer.status_code, answer.headers.raw, request_id=self._passage.request_id)
        await self._send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        self._wait(self._patience.silence_s)
        async for piece in answer.stream:
            self._wait(self._patience.linger_s)
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            self._wait(self._patience.silence_s)
        self._complete = True
        self._wait(self._patience.linger_s)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _moved(self, waits_for_client: bool) -> None:
        self._waits_for_client = waits_for_client
        self._wait(self._patience.body_s if waits_for_client else self._patience.answer_s)

    def _wait(self, patience_s: float) -> None:
        if not self._client_gone and not self._ended:
            self._leash.reschedule(asyncio.get_running_loop().time() + patience_s)

    async def _watch(self) -> None:
        await self._body.gone()
        if self._complete:  # then it is the server that ends its part
            return
        self._client_gone = True
        with suppress(RuntimeError):  # as above
            self._leash.reschedule(asyncio.get_running_loop().time())

    def _late(self) -> None:
        name = self._passage.upstream.name
        if self._client_gone:
            raise ClientGoneError
        if self._began:
            _log.warning("%s: an answer ends before its end: somebody does not go on", name)
            return
        if self._waits_for_client:
            message = "The body of the request did not come in time."
            raise EdgeError(408, "request.timeout", message, closes=True)
        raise slow(name)

    def _failed(self, error: httpx.TransportError) -> None:
        name = self._passage.upstream.name
        _log.warning("%s: %s", name, type(error).__name__)
        if self._began:
            return
        if isinstance(error, httpx.LocalProtocolError):
            raise invalid("A header holds what none may hold.") from error
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            raise away(name) from error
        raise broken(name) from error
