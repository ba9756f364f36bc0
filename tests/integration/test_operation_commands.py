"""`fairseat operation` against a server on a socket: start, preview, watch, list, cancel and resume."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from rich.console import Console
from typer.testing import CliRunner, Result

from adapters.cli.operations import OperationsClient, watch
from adapters.http.app import ServiceRoutes
from adapters.http.operation_events import OperationEventController
from adapters.http.operation_streams import OperationStreams
from adapters.http.operations import OperationController, VenueOperationController
from adapters.memory.idempotency import MemoryIdempotencyStore
from bootstrap.cli import app
from core.shared.errors import ForbiddenError
from ports.idempotency import IdempotencyStore
from tests.operations_world import MANAGER, VENUE, World, memory_stores
from tests.service_client import SpelledOutTokens, app_of, container_of, give_back
from usecases.operations.manage_operation import CancelOperation, ReadOperations, ResumeOperation
from usecases.operations.start_operation import StartOperation

TOKEN = f"{MANAGER.account_id}.{MANAGER.tenant_id}.manager"
RED = ["--params", json.dumps({"colour": "red"})]


@dataclass
class Shop:
    """A server with operations in memory, on which a worker works when it is told to."""

    world: World
    base_url: str
    streams: OperationStreams

    async def fairseat(self, *arguments: str, work: bool = False) -> Result:
        options = ["operation", *arguments, "--token", TOKEN, "--base-url", self.base_url]
        running = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, app, options))
        while work and not running.done():
            await self.world.job()()
            await asyncio.sleep(0.02)
        return await running


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    world = World(memory_stores())
    streams = OperationStreams(world.clock, look_s=0.01)
    made: dict[Any, object] = {
        StartOperation: world.start,
        ReadOperations: world.read,
        CancelOperation: world.cancel,
        ResumeOperation: world.resume,
        OperationStreams: streams,
        IdempotencyStore: MemoryIdempotencyStore(),
    }
    container = container_of(made)
    controllers = (VenueOperationController, OperationController, OperationEventController)
    routes = ServiceRoutes("venue", container, controllers)
    served = app_of(routes, verifier=SpelledOutTokens(), clock=world.clock)
    server = uvicorn.Server(uvicorn.Config(served, log_config=None, lifespan="on", timeout_graceful_shutdown=2))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield Shop(world, f"http://127.0.0.1:{listening.getsockname()[1]}", streams)
        await streams.stop()
        server.should_exit = True
        await serving
    give_back(served)
    await container.close()


async def test_an_operation_is_previewed_started_and_watched_to_its_end(shop: Shop) -> None:
    preview = await shop.fairseat("start", str(VENUE), "painting", *RED, "--dry-run")
    assert (preview.exit_code, json.loads(preview.output)) == (0, {"boards": 5, "colour": "red"})
    told = await shop.fairseat("start", str(VENUE), "painting", *RED, work=True)
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[-1].startswith("painting ") and told.output.rstrip().endswith("completed")
    listed = await shop.fairseat("list", str(VENUE), "--status", "completed")
    assert "completed  3/3 steps" in listed.output


async def test_what_is_refused_is_told_in_a_line_with_status_1(shop: Shop) -> None:
    await shop.fairseat("start", str(VENUE), "painting", *RED, "--no-watch")
    busy = await shop.fairseat("start", str(VENUE), "painting", *RED)
    assert (busy.exit_code, "operations.busy" in busy.output, "/runningId" in busy.output) == (1, True, True)
    wrong = await shop.fairseat("start", str(VENUE), "painting", "--params", "[]")
    assert (wrong.exit_code, "no JSON object" in wrong.output) == (2, True)


async def test_a_failed_one_is_resumed_and_a_pending_one_is_cancelled(shop: Shop) -> None:
    shop.world.painting.troubles = [ForbiddenError("no paint")]
    failed = await shop.fairseat("start", str(VENUE), "painting", *RED, work=True)
    assert (failed.exit_code, "failed: prepare: no paint" in failed.output) == (1, True)
    (operation,) = [each.split()[0] for each in (await shop.fairseat("list", str(VENUE))).output.splitlines()]
    done = await shop.fairseat("resume", operation, work=True)
    assert (done.exit_code, "completed" in done.output) == (0, True)
    begun = await shop.fairseat("start", str(VENUE), "painting", *RED, "--no-watch")
    cancelled = await shop.fairseat("cancel", begun.output.split()[0])
    assert (cancelled.exit_code, "cancelled" in cancelled.output) == (0, True)


async def test_the_bar_shows_the_step_its_pace_and_what_is_left(shop: Shop) -> None:
    operation_id = await shop.world.started()
    frames = Console(record=True, force_terminal=True, width=120, file=io.StringIO())

    def slowly() -> None:
        shop.world.clock.move(seconds=0.5)

    shop.world.painting.on_report = slowly

    def look() -> str:
        with httpx.Client(base_url=shop.base_url, timeout=5) as http:
            return watch(OperationsClient(http, TOKEN), operation_id, frames)

    watching = asyncio.create_task(asyncio.to_thread(look))
    while not watching.done():
        await shop.world.job()()
        await asyncio.sleep(0.02)
    assert await watching == "completed"
    assert f"painting {operation_id} completed" in frames.export_text()


async def test_a_stream_that_breaks_is_opened_again_where_it_was(shop: Shop) -> None:
    operation_id = await shop.world.started()
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        state = {"status": "in_progress", "id": str(operation_id)}
        if len(asked) == 1:
            text = f"event: progress\nid: 4\ndata: {json.dumps(state)}\n\n"
        elif len(asked) == 2:
            raise httpx.ConnectError("gone")
        else:
            text = f": still here\n\nevent: end\nid: 9\ndata: {json.dumps(state | {'status': 'completed'})}\n\n"
        return httpx.Response(200, text=text)

    pauses: list[float] = []
    with httpx.Client(base_url="http://fairseat", transport=httpx.MockTransport(answer)) as http:
        states = list(OperationsClient(http, TOKEN, pauses.append).states(operation_id))
    assert [state["status"] for state in states] == ["in_progress", "completed"]
    assert (asked, len(pauses)) == ([None, "4", "4"], 2)
