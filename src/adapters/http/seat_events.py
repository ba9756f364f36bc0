"""The live map: a stream of server-sent events that says how the seats of a plan change."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, override
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Litestar, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from adapters.http.seat_map_frames import End
from adapters.http.seat_map_hub import SeatMapHub
from adapters.http.seat_map_reader import MapReader
from adapters.http.sse import HEADERS, MEDIA_TYPE
from core.shared.callers import Caller
from core.shared.ids import PlanId, TenantId
from ports.published.identity import VerifiedToken
from ports.seat_map import MapEventId
from usecases.seating.watch_map import WatchMap

_log = logging.getLogger(__name__)


class SeatEventController(Controller):
    """The live map of a plan."""

    path = "/seating-plans"
    tags = ("Seating",)

    @get(
        "/{plan_id:uuid}/events",
        summary="Watch the seat map",
        media_type=MEDIA_TYPE,
        responses={
            200: ResponseSpec(str, media_type=MEDIA_TYPE, description="Server-sent events.", generate_examples=False)
        },
    )
    @inject
    async def events(
        self,
        plan_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[WatchMap],
        hub: FromDishka[SeatMapHub],
        last_event_id: Annotated[
            str | None,
            HeaderParameter(
                name="Last-Event-ID", max_length=100, description="The id of the last event, or `eventId`."
            ),
        ] = None,
    ) -> Response[bytes]:
        """Everybody in the organisation, fans too. The stream may lag, and it decides nothing: only a hold does.

        - `snapshot` comes first without a Last-Event-ID: read the seat map now; the changes go on from its `eventId`.
        - `seats` has `{"changes": [{"id": …, "status": …}]}`; the last one about a seat counts, and one may come twice.
        - `resync` comes when changes were missed: read the seat map again. Where it has no `eventId` the stream ends.
        - `closed` ends the stream of a plan that is off sale; `unavailable` ends it while the stream is away. After
          either, and after a `resync` that ends the stream, come back without a Last-Event-ID.
        - `expired` ends the stream when the token does: come back with a new one, and with the Last-Event-ID.

        A comment every 15 s or so shows that the connection lives. A hold that ends by its time may show as held for
        up to 5 s more.
        """
        plan = PlanId(plan_id)
        if not await usecase(plan, caller=caller):
            return Response(End.CLOSED.value, media_type=MEDIA_TYPE, headers=HEADERS)
        after = MapEventId.parse(last_event_id) if last_event_id else None
        known = after is not None or not last_event_id
        return _EventStream(_Wish(hub, caller.tenant_id, plan, after, known, identity.expires_at))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a client wants to watch, and from where on."""

    hub: SeatMapHub
    tenant_id: TenantId
    plan_id: PlanId
    after: MapEventId | None
    known: bool
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
    """Sends until the stream ends, or the client has gone or does not read; then nothing of it is left in the hub."""

    _should_set_content_length = False

    def __init__(self, wish: _Wish) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=HEADERS)
        self._wish = wish

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place in the hub before the first byte goes out, so that a refusal is still a proper answer."""
        wish = self._wish
        async with wish.hub.reader(wish.tenant_id, wish.plan_id, until=wish.until) as reader:
            await self.start_response(send)
            leaving = asyncio.create_task(_left(receive, reader))
            try:
                async with reader.patience():
                    await _send(reader.bodies(wish.after, known=wish.known), send)
            except TimeoutError:
                _log.info("a live map of %s ends: its client does not read", wish.plan_id)
            finally:
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)


async def _send(bodies: AsyncIterator[bytes], send: Send) -> None:
    async for body in bodies:
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive, reader: MapReader) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    reader.left()
