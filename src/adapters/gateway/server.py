"""The HTTP server in front of the gateway: uvicorn's, with limits on what may come before a request is whole."""

import asyncio
import logging
from typing import Any, override

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from adapters.gateway.headers import HEADER_BYTES_MAX
from adapters.http.problems import MEDIA_TYPE, ProblemDocument, title_of

_HEAD_BYTES_MAX = 2 * HEADER_BYTES_MAX
"""Of the first line and the headers, before it is clear whether they end; what is whole is judged more exactly."""

_HEAD_TIMEOUT_S = 15.0
_log = logging.getLogger(__name__)


class BoundedHttp(HttpToolsProtocol):
    """Ends connections whose requests do not begin in time, or begin without an end; says so as problem details."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_bytes = 0
        self._in_head = False
        self._head_timer: asyncio.TimerHandle | None = None

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        super().connection_made(transport)
        self._expect_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_whole()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            if self._head_timer is None:
                self._expect_head()
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES_MAX:
                self._refuse(431, "request.headers_too_large", "The headers of the request are too large.")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    @override
    def on_headers_complete(self) -> None:
        self._head_is_whole()
        super().on_headers_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "request.invalid", msg)

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(_HEAD_TIMEOUT_S, self._too_late)

    def _head_is_whole(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        if self._in_head:
            self._refuse(408, "request.timeout", "The request did not come in time.")
        else:  # a connection that was opened for later, and not used
            self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._head_is_whole()
        if self._is_answering:
            # The answer to the request before is under way, and anything written now would stand in its midst.
            self.transport.close()
            return
        kind = f"urn:fairseat:problem:{code}"
        document = ProblemDocument(
            type=kind, title=title_of(code), status=status, detail=detail, instance="", code=code
        )
        body = msgspec.json.encode(document)
        lines = [STATUS_LINE[status], b"content-type: ", MEDIA_TYPE.encode(), b"\r\n"]
        lines += [b"content-length: ", str(len(body)).encode(), b"\r\nconnection: close\r\n\r\n", body]
        self.transport.write(b"".join(lines))
        self.transport.close()
