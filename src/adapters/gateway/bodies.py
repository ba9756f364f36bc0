"""The body of a request on its way from the client to the service, piece by piece, with its end and its limits."""

from collections.abc import AsyncIterator, Callable
from typing import override

import httpx

from adapters.gateway.answers import EdgeError
from adapters.gateway.asgi import Receive

KEPT_BYTES_MAX = 65_536
"""A body of at most this length is read before the service is asked, and can be sent a second time."""


class ClientGoneError(Exception):
    """The client ended the connection; there is nobody to answer."""


class ClientBody(httpx.AsyncByteStream):
    """Reads what a client sends, once.

    `moved` is called when a piece is waited for (True) and when it has come (False).
    """

    def __init__(self, receive: Receive, *, bytes_max: int, moved: Callable[[bool], None]) -> None:
        self._receive = receive
        self._left = bytes_max
        self._bytes_max = bytes_max
        self._moved = moved
        self._more = True

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the pieces; raises ClientGoneError, and EdgeError when more came than may come."""
        while self._more:
            self._moved(True)
            message = await self._receive()
            self._moved(False)
            if message["type"] != "http.request":
                raise ClientGoneError
            piece: bytes = message.get("body", b"")
            self._more = message.get("more_body", False)
            self._left -= len(piece)
            if self._left < 0:
                raise too_large(self._bytes_max)
            if piece:
                yield piece

    async def whole(self) -> bytes:
        """Return the rest in one piece."""
        return b"".join([piece async for piece in self])

    async def gone(self) -> None:
        """Return when the client has gone, or its answer is complete; nothing may read beside this."""
        while (await self._receive())["type"] != "http.disconnect":
            continue


def too_large(bytes_max: int) -> EdgeError:
    """Return the error of a body that is longer than any may be."""
    return EdgeError(413, "request.too_large", f"The body of a request has at most {bytes_max} bytes.")
