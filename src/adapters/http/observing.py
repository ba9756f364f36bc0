"""Around the application: whose request it is, and who is told of it. Plain ASGI, since each request pays for it."""

import re
from collections.abc import Mapping
from time import perf_counter
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from adapters.system.observer import Answered, Observer
from adapters.system.work_context import Work, at_work, current_work

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_HEADER = b"x-request-id"
_HTTP: str = ScopeType.HTTP.value
UNMATCHED = "unmatched"
"""The route of requests that have none: their paths are whatever somebody made up."""
_CLIENT_GONE = 499


class ObservedApp:
    """Gives each request an id, the caller's `X-Request-ID` where that is one, and answers with it."""

    def __init__(self, app: ASGIApp, observer: Observer) -> None:
        self._app = app
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests on, watched, and anything else as it is."""
        if scope["type"] == _HTTP:
            await self._watch(cast("HTTPScope", scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _watch(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        began_s = perf_counter()
        request_id = _request_id(scope)
        work = Work(request_id=request_id)
        status, duration_s = _CLIENT_GONE, 0.0

        async def answer(message: Message) -> None:
            nonlocal status, duration_s
            if message["type"] == "http.response.start":
                status, duration_s = message["status"], perf_counter() - began_s
                message["headers"] = [*message["headers"], (_HEADER, request_id.encode())]
            await send(message)

        with at_work(work):
            ended = self._observer.request(scope["method"], scope["headers"], work)
            if ended is None:
                await self._app(scope, receive, answer)
                return
            try:
                await self._app(scope, receive, answer)
            finally:
                facts = cast("dict[str, Any]", scope)  # Any: the framework adds members as it goes
                route = facts.get("path_template") or UNMATCHED
                ended(Answered(scope["method"], route, status, duration_s or perf_counter() - began_s))


def _request_id(scope: HTTPScope) -> str:
    for name, value in scope["headers"]:
        if name == _HEADER:
            return value.decode() if _REQUEST_ID.fullmatch(value) else str(uuid7())
    return str(uuid7())


def note_service(service: str, path_params: Mapping[str, object]) -> None:
    """Note which service answers the request, and which order it is about where its path says so."""
    work = current_work()
    if work is not None:
        work.service = service
        order_id = path_params.get("order_id")
        if order_id is not None:
            work.order_id = str(order_id)


def note_tenant(tenant_id: object) -> None:
    """Note whose request is being answered, for those who watch."""
    work = current_work()
    if work is not None:
        work.tenant_id = str(tenant_id)


def note_refusal(code: str) -> None:
    """Note with which problem the request ends."""
    work = current_work()
    if work is not None:
        work.refusal = code
