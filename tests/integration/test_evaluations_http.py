"""Judging listings again as managers see it, on a real venue_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.resale_evaluations import EvaluationController
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_evaluations import PostgresDueEvaluations
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller
from ports.idempotency import IdempotencyStore
from tests.evaluation_world import Evaluations
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from usecases.resale.begin_evaluation import BeginEvaluation
from usecases.resale.read_evaluations import ReadEvaluations

RUNS = "/api/v1/resale/evaluations"


@dataclass
class Office:
    world: Evaluations
    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: object = None, *, caller: Caller | None = None) -> httpx.Response:
        return await self.client.request(method, path, json=body, headers=headers_of(caller or self.world.manager))

    async def worked(self) -> None:
        while await self.world.job():
            pass


@pytest.fixture
async def office(venue_db: Database) -> AsyncIterator[Office]:
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=2)
    world = Evaluations(PostgresResaleTransactions(app_pool, Uuid7Source()), PostgresDueEvaluations(relay_pool))
    made: dict[Any, object] = {
        BeginEvaluation: world.begin,
        ReadEvaluations: world.read,
        IdempotencyStore: MemoryIdempotencyStore(),
    }
    container = container_of(made)
    routes = ServiceRoutes("venue", container, (EvaluationController,))
    try:
        async with client_of(app_of(routes, verifier=SpelledOutTokens(), clock=world.clock), timeout_s=30) as client:
            yield Office(world, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


async def test_a_preview_shows_what_a_run_then_does(office: Office) -> None:
    await office.world.listed(2_000, 3_000, 4_000)
    office.world.allow(2_500)
    found = []
    for preview in (True, False):
        begun = await office.ask("POST", RUNS, {"preview": preview})
        assert begun.status_code == 202, begun.text
        run = begun.json()
        assert begun.headers["location"] == f"{RUNS}/{run['id']}"
        assert (run["status"], run["why"], run["total"], run["done"]) == ("running", "by_hand", 3, 0)
        await office.worked()
        after = (await office.ask("GET", begun.headers["location"])).json()
        assert (after["status"], after["done"], after["suspended"], after["unchanged"]) == ("completed", 3, 2, 1)
        assert (after["preview"], after["again"], after["rulebookVersion"]) == (preview, False, "first")
        items = (await office.ask("GET", f"{RUNS}/{run['id']}/findings")).json()["items"]
        found.append([(item["listingId"], item["outcome"], item["reason"]) for item in items])
    assert found[0] == found[1]
    assert [(outcome, reason) for _, outcome, reason in found[1]] == [
        ("suspended", "The law allows 25.00 EUR at most.")
    ] * 2
    first, second = (await office.ask("GET", RUNS)).json()["items"]
    assert (first["preview"], second["preview"]) == (True, False)
    page = (await office.ask("GET", f"{RUNS}?limit=1")).json()
    assert page["items"] == [first]
    assert (await office.ask("GET", f"{RUNS}?cursor={page['nextCursor']}")).json()["items"] == [second]


async def test_a_second_run_is_refused_with_the_id_of_the_first(office: Office) -> None:
    run = (await office.ask("POST", RUNS, {})).json()
    again = await office.ask("POST", RUNS, {})
    assert problem(again) == (409, "resale.evaluation_running")
    assert again.json()["errors"] == [{"pointer": "/id", "message": run["id"]}]
    cancelled = await office.ask("POST", f"{RUNS}/{run['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert problem(await office.ask("POST", f"{RUNS}/{run['id']}/cancel")) == (409, "resale.evaluation_over")
    assert (await office.ask("POST", RUNS, {})).status_code == 202


async def test_bad_requests_and_others_are_refused(office: Office) -> None:
    bodies: list[object] = [{"venueId": "x"}, {"preview": "yes"}, {"more": 1}, []]
    bodies.append({"venueId": str(uuid4()), "ticketId": str(uuid4())})
    for body in bodies:
        assert problem(await office.ask("POST", RUNS, body)) == (400, "request.invalid")
    for method, path in (("GET", ""), ("GET", "/findings"), ("POST", "/cancel")):
        answer = await office.ask(method, f"{RUNS}/{uuid4()}{path}")
        assert problem(answer) == (404, "resale.evaluation_not_found")
    run = (await office.ask("POST", RUNS, {})).json()
    for caller in (office.world.market.seller, office.world.market.sale.staff()):
        assert problem(await office.ask("POST", RUNS, {}, caller=caller)) == (403, "access.forbidden")
        assert problem(await office.ask("GET", f"{RUNS}/{run['id']}", caller=caller)) == (403, "access.forbidden")
    assert (await office.client.get(RUNS)).status_code == 401
