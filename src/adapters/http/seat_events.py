"""The live map: a stream of server-sent events that says how the seats of a plan change."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter

from adapters.http.seat_map_frames import End
from adapters.http.seat_map_hub import SeatMapHub
from adapters.http.sse import HEADERS, MEDIA_TYPE
from adapters.http.sse_answers import EventStream, EventStreamResponse
from core.shared.callers import Caller
from core.shared.ids import PlanId
from ports.published.identity import VerifiedToken
from ports.seat_map import MapEventId
from usecases.seating.watch_map import WatchMap


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
        - `resync` comes when changes were missed, or when the plan has other seats now: read the seat map again. Where
          it has no `eventId` the stream ends.
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

        @asynccontextmanager
        async def opened() -> AsyncGenerator[EventStream]:
            async with hub.reader(caller.tenant_id, plan, until=identity.expires_at) as reader, reader.patience():
                yield EventStream(reader.bodies(after, known=known), reader.left)

        return EventStreamResponse(opened, what=f"a live map of {plan}")
