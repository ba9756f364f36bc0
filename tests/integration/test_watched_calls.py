"""Calls between processes carry whose work they are, and are told to who watches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, override

import grpc
import grpc.aio
import pytest

from adapters.grpc.watching import WatchedCalls, WorkGoesAlong
from adapters.system.observer import Ended, Observer
from adapters.system.work_context import Work, at_work, current_work

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SERVICE = "fairseat.links.SeatingApi"


class Remembering(Observer):
    def __init__(self) -> None:
        self.told: list[tuple[str, str, str | None, str]] = []

    @override
    def call(self, api: str, method: str, traceparent: str | None, work: Work) -> Ended | None:
        return lambda outcome: self.told.append((api, method, traceparent, outcome))


async def reserve(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    work = current_work()
    assert work is not None
    if request == b"refuse":
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "seating.seat_taken")
    if request == b"away":
        await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
    return f"{work.request_id} {work.tenant_id}".encode()


@asynccontextmanager
async def called(observer: Observer) -> AsyncIterator[Any]:
    server = grpc.aio.server(interceptors=[WatchedCalls(observer)])
    handlers = {"Reserve": grpc.unary_unary_rpc_method_handler(reserve)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        interceptors: Any = [WorkGoesAlong()]  # Any: its stubs want something that cannot be made
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=interceptors) as channel:
            yield channel.unary_unary(f"/{SERVICE}/Reserve", bytes, bytes)
    finally:
        await server.stop(0)


async def test_the_ids_of_the_request_and_the_trace_go_along() -> None:
    watcher = Remembering()
    async with called(watcher) as reserving:
        with at_work(Work(request_id="request-1", tenant_id="tenant-1", traceparent=TRACE)):
            assert await reserving(b"", timeout=10) == b"request-1 tenant-1"
        assert await reserving(b"", timeout=10) == b"None None"
    assert watcher.told == [("SeatingApi", "Reserve", TRACE, "done"), ("SeatingApi", "Reserve", None, "done")]


@pytest.mark.parametrize(("asked", "outcome"), [(b"refuse", "refused"), (b"away", "unavailable")])
async def test_who_watches_is_told_how_a_call_ended(asked: bytes, outcome: str) -> None:
    watcher = Remembering()
    async with called(watcher) as reserving:
        with pytest.raises(grpc.aio.AioRpcError):
            await reserving(asked, timeout=10)
    assert watcher.told == [("SeatingApi", "Reserve", None, outcome)]


async def test_what_is_no_id_does_not_get_into_the_log() -> None:
    async with called(Remembering()) as reserving:
        with at_work(Work(request_id="fay@example.com", traceparent="nonsense")):
            assert await reserving(b"", timeout=10) == b"None None"
