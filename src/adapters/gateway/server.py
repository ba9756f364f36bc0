"""The HTTP server in front of the gateway: uvicorn's, with limits on what may come before a request is whole."""

import asyncio
import logging
from typing import Any, cast, override

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from adapters.gateway.headers import HEADER_BYTES_MAX
from adapters.http.problems import MEDIA_TYPE, ProblemDocument, title_of

_HEAD_BYTES_MAX = 2 * HEADER_BYTES_MAX
"""Of the first line and the headers, before it is clear whether they end; what is whole is judged more exactly."""

_PATIENCE_S = 15.0
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
        self._timer: asyncio.TimerHandle | None = None

    @property
    def _owes_an_answer(self) -> bool:
        """Tell whether what is written now could be taken for an answer to a request that came whole before.

        In the midst of a body it is the answer to that one, unless the service's has begun.
        """
        cycle = cast("RequestResponseCycle | None", self.cycle)  # there is none before the first request
        if cycle is None or cycle.response_complete:
            return False
        return bool(self.pipeline) or cycle.response_started or not cycle.more_body

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        super().connection_made(transport)
        self._start_timer()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            if self._timer is None:
                self._start_timer()
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
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.cycle.response_complete and self._timer is None:
            # The answer came before the end of the request; whoever goes on sending is listened to for a while, since
            # with a connection that is cut they would not get to see it.
            self._start_timer()

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop_timer()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "request.invalid", msg)

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(_PATIENCE_S, self._too_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        if self._in_head:
            self._refuse(408, "request.timeout", "The request did not come in time.")
        else:  # it was opened for later and not used, or something is sent that nobody wants any more
            self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._in_head = False
        self._stop_timer()
        if self._owes_an_answer:
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
