"""A seller brings the evidence that a listing waits for, and staff accept it: as clients see it, on a real venue_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from adapters.http.app import ServiceRoutes
from adapters.http.listings import ListingController
from adapters.http.seller_verifications import SellerVerificationController
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.postgres.resale_verifications import PostgresExpiredVerifications
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller
from ports.clock import Clock
from ports.idempotency import IdempotencyStore
from ports.published.resale import SellerVerificationChanged
from tests.sellers_world import Sellers
from tests.service_client import SpelledOutTokens, app_of, client_of, container_of, headers_of
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing
from usecases.resale.read_listings import ListListings, ReadListing
from usecases.resale.verify_sellers import BringVerification, JudgeVerification

BODY: dict[str, Any] = {
    "kind": "identity",
    "evidence": {"legalName": "Ann Müller", "country": "DE", "document": "passport", "documentNumber": "C01X00T47"},
}


@dataclass
class Desk:
    sellers: Sellers
    database: Database
    client: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, body: object = None, *, by: Caller | None = None, version: int | None = None
    ) -> dict[str, Any]:
        headers = headers_of(by or self.sellers.market.seller)
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def judged(self, brought: dict[str, Any], status: str, *, version: int) -> None:
        body = {"status": status, "reason": "looked at"}
        path = f"/seller-verifications/{brought['id']}"
        await self.ask("PATCH", path, body, by=self.sellers.staff, version=version)

    async def news(self) -> list[bool]:
        """Hand over what the outbox has of verifications, and return what it told."""
        connection = await asyncpg.connect(self.database.relay_url)
        try:
            rows = await connection.fetch(
                "select id, payload::text as payload from outbox where event_type = $1 order by id",
                SellerVerificationChanged.event_type,
            )
        finally:
            await connection.close()
        told: list[bool] = []
        for row in rows:
            if row["id"] not in self.sellers.heard:
                event = msgspec.json.decode(row["payload"], type=SellerVerificationChanged)
                await self.sellers.hear(row["id"], event)
                told.append(event.counts)
        return told


@pytest.fixture
async def desk(venue_db: Database) -> AsyncIterator[Desk]:
    app_pool = await open_pool(venue_db.app_url, connections_max=4)
    relay_pool = await open_pool(venue_db.relay_url, connections_max=2)
    sellers = Sellers(PostgresResaleTransactions(app_pool, Uuid7Source()), PostgresExpiredVerifications(relay_pool))
    market = sellers.market
    made: dict[Any, object] = {
        CreateListing: market.create,
        ListListings: market.list,
        ReadListing: market.read,
        CancelListing: market.cancel,
        BuyListing: market.buy,
        GiveBackPurchase: market.give_back,
        BringVerification: sellers.bring,
        JudgeVerification: sellers.judge,
        Clock: market.clock,
        IdempotencyStore: MemoryIdempotencyStore(),
    }
    container = container_of(made)
    routes = ServiceRoutes("venue", container, (ListingController, SellerVerificationController))
    try:
        async with client_of(app_of(routes, verifier=SpelledOutTokens(), clock=market.clock), timeout_s=30) as client:
            yield Desk(sellers, venue_db, client)
    finally:
        await container.close()
        await app_pool.close()
        await relay_pool.close()


async def test_a_listing_waits_for_evidence_goes_on_and_stops_again_when_it_is_taken_back_or_over(desk: Desk) -> None:
    sellers, market = desk.sellers, desk.sellers.market
    listing = await market.listed()
    sellers.law.asks = True
    await market.reconsider(market.tenant_id, listing.id)
    path = f"/listings/{listing.id}"

    async def stands() -> tuple[str, str | None]:
        shown = await desk.ask("GET", path)
        suspension = shown["seller"]["suspension"]
        return shown["status"], suspension["reason"] if suspension else None

    waiting = ("SUSPENDED", "The seller has to be verified before this can be sold: identity.")
    assert await stands() == waiting
    first = await desk.ask("POST", "/seller-verifications", BODY)
    assert (await desk.news(), await stands()) == ([], waiting)
    await desk.judged(first, "verified", version=1)
    assert (await desk.news(), await stands()) == ([True], ("OPEN", None))
    await desk.judged(first, "rejected", version=2)
    assert (await desk.news(), await stands()) == ([False], waiting)

    second = await desk.ask("POST", "/seller-verifications", BODY)
    await desk.ask(
        "PATCH",
        f"/seller-verifications/{second['id']}",
        {"status": "verified", "expiresAt": market.clock.now().replace(hour=23).isoformat()},
        by=sellers.staff,
        version=1,
    )
    assert (await desk.news(), await stands()) == ([True], ("OPEN", None))
    market.clock.move(seconds=12 * 3_600)
    assert await sellers.expire() == 1
    assert (await desk.news(), await stands()) == ([False], waiting)
    steps = [step["step"] for step in (await desk.ask("GET", path))["seller"]["history"]]
    assert steps == ["listed", "opened", "suspended", "resumed", "suspended", "resumed", "suspended"]
