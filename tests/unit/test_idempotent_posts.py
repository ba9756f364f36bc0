"""A request that is sent again while the first one runs: it is told when to ask for the answer."""

import asyncio
from typing import cast

import httpx
from dishka import Provider, Scope, make_async_container
from litestar import Litestar, post
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as RequestScope
from uuid_utils.compat import uuid7

from adapters.http.idempotency import LEASE_S, IdempotentPosts
from adapters.http.problems import EXCEPTION_HANDLERS
from adapters.memory.clock import MemoryClock
from adapters.memory.idempotency import MemoryIdempotencyStore
from ports.idempotency import IdempotencyStore
from ports.published.identity import VerifiedToken

ANN = VerifiedToken(account_id=uuid7())


class SignedIn(ASGIMiddleware):
    """Everybody is Ann."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: RequestScope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        cast("dict[str, object]", scope)["user"] = ANN
        await next_app(scope, receive, send)


async def test_a_request_whose_first_is_still_running_is_told_when_to_ask_again() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    @post("/")
    async def slow() -> dict[str, str]:
        begun.set()
        await may_end.wait()
        return {"done": "once"}

    stores = Provider(scope=Scope.APP)
    stores.provide(MemoryIdempotencyStore, provides=IdempotencyStore)
    container = make_async_container(stores)
    app = Litestar(
        [slow],
        middleware=[SignedIn(), IdempotentPosts(container, MemoryClock())],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # Litestar's own ASGI types are narrower
    async with httpx.AsyncClient(transport=transport, base_url="http://fairseat.test") as client:
        key = {"Idempotency-Key": "one"}
        first = asyncio.create_task(client.post("/", headers=key))
        await begun.wait()
        second = await client.post("/", headers=key)
        may_end.set()
        assert (await first).status_code == 201
        third = await client.post("/", headers=key)
    assert (second.status_code, second.json()["code"]) == (409, "request.still_running")
    assert second.headers["Retry-After"] == str(LEASE_S)
    assert (third.json(), third.headers["Idempotent-Replayed"]) == ({"done": "once"}, "true")
    await container.close()
