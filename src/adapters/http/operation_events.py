"""The route of an operation's progress: a stream of server-sent events that ends with the operation."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, override
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Litestar, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from adapters.http.operation_streams import Look, OperationReader, OperationStreams
from adapters.http.sse import HEADERS, MEDIA_TYPE
from core.shared.callers import Caller
from core.shared.ids import OperationId
from ports.published.identity import VerifiedToken
from usecases.operations.manage_operation import ReadOperations

_log = logging.getLogger(__name__)


class OperationEventController(Controller):
    """The progress of an operation: managers only."""

    path = "/operations"
    tags = ("Operations",)

    @get(
        "/{operation_id:uuid}/events",
        summary="Watch a long operation",
        media_type=MEDIA_TYPE,
        responses={
            200: ResponseSpec(str, media_type=MEDIA_TYPE, description="Server-sent events.", generate_examples=False)
        },
    )
    @inject
    async def events(
        self,
        operation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ReadOperations],
        streams: FromDishka[OperationStreams],
        last_event_id: Annotated[
            str | None,
            HeaderParameter(name="Last-Event-ID", max_length=20, description="The id of the last event."),
        ] = None,
    ) -> Response[bytes]:
        """Each event has the operation as lists show it, so that whoever missed some needs only the next one.

        - `progress` comes first, unless the Last-Event-ID says that this is known, and with each change, at most once
          a second.
        - `end` ends the stream: the operation is over. Come back only when it was resumed.
        - `expired` ends the stream when the token does, `unavailable` while the operation cannot be read: come back,
          with the Last-Event-ID.

        A comment every 15 s or so shows that the connection lives.
        """
        id = OperationId(operation_id)
        await usecase.one(id, caller=caller)
        known = int(last_event_id) if last_event_id is not None and last_event_id.isdecimal() else None
        return _EventStream(_Wish(streams, partial(usecase.one, id, caller=caller), known, identity.expires_at))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a client wants to watch, and what it knows."""

    streams: OperationStreams
    look: Look
    known: int | None
    until: datetime | None


class _EventStream(Response[bytes]):
    """The answer of a handler that opens a stream."""

    def __init__(self, wish: _Wish) -> None:
        super().__init__(b"", media_type=MEDIA_TYPE, headers=HEADERS)
        self._wish = wish

    @override
    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        return _Streaming(self._wish)


class _Streaming(ASGIResponse):
    """Sends until the stream ends, or the client has gone or does not read."""

    _should_set_content_length = False

    def __init__(self, wish: _Wish) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=HEADERS)
        self._wish = wish

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place before the first byte goes out, so that a refusal is still a proper answer."""
        wish = self._wish
        async with wish.streams.reader(wish.look, until=wish.until) as reader:
            await self.start_response(send)
            leaving = asyncio.create_task(_left(receive, reader))
            try:
                async for body in wish.streams.bodies(reader, wish.known):
                    await _sent(body, send, wish.streams.linger_s, more=True)
                await _sent(b"", send, wish.streams.linger_s, more=False)
            except TimeoutError:
                _log.info("the progress of an operation ends: its client does not read")
            finally:
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)


async def _sent(body: bytes, send: Send, linger_s: float, *, more: bool) -> None:
    async with asyncio.timeout(linger_s):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _left(receive: Receive, reader: OperationReader) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    reader.gone.set()
