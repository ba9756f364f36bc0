"""The venue service on a real venue_db, with the built-in rulebook, as those see it who ask about resale."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from dishka import AsyncContainer
from uuid_utils.compat import uuid7

from adapters.postgres.migrator import Database
from bootstrap.containers.venue import venue_service
from core.shared.callers import ApiScope, Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.admission import AdmissionApi
from ports.published.ticketing import TicketingApi
from tests.resale_neighbours import Concerts, Passes
from tests.service_client import headers_of, served, settings_with

TENANT = TenantId(UUID("01935000-0000-7000-8000-000000000001"))
FAN = Caller(AccountId(UUID(int=0xFA)), TENANT)
OTHER_FAN = Caller(AccountId(UUID(int=0xFB)), TENANT)
STRANGER = Caller(AccountId(UUID(int=0xFA)), TenantId(uuid7()))
MANAGER = Caller(AccountId(UUID(int=0xAD)), TENANT, Role.MANAGER)
SERVICE = Caller(AccountId(UUID(int=0x5E)), TENANT, scopes=frozenset({ApiScope.RESALE_VALIDATE}))
BOX_OFFICE = Caller(AccountId(UUID(int=0xB0)), TENANT, Role.BOX_OFFICE)


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def maine(**changes: Any) -> dict[str, Any]:
    """Return a question about a concert in Maine, where 110 per cent of the total of 100.00 USD may be asked."""
    question: dict[str, Any] = {
        "event": {"startsAt": "2096-12-11T18:30:00Z", "kind": "concert", "country": "US", "subdivision": "US-ME"},
        "faceValue": usd(9_000),
        "fees": usd(800),
        "components": {"tax": usd(200), "optional": usd(0)},
        "price": usd(11_000),
        "buyerFees": usd(0),
        "transferCount": 1,
        "buyer": {"country": "US", "subdivision": "US-NY"},
    }
    return question | changes


@dataclass
class AskedVenue:
    """The venue service, with the passes and tickets that it asks about."""

    client: httpx.AsyncClient
    container: AsyncContainer
    passes: Passes
    concerts: Concerts

    async def post(self, path: str, body: object, caller: Caller = FAN) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers_of(caller))

    async def ask(self, question: object, caller: Caller = FAN) -> dict[str, Any]:
        answer = await self.post("/resale/validate", question, caller)
        assert answer.status_code == 200, answer.text
        verdict: dict[str, Any] = answer.json()
        return verdict

    async def refused(self, question: object, caller: Caller = FAN) -> tuple[int, str, list[str]]:
        problem = (await self.post("/resale/validate", question, caller)).json()
        return problem["status"], problem["code"], [each["pointer"] for each in problem.get("errors", [])]

    async def hall_in_maine(self) -> str:
        return await self.hall(city="Portland", country="US", subdivision="US-ME")

    async def hall(self, *, city: str, country: str, subdivision: str | None = None) -> str:
        """Make a hall, where every ticket is for from now on."""
        address = {
            "line1": "1 Main Street",
            "city": city,
            "postalCode": "04101",
            "country": country,
            "subdivision": subdivision,
        }
        body = {"name": "Hall", "timeZone": "America/New_York", "capacity": 2_000, "address": address}
        made = await self.post("/venues", body, MANAGER)
        assert made.status_code == 201, made.text
        self.concerts.venue_id = UUID(made.json()["id"])
        return str(made.json()["id"])

    async def allow(self, venue_id: str, **policy: Any) -> None:
        path = f"/api/v1/venues/{venue_id}/resale-policy"
        read = await self.client.get(path, headers=headers_of(MANAGER))
        headers = headers_of(MANAGER) | {"If-Match": read.headers["etag"]}
        answer = await self.client.put(path, json=policy, headers=headers)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def asked_venue(database: Database) -> AsyncIterator[AskedVenue]:
    settings = settings_with(VENUE_DATABASE_URL=database.app_url, VENUE_DATABASE_RELAY_URL=database.relay_url)
    passes, concerts = Passes(TENANT), Concerts(uuid4())
    async with served(venue_service(), settings, {AdmissionApi: passes, TicketingApi: concerts}) as (client, container):
        yield AskedVenue(client, container, passes, concerts)
