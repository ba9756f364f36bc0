"""What a plan can describe, as a client sees it, on a real venue_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, override
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.seat_map_answers import SeatMapAnswers
from adapters.http.seating import SeatingPlanController
from adapters.memory.clock import MemoryClock
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.postgres.idempotency import PostgresIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.system.ids import Uuid7Source
from ports.idempotency import IdempotencyStore
from ports.ids import IdSource
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.ticketing import TicketingApi, TicketOnSale
from tests.layout_builders import GA_TICKET, a_plan_of, a_seat, a_zone
from tests.published_builders import Halls, a_ticket_on_sale
from tests.service_client import app_of, client_of, container_of
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.catalogues import Catalogues
from usecases.seating.create_plan import CreatePlan
from usecases.seating.export_plan import ExportPlan
from usecases.seating.plan_sources import RequestLimit
from usecases.seating.read_plan import ReadPlan, ValidatePlan
from usecases.seating.replace_source import ReplaceSource
from usecases.seating.seats_snapshot import SeatsSnapshot

TENANT = UUID("01935000-0000-7000-8000-000000000001")
VENUE = UUID("01935000-0000-7000-8000-00000000000a")
GRID = {"format": "grid", "sections": [{"name": "Stand", "rows": 2, "columns": 3}]}


class ManagerOrFan(TokenVerifier):
    """A manager's token, and everybody else's."""

    @override
    async def verify(self, token: str) -> VerifiedToken:
        if token == "manager":
            return VerifiedToken(account_id=UUID(int=1), tenant_id=TENANT, role="manager")
        return VerifiedToken(account_id=UUID(int=2))


class Tickets(TicketingApi):
    """One ticket for general admission, and seats."""

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        kind = "GA" if ticket_id == GA_TICKET else "SEATED_MANUAL"
        return a_ticket_on_sale(ticket_id, venue_id=VENUE, ticket_type=kind)


@dataclass
class Desk:
    client: httpx.AsyncClient

    async def send(
        self, method: str, path: str, body: object = None, *, token: str = "manager", **headers: str
    ) -> httpx.Response:
        named = {"Authorization": f"Bearer {token}", "X-Tenant-ID": str(TENANT)} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=named)

    async def create(self, source: dict[str, Any], **more: Any) -> httpx.Response:
        body = {"ticketId": str(uuid4()), "venueId": str(VENUE), "name": "Match", "source": source, **more}
        return await self.send("POST", "/seating-plans", body)


@pytest.fixture
async def desk(venue_db: Database) -> AsyncIterator[Desk]:
    clock, ids = MemoryClock(), Uuid7Source()
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=1)
    store = PostgresSeatingTransactions(app_pool, ids)
    made: dict[Any, object] = {
        CreatePlan: CreatePlan(store, Tickets(), Halls(), clock, ids, RequestLimit()),
        ReplaceSource: ReplaceSource(store, Tickets(), Halls(), clock, ids, RequestLimit()),
        ExportPlan: ExportPlan(store),
        ReadPlan: ReadPlan(store, clock),
        ValidatePlan: ValidatePlan(store),
        ActivatePlan: ActivatePlan(store, clock),
        DeactivatePlan: DeactivatePlan(store, clock),
        SeatsSnapshot: SeatsSnapshot(store, Catalogues(store), MemorySeatMapFeed(), clock),
        SeatMapAnswers: SeatMapAnswers(),
        IdSource: ids,
        IdempotencyStore: PostgresIdempotencyStore(app_pool, relay_pool),
    }
    container = container_of(made)
    routes = ServiceRoutes("venue", container, (SeatingPlanController,))
    app = app_of(routes, verifier=ManagerOrFan(), clock=clock, request_bytes_max=1_000_000)
    try:
        async with client_of(app, timeout_s=60) as client:
            yield Desk(client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


def pointers(answer: httpx.Response) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_plan_and_map_tell_floors_zones_general_admission_tables_and_the_focus(desk: Desk) -> None:
    document = a_plan_of(
        a_zone("Pit", ours={"kind": "ga", "capacity": 300, "ticketId": str(GA_TICKET), "floor": "1", "zone": "Z"}),
        a_zone(
            "Box", a_seat("b-1", ours={"table": "T1"}), ours={"floor": "2", "tables": [{"name": "T1", "sold": "whole"}]}
        ),
    )
    made = (await desk.create({"format": "seating-plan", "plan": document}, focalPoint={"x": 1.5, "y": 2})).json()
    assert (made["focalPoint"], made["gaCapacity"], made["versionNumber"]) == ({"x": 1.5, "y": 2.0}, 300, None)
    plan = (await desk.send("GET", f"/seating-plans/{made['id']}", token="fan")).json()
    members = ("name", "floor", "zone", "kind", "capacity", "ticketId")
    assert [tuple(section[name] for name in members) for section in plan["sections"]] == [
        ("Pit", "1", "Z", "ga", 300, str(GA_TICKET)),
        ("Box", "2", None, "seated", None, None),
    ]
    seats = (await desk.send("GET", f"/seating-plans/{made['id']}/seats", token="fan")).json()
    assert seats["sections"] == plan["sections"]
    assert seats["seats"][0]["table"] == {"name": "T1", "sold": "whole"}
    only = (await desk.send("GET", f"/seating-plans/{made['id']}/seats?fields=table", token="fan")).json()
    assert only["seats"][0].keys() == {"id", "table"}


async def test_what_was_exported_makes_the_same_export_again(desk: Desk) -> None:
    made = (await desk.create({"format": "arena", "seats": 300, "standing": {"capacity": 50}})).json()
    assert (made["seatsCount"], made["gaCapacity"]) == (300, 50)
    path = f"/seating-plans/{made['id']}/export"
    assert problem(await desk.send("GET", path, token="fan")) == (403, "access.forbidden")
    answer = await desk.send("GET", path)
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    again = (await desk.create({"format": "seating-plan", "plan": answer.json()})).json()
    assert (await desk.send("GET", f"/seating-plans/{again['id']}/export")).json() == answer.json()
    assert problem(await desk.send("GET", f"/seating-plans/{uuid4()}/export")) == (404, "seating.plan_not_found")


async def test_the_layout_of_a_draft_is_replaced_by_who_read_it_and_that_of_a_published_plan_never(desk: Desk) -> None:
    plan = (await desk.create(GRID)).json()
    path = f"/seating-plans/{plan['id']}"
    body = {"source": {"format": "grid", "sections": [{"name": "Other", "rows": 1, "columns": 1}]}}
    assert problem(await desk.send("PUT", f"{path}/source", body)) == (428, "request.version_required")
    assert problem(await desk.send("PUT", f"{path}/source", body, If_Match='"v2"')) == (412, "request.stale_version")
    fan = await desk.send("PUT", f"{path}/source", body, token="fan", If_Match='"v1"')
    assert problem(fan) == (403, "access.forbidden")
    replaced = await desk.send("PUT", f"{path}/source", body, If_Match='"v1"')
    assert replaced.status_code == 200 and replaced.headers["etag"] == '"v2"' and replaced.json()["seatsCount"] == 1
    active = (await desk.send("POST", f"{path}/activate")).json()
    assert (active["status"], active["versionNumber"]) == ("active", 1)
    refused = await desk.send("PUT", f"{path}/source", body, If_Match='"v3"')
    assert problem(refused) == (409, "seating.plan_published")
    copy = await desk.create({"format": "plan", "planId": plan["id"]}, ticketId=plan["ticketId"])
    assert copy.status_code == 201 and copy.json()["seatsCount"] == 1
    await desk.send("POST", f"{path}/deactivate")
    second = (await desk.send("POST", f"/seating-plans/{copy.json()['id']}/activate")).json()
    assert second["versionNumber"] == 2


@pytest.mark.parametrize(
    ("source", "status", "found"),
    [
        ({"format": "plan", "planId": str(uuid4())}, 422, ["/source/planId"]),
        ({"format": "arena", "seats": 1_000, "sections": 500}, 422, ["/source/sections"]),
        ({"format": "grid", "sections": [{"name": "A", "rows": 1}]}, 400, ["/source/sections/0/columns"]),
        (
            {"format": "grid", "sections": [{"name": "A", "rows": 1, "columns": 1, "ticketId": str(GA_TICKET)}]},
            400,
            ["/source/sections/0/ticketId"],
        ),
        (
            {"format": "grid", "sections": [{"name": "A", "kind": "ga", "rows": 1}]},
            400,
            ["/source/sections/0/rows", "/source/sections/0/capacity"],
        ),
        (
            {"format": "grid", "sections": [{"name": "a\nb", "rows": 1, "columns": 1}]},
            422,
            ["/source/sections/0/name"],
        ),
    ],
)
async def test_a_source_that_cannot_be_is_refused_with_pointers(
    desk: Desk, source: dict[str, Any], status: int, found: list[str]
) -> None:
    answer = await desk.create(source)
    assert (answer.status_code, pointers(answer)) == (status, found)


@pytest.mark.parametrize(
    "source",
    [
        {"format": "arena", "seats": 99},
        {"format": "arena", "seats": 150_001},
        {"format": "arena", "seats": 100, "tiers": 4},
        {"format": "arena", "seats": 100, "standing": {"capacity": 0}},
        {"format": "plan"},
        {"format": "bowl", "seats": 100},
    ],
)
async def test_a_source_that_is_none_is_refused(desk: Desk, source: dict[str, Any]) -> None:
    assert problem(await desk.create(source))[0] == 400


async def test_seats_and_general_admission_stand_in_one_grid(desk: Desk) -> None:
    pit = {"name": "Pit", "kind": "ga", "capacity": 40, "ticketId": str(GA_TICKET), "floor": "0"}
    made = await desk.create({"format": "grid", "sections": [pit, {"name": "A", "rows": 1, "columns": 2, "zone": "Z"}]})
    assert made.status_code == 201, made.text
    assert (made.json()["seatsCount"], made.json()["gaCapacity"], made.json()["sectionsCount"]) == (2, 40, 2)
