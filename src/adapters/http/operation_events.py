"""The route of an operation's progress: a stream of server-sent events that ends with the operation."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter

from adapters.http.operation_streams import OperationStreams
from adapters.http.sse import MEDIA_TYPE
from adapters.http.sse_answers import EventStream, EventStreamResponse
from core.shared.callers import Caller
from core.shared.ids import OperationId
from ports.published.identity import VerifiedToken
from usecases.operations.manage_operation import ReadOperations


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
        look = partial(usecase.one, id, caller=caller)

        @asynccontextmanager
        async def opened() -> AsyncGenerator[EventStream]:
            async with streams.reader(look, until=identity.expires_at) as reader:
                yield EventStream(streams.bodies(reader, known), reader.gone.set, streams.linger_s)

        return EventStreamResponse(opened, what=f"the progress of operation {id}")
