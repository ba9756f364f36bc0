"""Answers that are streams of server-sent events: they end with what is told, or with the client."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, override

from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from adapters.http.sse import HEADERS, MEDIA_TYPE

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EventStream:
    """What one client is sent, and whom to tell that it has gone; it may leave each piece unread for `linger_s`."""

    bodies: AsyncIterator[bytes]
    left: Callable[[], None]
    linger_s: float | None = None


type Opening = Callable[[], AbstractAsyncContextManager[EventStream]]
"""Takes a place for a client while the block lasts; raises where there is none. A TimeoutError in the block ends it."""


class EventStreamResponse(Response[bytes]):
    """The answer of a handler that opens a stream; `what` names it in the log."""

    def __init__(self, opening: Opening, *, what: str) -> None:
        super().__init__(b"", media_type=MEDIA_TYPE, headers=HEADERS)
        self._opening = opening
        self._what = what

    @override
    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        return _Streaming(self._opening, self._what)


class _Streaming(ASGIResponse):
    """Sends until the stream ends, or the client has gone or does not read; then its place is free again."""

    _should_set_content_length = False

    def __init__(self, opening: Opening, what: str) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=HEADERS)
        self._opening = opening
        self._what = what

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place before the first byte goes out, so that a refusal is still a proper answer."""
        began = False
        try:
            async with self._opening() as stream:
                await self.start_response(send)
                began = True
                leaving = asyncio.create_task(_left(receive, stream))
                try:
                    await _send(stream, send)
                finally:
                    leaving.cancel()
                    await asyncio.gather(leaving, return_exceptions=True)
        except TimeoutError:
            if not began:
                raise
            _log.info("%s ends: its client does not read", self._what)


async def _send(stream: EventStream, send: Send) -> None:
    async for body in stream.bodies:
        async with asyncio.timeout(stream.linger_s):
            await send({"type": "http.response.body", "body": body, "more_body": True})
    async with asyncio.timeout(stream.linger_s):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive, stream: EventStream) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    stream.left()
