"""The live map on a real server and real sockets: clients that vanish, and clients that do not read."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, override
from uuid import UUID, uuid4

import pytest
import uvicorn
from dishka import Provider, Scope, make_async_container

from adapters.http.app import ServiceRoutes, create_app
from adapters.http.seat_events import SeatEventController
from adapters.http.seat_map_hub import SeatMapHub
from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.memory.seating import MemorySeatingTransactions
from core.shared.ids import PlanId, SeatId, TenantId
from ports.health import HealthCheck
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.seat_map import SeatsChanged
from tests.seating_world import a_plan, a_tenant
from usecases.seating.watch_map import WatchMap

SEATS_PER_CHANGE = 500
"""About 30 kB a change, so that a client that does not read fills the buffers of its socket soon."""


TOKEN_ENDS_AT = MemoryClock().now() + timedelta(minutes=15)


class AnyToken(TokenVerifier):
    """Every token is a fan's, and ends in 15 minutes of the clock of these tests."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        return VerifiedToken(account_id=UUID(int=7), expires_at=TOKEN_ENDS_AT)


@dataclass(slots=True)
class Served:
    """A server with one plan and its live map."""

    port: int
    tenant: TenantId
    plan: PlanId
    feed: MemorySeatMapFeed
    hub: SeatMapHub
    clock: MemoryClock

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for the stream, and return when its first event has come."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET /api/v1/seating-plans/{self.plan}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer t\r\nX-Tenant-ID: {self.tenant}\r\n\r\n".encode()
        )
        assert b" 200 " in await reader.readline()
        await asyncio.wait_for(reader.readuntil(b"event: snapshot\n"), 5)
        return reader, writer

    async def tell(self) -> SeatId:
        """Tell of a large change, and return the last seat of it."""
        seats = [SeatId(uuid4()) for _ in range(SEATS_PER_CHANGE)]
        await self.feed.append(self.tenant, self.plan, SeatsChanged(dict.fromkeys(seats, "HELD")))
        return seats[-1]

    async def left(self) -> None:
        """Wait until nobody is watching."""
        async with asyncio.timeout(5):
            while self.hub.readers_count or _channels():
                await asyncio.sleep(0.01)


def _channels() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("seat map")]


@pytest.fixture
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    tenant, (plan, layout), clock = a_tenant(), a_plan(), MemoryClock()
    store = MemorySeatingTransactions(MemoryMessages(ids=MemoryIds()))
    async with store.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    feed = MemorySeatMapFeed()
    hub = SeatMapHub(feed, clock, frames_max=20, wait_s=0.05, pause_s=0, linger_s=getattr(request, "param", 60))
    provider = Provider(scope=Scope.APP)
    made: dict[Any, object] = {WatchMap: WatchMap(store), SeatMapHub: hub}
    for kind, value in made.items():
        provider.provide(_constant(value), provides=kind)
    container = make_async_container(provider)

    async def verifier() -> TokenVerifier:
        return AnyToken()

    async def no_checks() -> list[HealthCheck]:
        return []

    app = create_app(
        [ServiceRoutes("venue", container, (SeatEventController,))],
        verifier=verifier,
        clock=clock,
        checks=no_checks,
        request_bytes_max=1_000_000,
        version="0",
    )
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=2))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield Served(listening.getsockname()[1], tenant, plan.id, feed, hub, clock)
        await hub.stop()
        server.should_exit = True
        await serving
    await container.close()


def _constant(value: object) -> Any:
    def provide() -> Any:
        return value

    return provide


async def test_clients_that_vanish_leave_no_reader_and_no_task(served: Served) -> None:
    tasks = len(asyncio.all_tasks())
    for abruptly in (False, True):
        clients = [await served.open() for _ in range(20)]
        assert served.hub.readers_count == 20
        for _, writer in clients:
            if abruptly:
                writer.transport.abort()
            else:
                writer.close()
        await served.left()
        assert len(asyncio.all_tasks()) <= tasks


async def test_a_client_that_vanishes_in_the_middle_of_changes_leaves_nothing(served: Served) -> None:
    for _ in range(10):
        _, writer = await served.open()
        await served.tell()
        writer.transport.abort()
        await served.tell()
    await served.left()


@pytest.mark.parametrize("served", [0.5], indirect=True, ids=["linger of 0.5 s"])
async def test_a_client_that_does_not_read_is_dropped_and_the_others_do_not_wait_for_it(served: Served) -> None:
    _, stuck = await served.open()
    reader, writer = await served.open()
    for _ in range(400):
        seat = await served.tell()
        await asyncio.wait_for(reader.readuntil(str(seat).encode()), 5)
    writer.close()
    await served.left()
    stuck.transport.abort()


async def test_a_client_that_was_too_slow_is_told_to_begin_anew_when_it_reads_again(served: Served) -> None:
    reader, writer = await served.open()
    for _ in range(400):
        await served.tell()
        await asyncio.sleep(0)
    # The pauses let the hub fan out; the client's socket is full long before.
    await asyncio.sleep(0.2)
    rest = b""
    async with asyncio.timeout(10):
        while not rest.endswith(b"0\r\n\r\n"):
            more = await reader.read(1_000_000)
            assert more
            rest = (rest + more)[-1000:]
    assert b"event: resync\nid: \ndata: {}\n\n" in rest
    writer.close()
    await served.left()


async def test_a_stream_does_not_outlive_the_token_that_opened_it(served: Served) -> None:
    reader, writer = await served.open()
    served.clock.moment = TOKEN_ENDS_AT - timedelta(milliseconds=1)
    seat = await served.tell()
    await asyncio.wait_for(reader.readuntil(str(seat).encode()), 5)
    assert served.hub.readers_count == 1
    served.clock.moment = TOKEN_ENDS_AT
    rest = await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 5)
    assert b"event: expired\ndata: {}\n\n" in rest
    writer.close()
    await served.left()


async def test_a_stop_ends_what_is_open_at_once(served: Served) -> None:
    reader, writer = await served.open()
    await served.hub.stop()
    rest = await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 2)
    assert b"event:" not in rest
    writer.close()


async def test_a_plan_of_another_tenant_is_not_there_and_opens_nothing(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        f"GET /api/v1/seating-plans/{served.plan}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer t\r\nX-Tenant-ID: {uuid4()}\r\n\r\n".encode()
    )
    answer = await asyncio.wait_for(reader.read(-1), 5)
    assert b" 404 " in answer.splitlines()[0]
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["code"] == "seating.plan_not_found"
    assert (served.hub.readers_count, _channels()) == (0, [])
    writer.close()
