"""Long operations as managers see them, in the venue service as it is, on a real venue_db."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer

from adapters.http.operation_streams import OperationStreams
from adapters.postgres.migrator import Database
from bootstrap.containers.venue import venue_service
from core.seating.pricing import TierRequest
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, PriceTierId, TenantId, VenueId
from core.shared.money import Money
from ports.seating import SeatingTransactions
from tests.seating_world import a_plan
from tests.service_client import VENUE_LINKS, headers_of, served, settings_with, unasked
from usecases.operations.run_operations import RunOperations
from usecases.seating.replace_price_tiers import ReplacePriceTiers

API = "/api/v1"


@dataclass
class Office:
    client: httpx.AsyncClient
    container: AsyncContainer
    manager: Caller
    venue_id: str = ""
    plan_id: str = ""

    async def ask(
        self, method: str, path: str, body: object = None, *, caller: Caller | None = None, **headers: str
    ) -> httpx.Response:
        sent = headers_of(caller or self.manager) | {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.client.request(method, API + path, json=body, headers=sent)

    async def opened(self) -> None:
        """Open a venue with a plan whose seats cost 80.00."""
        address = {"line1": "Essener Str. 20", "city": "Erfurt", "postalCode": "99089", "country": "DE"}
        hall = {"name": "Hall", "timeZone": "Europe/Berlin", "capacity": 100, "address": address}
        self.venue_id = (await self.ask("POST", "/venues", hall)).json()["id"]
        plan, layout = a_plan()
        plan = replace(plan, venue_id=VenueId(UUID(self.venue_id)))
        seating = await self.container.get(SeatingTransactions)
        async with seating.begin(self.manager.tenant_id) as tx:
            await tx.plans.add(plan, layout)
        tier = TierRequest(
            id=PriceTierId(uuid4()),
            name="All",
            price=Money(8000, "EUR"),
            section_ids=(layout.sections[0].id,),
        )
        replacing = await self.container.get(ReplacePriceTiers)
        await replacing(plan.id, [tier], expected_version=None, caller=self.manager)
        self.plan_id = str(plan.id)

    def body(self, **more: object) -> dict[str, Any]:
        change = {"tier": "All", "price": {"amount": 9000, "currency": "EUR"}}
        return {"type": "re-pricing", "params": {"planIds": [self.plan_id], "changes": [change]}, **more}

    async def start(self, **more: object) -> httpx.Response:
        return await self.ask("POST", f"/venues/{self.venue_id}/operations", self.body(**more))

    async def worked(self) -> None:
        job = await self.container.get(RunOperations)
        while await job():
            pass

    async def price(self) -> int:
        plan = (await self.ask("GET", f"/seating-plans/{self.plan_id}")).json()
        return int(plan["priceTiers"][0]["price"]["amount"])


@pytest.fixture
async def office(venue_db: Database) -> AsyncIterator[Office]:
    settings = settings_with(VENUE_DATABASE_URL=venue_db.app_url, VENUE_DATABASE_RELAY_URL=venue_db.relay_url)
    manager = Caller(AccountId(uuid4()), TenantId(uuid4()), Role.MANAGER)
    async with served(venue_service(), settings, unasked(*VENUE_LINKS)) as (client, container):
        office = Office(client, container, manager)
        await office.opened()
        yield office


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


def events_in(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.split("\n\n"):
        members = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if members:
            found.append((members["event"], json.loads(members["data"])))
    return found


async def test_prices_are_changed_by_an_operation_that_can_be_previewed_and_read(office: Office) -> None:
    preview = await office.start(dryRun=True)
    assert preview.status_code == 200, preview.text
    assert preview.json()["preview"]["plans"][0]["seatsWithNewPrice"] == 10
    assert (await office.ask("GET", f"/venues/{office.venue_id}/operations")).json()["items"] == []

    begun = await office.start()
    assert (begun.status_code, begun.json()["status"]) == (202, "pending"), begun.text
    path = begun.headers["location"].removeprefix(API)
    busy = await office.start()
    assert problem(busy) == (409, "operations.busy")
    assert busy.json()["errors"] == [{"pointer": "/runningId", "message": begun.json()["id"]}]

    await office.worked()
    read = await office.ask("GET", path)
    done = read.json()
    assert (done["status"], done["progress"]["stepsDone"], done["error"]) == ("completed", 3, None)
    assert [(step["name"], step["status"]) for step in done["steps"]] == [
        ("check", "done"),
        ("apply", "done"),
        ("announce", "done"),
    ]
    change = office.body()["params"]["changes"][0]
    assert done["params"] == {"planIds": [office.plan_id], "changes": [{**change, "changes": []}]}
    assert await office.price() == 9000
    again = await office.ask("GET", path, If_None_Match=read.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    listed = (await office.ask("GET", f"/venues/{office.venue_id}/operations?status=completed")).json()["items"]
    assert [(each["id"], "params" in each) for each in listed] == [(done["id"], False)]
    log = (await office.ask("GET", f"{path}/log")).json()["items"]
    assert [line["what"] for line in log] == ["started", "taken", *["step_done"] * 3, "completed"]
    assert log[0]["accountId"] == str(office.manager.account_id)


async def test_what_is_refused_is_refused_with_a_code(office: Office) -> None:
    start = f"/venues/{office.venue_id}/operations"
    assert problem(await office.ask("POST", start, {"type": "x", "params": {}})) == (422, "operations.unknown_type")
    wrong = await office.ask("POST", start, {"type": "re-pricing", "params": {"planIds": ["x"], "changes": []}})
    assert problem(wrong) == (422, "operations.params_refused")
    assert wrong.json()["errors"][0]["pointer"].startswith("/params/")
    assert problem(await office.ask("POST", start, {"type": "re-pricing"}))[0] == 400
    unknown = await office.ask("GET", f"/venues/{uuid4()}/operations")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "venues.not_found")
    nowhere = await office.ask("POST", f"/venues/{uuid4()}/operations", office.body())
    assert problem(nowhere) == (404, "venues.not_found")
    gone = f"/operations/{uuid4()}"
    for method, path in (("GET", ""), ("GET", "/log"), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/resume")):
        assert problem(await office.ask(method, gone + path)) == (404, "operations.not_found")
    seller = Caller(AccountId(uuid4()), office.manager.tenant_id, Role.BOX_OFFICE)
    assert problem(await office.ask("POST", start, office.body(), caller=seller)) == (403, "access.forbidden")
    stranger = Caller(AccountId(uuid4()), TenantId(uuid4()), Role.OWNER)
    begun = (await office.start()).json()["id"]
    assert problem(await office.ask("GET", f"/operations/{begun}", caller=stranger)) == (404, "operations.not_found")


async def test_an_operation_is_cancelled_and_one_that_failed_is_resumed(office: Office) -> None:
    begun = (await office.start()).json()["id"]
    assert problem(await office.ask("POST", f"/operations/{begun}/resume")) == (409, "operations.not_resumable")
    cancelled = await office.ask("POST", f"/operations/{begun}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert problem(await office.ask("POST", f"/operations/{begun}/cancel")) == (409, "operations.over")
    plan, office.plan_id = office.plan_id, str(uuid4())
    failing = (await office.start()).json()["id"]
    await office.worked()
    failed = (await office.ask("GET", f"/operations/{failing}")).json()
    assert (failed["status"], failed["error"]) == ("failed", "check: There is no such seating plan.")
    resumed = await office.ask("POST", f"/operations/{failing}/resume")
    assert (resumed.status_code, resumed.json()["status"]) == (200, "pending")
    office.plan_id = plan
    assert await office.price() == 8000


async def test_the_stream_tells_the_progress_and_ends_with_the_operation(office: Office) -> None:
    path = f"/operations/{(await office.start()).json()['id']}"
    (await office.container.get(OperationStreams))._look_s = 0.01

    async def work() -> None:
        await asyncio.sleep(0.05)
        await office.worked()

    answer, _ = await asyncio.gather(office.ask("GET", f"{path}/events"), work())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    events = events_in(answer.text)
    assert (events[0][0], events[0][1]["status"]) == ("progress", "pending")
    assert (events[-1][0], events[-1][1]["status"]) == ("end", "completed")
    assert {name for name, _ in events[:-1]} == {"progress"}
    known = answer.text.rpartition("\nid: ")[2].partition("\n")[0]
    once_more = await office.ask("GET", f"{path}/events", Last_Event_ID=known)
    assert [name for name, _ in events_in(once_more.text)] == ["end"]
