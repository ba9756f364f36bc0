"""Venues as their organisers open and change them over HTTP, on venue_db."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from dishka import AsyncContainer
from uuid_utils.compat import uuid7

from adapters.postgres.migrator import Database
from bootstrap.containers.venue import venue_service
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.events import OutboxQueue
from ports.published.admission import AdmissionApi
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenueCreated
from tests.resale_neighbours import Concerts, Passes
from tests.service_client import headers_of, served, settings_with

type House = tuple[httpx.AsyncClient, AsyncContainer]

TENANT, OTHER = TenantId(uuid7()), TenantId(uuid7())
MANAGER = headers_of(Caller(AccountId(uuid7()), TENANT, Role.MANAGER))
FAN = headers_of(Caller(AccountId(uuid7()), TENANT))
STRANGER = headers_of(Caller(AccountId(uuid7()), OTHER, Role.OWNER))
PATH = "/api/v1/venues"


def a_body(**changes: Any) -> dict[str, Any]:
    address = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE", "subdivision": "DE-TH"}
    return {"name": "Große Halle", "timeZone": "Europe/Berlin", "capacity": 1221, "address": address} | changes


@pytest.fixture
async def house(venue_db: Database) -> AsyncIterator[House]:
    settings = settings_with(VENUE_DATABASE_URL=venue_db.app_url, VENUE_DATABASE_RELAY_URL=venue_db.relay_url)
    apis: dict[type, object] = {TicketingApi: Concerts(uuid7()), AdmissionApi: Passes(TENANT)}
    async with served(venue_service(), settings, apis) as both:
        yield both


async def told(house: House) -> list[VenueCreated]:
    """Return the venues that the outbox tells of."""
    queue = await house[1].get(OutboxQueue)
    claimed = await queue.claim(now=datetime.now(UTC), events_max=100, lease_s=30)
    return [envelope.decode(VenueCreated) for envelope in claimed if envelope.type == VenueCreated.event_type]


async def test_a_venue_is_opened_with_a_slug_its_settings_and_the_news_of_it(house: House) -> None:
    client, _ = house
    answer = await client.post(PATH, json=a_body(), headers=MANAGER)

    assert answer.status_code == 201, answer.text
    venue = answer.json()
    assert venue == a_body() | {key: venue[key] for key in ("id", "createdAt", "updatedAt")} | {
        "slug": "grosse-halle",
        "version": 1,
    }
    assert (answer.headers["location"], answer.headers["etag"]) == (f"{PATH}/{venue['id']}", '"v1"')
    read = await client.get(f"{PATH}/{venue['id']}", headers=FAN)
    assert (read.status_code, read.json()) == (200, venue)
    settings = await client.get(f"{PATH}/{venue['id']}/settings", headers=MANAGER)
    assert (settings.json(), settings.headers["etag"]) == ({"maxSeatsPerOrder": 10, "orphanRule": "off"}, '"v1"')
    (news,) = await told(house)
    assert (news.venue_id, news.slug, news.name) == (UUID(venue["id"]), "grosse-halle", "Große Halle")


async def test_a_taken_slug_gets_a_number_also_when_many_ask_at_once(house: House) -> None:
    client, _ = house
    answers = await asyncio.gather(*(client.post(PATH, json=a_body(name="Arena"), headers=MANAGER) for _ in range(3)))

    assert sorted(answer.json()["slug"] for answer in answers) == ["arena", "arena-2", "arena-3"]
    elsewhere = await client.post(PATH, json=a_body(name="Arena"), headers=STRANGER)
    assert elsewhere.json()["slug"] == "arena"


async def test_what_is_refused_leaves_no_venue_and_no_news(house: House) -> None:
    client, _ = house
    for body, pointer in (
        (a_body(timeZone="Mars/Base"), "/timeZone"),
        (a_body(capacity=0), "/capacity"),
        (a_body(slug="mine"), ""),
    ):
        answer = await client.post(PATH, json=body, headers=MANAGER)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), answer.text
    assert (await client.post(PATH, json=a_body())).status_code == 401
    assert (await client.post(PATH, json=a_body(), headers=FAN)).status_code == 403
    assert (await client.get(PATH, headers=MANAGER)).json()["items"] == []
    assert await told(house) == []


async def test_another_organisations_venue_is_not_there(house: House) -> None:
    client, _ = house
    venue = (await client.post(PATH, json=a_body(), headers=MANAGER)).json()

    assert (await client.get(f"{PATH}/{venue['id']}", headers=STRANGER)).status_code == 404
    assert (await client.get(PATH, headers=STRANGER)).json()["items"] == []
    change = await client.patch(f"{PATH}/{venue['id']}", json={"name": "Ours"}, headers=STRANGER | {"If-Match": '"v1"'})
    assert change.status_code == 404
    assert (await client.get(f"{PATH}/{venue['id']}", headers=MANAGER)).json()["name"] == "Große Halle"
