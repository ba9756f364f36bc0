"""Resale as clients see it: every controller of it over a real venue_db, with neighbours that keep their promises."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from adapters.http.app import ServiceRoutes
from adapters.memory.idempotency import MemoryIdempotencyStore
from bootstrap.containers.resale import RESALE_CONTROLLERS
from core.shared.callers import Caller
from ports.clock import Clock
from ports.idempotency import IdempotencyStore
from ports.resale import ResaleTransactions
from tests.resale_house import World
from tests.resale_stores import resale_stores
from tests.servers import PostgresServer
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from usecases.resale.block_persons import BlockPersons
from usecases.resale.declare_facts import DeclareFacts
from usecases.resale.policy_of import PolicyOf
from usecases.resale.read_history import ReadHistory
from usecases.resale.score_seller import ScoreSeller
from usecases.resale.tune_policies import TunePolicies
from usecases.resale.verify_sellers import BringVerification, JudgeVerification


@dataclass
class Shop:
    """A client, and the world behind it."""

    world: World
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, body: object = None, *, caller: Caller | None = None, version: int | None = None
    ) -> httpx.Response:
        """Send a request, as a manager unless somebody else is named, with If-Match where a version is given."""
        headers = headers_of(caller or self.world.staff())
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)


@asynccontextmanager
async def resale_shop(server: PostgresServer | None) -> AsyncIterator[Shop]:
    """Open a shop on a fresh database, or without a server in memory."""
    async with resale_stores(server, connections_max=4) as stores:
        world = World(stores.transactions)
        made: dict[Any, object] = {
            ResaleTransactions: stores.transactions,
            TunePolicies: world.policies,
            PolicyOf: world.policy_of,
            DeclareFacts: world.facts,
            BringVerification: world.bring,
            JudgeVerification: world.judge,
            BlockPersons: world.blocks,
            ReadHistory: world.history,
            ScoreSeller: world.scores,
            Clock: world.clock,
            IdempotencyStore: MemoryIdempotencyStore(),
        }
        container = container_of(made)
        routes = ServiceRoutes("venue", container, RESALE_CONTROLLERS)
        try:
            async with client_of(app_of(routes, verifier=SpelledOutTokens(), clock=world.clock)) as client:
                yield Shop(world, client)
        finally:
            await container.close()


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


def pointers(answer: httpx.Response) -> list[str]:
    """Return what a refusal points at."""
    return [fault["pointer"] for fault in answer.json()["errors"]]


def ids_of(answer: httpx.Response) -> list[UUID]:
    """Return the ids on a page."""
    return [UUID(item["id"]) for item in answer.json()["items"]]
