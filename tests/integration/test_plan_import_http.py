"""Imports of plans over HTTP and from the command line, in the venue service on a real venue_db."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import uvicorn
from dishka import AsyncContainer
from typer.testing import CliRunner, Result

from adapters.http.operation_streams import OperationStreams
from adapters.postgres.migrator import Database
from bootstrap.cli import app
from bootstrap.containers.service import Links, build_container
from bootstrap.containers.venue import venue_service
from core.seating.arena import lay_out_arena
from core.seating.plan_export import write_plan
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.ticketing import EventCancellation, EventSalesApi, TicketingApi, TicketOnSale
from tests.published_builders import a_ticket_on_sale
from tests.service_client import (
    VENUE_LINKS,
    SpelledOutTokens,
    app_of,
    container_of,
    headers_of,
    routes_of,
    settings_with,
    unasked,
)
from usecases.operations.run_operations import RunOperations

API = "/api/v1"
OWNER = Caller(AccountId(uuid4()), TenantId(uuid4()), Role.OWNER)
TICKET = uuid4()


class Tickets(TicketingApi, EventSalesApi):
    """Sells seats at the venue that was opened; nobody calls an event off here."""

    venue_id = UUID(int=0)

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        return a_ticket_on_sale(ticket_id, venue_id=self.venue_id)

    @override
    async def cancel(self, *, tenant_id: UUID, ticket_id: UUID, cancellation: EventCancellation) -> EventCancellation:
        return cancellation


@dataclass
class Office:
    """A venue service on a socket, whose worker works when it is told to."""

    client: httpx.AsyncClient
    container: AsyncContainer
    base_url: str
    venue_id: str = ""

    async def ask(self, method: str, path: str, *, caller: Caller = OWNER, **more: Any) -> httpx.Response:
        return await self.client.request(method, API + path, headers=headers_of(caller), **more)

    async def worked(self) -> None:
        job = await self.container.get(RunOperations)
        while await job():
            pass

    async def fairseat(self, *arguments: str) -> Result:
        token = headers_of(OWNER)["Authorization"].removeprefix("Bearer ")
        options = ["plan", "import", "--venue", self.venue_id, "--ticket", str(TICKET), *arguments]
        options += ["--token", token, "--base-url", self.base_url]
        running = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, app, options))
        while not running.done():
            await self.worked()
            await asyncio.sleep(0.05)
        return await running

    async def export(self, plan_id: str) -> Any:
        answer = await self.ask("GET", f"/seating-plans/{plan_id}/export")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def imported(self) -> str:
        """Return the plan of the last import."""
        operations = (await self.ask("GET", f"/venues/{self.venue_id}/operations")).json()["items"]
        last = (await self.ask("GET", f"/operations/{operations[-1]['id']}")).json()
        assert last["status"] == "completed", last
        finish = next(step for step in last["steps"] if step["name"] == "finish")
        return str(finish["result"]["planId"])


@pytest.fixture
async def office(venue_db: Database) -> AsyncIterator[Office]:
    settings = settings_with(
        VENUE_DATABASE_URL=venue_db.app_url,
        VENUE_DATABASE_RELAY_URL=venue_db.relay_url,
        SEATING_PLAN_DOCUMENT_BYTES="2000000",
        SEATING_PLAN_SEATS_PER_REQUEST="100",
    )
    tickets = Tickets()
    apis = unasked(*VENUE_LINKS) | {TicketingApi: tickets, EventSalesApi: tickets}
    elsewhere = container_of(apis)
    service = replace(venue_service(), jobs=())
    container = build_container(service, settings, Links(served_by=dict.fromkeys(apis, elsewhere)))
    asgi = app_of(routes_of(service, container), verifier=SpelledOutTokens())
    server = uvicorn.Server(uvicorn.Config(asgi, log_config=None, lifespan="on", timeout_graceful_shutdown=2))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=base_url, timeout=20) as client:
            office = Office(client, container, base_url)
            address = {"line1": "Essener Str. 20", "city": "Erfurt", "postalCode": "99089", "country": "DE"}
            hall = {"name": "Hall", "timeZone": "Europe/Berlin", "capacity": 9000, "address": address}
            office.venue_id = (await office.ask("POST", "/venues", json=hall)).json()["id"]
            tickets.venue_id = UUID(office.venue_id)
            yield office
        await (await container.get(OperationStreams)).stop()
        server.should_exit = True
        await serving
    await container.close()
    await elsewhere.close()


async def test_a_file_is_imported_from_the_command_line_and_exported_as_the_same(
    office: Office, tmp_path: Path
) -> None:
    document = write_plan("Arena", lay_out_arena(9_900))
    file = tmp_path / "arena.json"
    file.write_bytes(msgspec.json.encode(document))
    assert file.stat().st_size > 1_000_000, "it is stored in pieces"
    told = await office.fairseat(str(file), "--name", "Arena")
    assert told.exit_code == 0, told.output
    assert told.output.startswith(f"sent {file.stat().st_size:,} bytes") and "completed" in told.output
    assert await office.export(await office.imported()) == document
    file.write_text('{"name": 7}')
    refused = await office.fairseat(str(file))
    assert refused.exit_code == 1 and "/document/name" in refused.output, refused.output
    shown = await office.fairseat("--arena", "300", "--dry-run")
    assert msgspec.json.decode(shown.output.encode())["seatsCount"] == 300
    for wrong in ((), (str(file), "--arena", "300"), (str(tmp_path / "none"),)):
        assert (await office.fairseat(*wrong)).exit_code == 2


async def test_an_arena_too_large_for_a_request_is_imported_and_put_on_sale(office: Office) -> None:
    plan: dict[str, Any] = {"ticketId": str(TICKET), "venueId": office.venue_id, "name": "A"}
    plan["source"] = {"format": "arena", "seats": 101}
    refused = await office.ask("POST", "/seating-plans", json=plan)
    assert (refused.status_code, refused.json()["code"]) == (422, "seating.plan_too_large")
    assert "plan-import" in refused.json()["detail"]
    plan["source"] = {"format": "arena", "seats": 100}
    assert (await office.ask("POST", "/seating-plans", json=plan)).status_code == 201
    told = await office.fairseat("--arena", "6000", "--activate", "--venue-sections")
    assert told.exit_code == 0, told.output
    assert (await office.ask("GET", f"/venues/{office.venue_id}/sections")).json()["items"] != []
    shown = (await office.ask("GET", f"/seating-plans/{await office.imported()}")).json()
    assert (shown["status"], shown["seatsCount"], shown["beingWritten"]) == ("active", 6000, False)


async def test_a_venue_gets_the_sections_of_its_plan_and_keeps_those_that_it_had(office: Office) -> None:
    path = f"/venues/{office.venue_id}/sections"
    own = {"name": "Pit", "type": "ga", "capacity": 7}
    assert (await office.ask("POST", path, json=own)).status_code == 201
    sections = [{"name": "Stand", "rows": 2, "columns": 3}, {"name": "Pit", "kind": "ga", "capacity": 9}]
    params = {"ticketId": str(TICKET), "name": "A", "source": {"format": "grid", "sections": sections}}
    for added, kept in ((["Stand"], ["Pit"]), ([], ["Stand", "Pit"])):
        body = {"type": "plan-import", "params": {**params, "venueSections": True}}
        begun = await office.ask("POST", f"/venues/{office.venue_id}/operations", json=body)
        assert begun.status_code == 202, begun.text
        await office.worked()
        done = (await office.ask("GET", f"/operations/{begun.json()['id']}")).json()
        step = next(step for step in done["steps"] if step["name"] == "venue-sections")
        assert (done["status"], step["result"]) == ("completed", {"added": added, "kept": kept, "leftOut": []})
    shown = (await office.ask("GET", path)).json()["items"]
    told = [(each["name"], each["type"], each["rowCount"], each["columnCount"], each.get("capacity")) for each in shown]
    assert sorted(told) == [("Pit", "ga", 0, 0, 7), ("Stand", "seated", 2, 3, None)]


async def test_documents_are_the_managers_and_have_a_limit(office: Office) -> None:
    path = f"/venues/{office.venue_id}/plan-documents"
    kept = await office.ask("POST", path, content=b'"\\u0000"')
    assert kept.status_code == 201, kept.text
    assert (kept.json()["bytes"], kept.json()["venueId"]) == (8, office.venue_id)
    fan = replace(OWNER, role=None)
    assert (await office.ask("POST", path, content=b"{}", caller=fan)).status_code == 403
    assert (await office.ask("POST", f"/venues/{uuid4()}/plan-documents", content=b"{}")).status_code == 404
    large = await office.ask("POST", path, content=b" " * 2_000_001)
    assert (large.status_code, large.json()["code"]) == (413, "seating.plan_document_too_large")
    other = replace(OWNER, tenant_id=TenantId(uuid4()))
    assert (await office.ask("POST", path, content=b"{}", caller=other)).status_code == 404
