"""The ticket routes as a client sees them, on MongoDB; venues keeps its promise in memory."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer

from bootstrap.containers.ticket import ticket_service
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.payments import VenueAccountsApi
from ports.published.refusals import RefusedError
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from tests.mongo_databases import fresh_database
from tests.service_client import headers_of, served, settings_with
from tests.ticketing_builders import VENUE, Accounts, OneVenue

TENANT, OTHER = TenantId(uuid4()), TenantId(uuid4())
MANAGER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.MANAGER))
SCANNER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.SCANNER))
STRANGER = headers_of(Caller(AccountId(uuid4()), OTHER, Role.OWNER))
FAN = headers_of(Caller(AccountId(uuid4()), TENANT))
PATH = "/api/v1/tickets"


def a_body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": "Seat",
        "ticketType": "SEATED_MANUAL",
        "price": {"amount": 2500, "currency": "EUR"},
        "quota": 1221,
        "maxPerUser": 8,
        "event": {
            "title": "Erfurt : Jena",
            "startsAt": "2096-12-11T19:30:00+01:00",
            "endsAt": "2096-12-11T21:30:00+01:00",
            "timeZone": "Europe/Berlin",
            "venueId": str(VENUE),
            "kind": "sport",
        },
    }
    return body | changes


def with_event(**changes: Any) -> dict[str, Any]:
    return a_body(event=a_body()["event"] | changes)


@pytest.fixture
async def service(mongodb_url: str) -> AsyncIterator[tuple[httpx.AsyncClient, AsyncContainer]]:
    async with fresh_database(mongodb_url) as database:
        settings = settings_with(TICKET_DATABASE_URL=mongodb_url, TICKET_DATABASE_NAME=database.name[:38])
        apis: dict[type, object] = {VenuesApi: OneVenue(TENANT), VenueAccountsApi: Accounts()}
        async with served(ticket_service(), settings, apis) as both:
            yield both
        await database.client.drop_database(settings.ticket_database.name)


@pytest.fixture
def client(service: tuple[httpx.AsyncClient, AsyncContainer]) -> httpx.AsyncClient:
    return service[0]


async def create(
    client: httpx.AsyncClient, body: dict[str, Any] | None = None, *, key: str | None = None
) -> httpx.Response:
    headers = MANAGER | ({"Idempotency-Key": key} if key else {})
    return await client.post(PATH, json=body or a_body(), headers=headers)


async def test_a_created_ticket_answers_where_it_is_and_its_version(client: httpx.AsyncClient) -> None:
    answer = await create(client)

    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    assert answer.headers["location"] == f"{PATH}/{ticket['id']}"
    assert answer.headers["etag"] == '"v1"'
    assert ticket["status"] == "draft" and ticket["price"] == {"amount": 2500, "currency": "EUR"}
    assert ticket["event"] == {
        **a_body()["event"],
        "startsAt": "2096-12-11T18:30:00Z",
        "endsAt": "2096-12-11T20:30:00Z",
        "venueName": "Riethsporthalle",
    }
    read = await client.get(answer.headers["location"], headers=MANAGER)
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, ticket, '"v1"')


@pytest.mark.parametrize(
    "body, status, pointer",
    [
        (a_body(surprise=1), 400, None),
        (a_body(quota="many"), 400, None),
        (a_body(quota=0), 400, None),
        (a_body(ticketType="VIP"), 400, None),
        (a_body(price={"amount": 25.5, "currency": "EUR"}), 400, None),
        (a_body(price={"amount": -1, "currency": "EUR"}), 400, None),
        (a_body(price={"amount": 2500, "currency": "XXX"}), 422, None),
        (a_body(maxPerUser=1222), 422, "/maxPerUser"),
        (with_event(endsAt="2096-12-11T19:30:00+01:00"), 422, "/event/endsAt"),
        (with_event(startsAt="2096-12-11T19:30:00"), 400, None),
        (with_event(startsAt="0001-01-01T00:00:00+01:00"), 400, "/event/startsAt"),
        (with_event(endsAt="9999-12-31T23:59:59-01:00"), 400, "/event/endsAt"),
        (a_body(salesFrom="2096-12-01T10:00:00"), 400, None),
        (a_body(salesFrom="0001-01-01T00:00:00+01:00"), 400, "/salesFrom"),
        (a_body(salesUntil="9999-12-31T23:59:59-01:00"), 400, "/salesUntil"),
        (a_body(salesUntil="2096-12-11T21:30:00.001+01:00"), 422, "/salesUntil"),
        (a_body(salesUntil="2096-12-11T21:30:00+01:00"), 201, None),
        (a_body(salesFrom="2096-12-01T10:00:00Z", salesUntil="2096-12-01T10:00:00Z"), 422, "/salesUntil"),
        (a_body(salesFrom="2096-12-11T21:30:00+01:00"), 422, "/salesFrom"),
        (a_body(salesFrom=None, salesUntil=None), 201, None),
        (with_event(timeZone="Europe/Atlantis"), 422, "/event/timeZone"),
        (with_event(venueId=str(uuid4())), 404, "/event/venueId"),
        (with_event(venueId="hall"), 400, None),
        (a_body(title="Seat\n"), 201, None),
        (a_body(title="Se\nat"), 422, "/title"),
        (a_body(title="   "), 422, "/title"),
        ({}, 400, None),
    ],
)
async def test_a_body_that_cannot_be_accepted_is_told_what_is_wrong(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = await client.post(PATH, json=body, headers=MANAGER)

    assert answer.status_code == status, answer.text
    if status != 201:
        assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_fans_find_a_ticket_when_it_is_published(client: httpx.AsyncClient) -> None:
    location = (await create(client)).headers["location"]
    assert (await client.get(location, headers=FAN)).status_code == 404
    assert (await client.get(PATH, headers=FAN)).json() == {"items": [], "nextCursor": None}
    assert len((await client.get(PATH, headers=SCANNER)).json()["items"]) == 1

    published = await client.post(f"{location}/publish", headers=MANAGER)
    again = await client.post(f"{location}/publish", headers=MANAGER)

    assert (published.status_code, published.json()["status"], published.headers["etag"]) == (200, "published", '"v2"')
    assert again.json() == published.json()
    assert (await client.get(location, headers=FAN)).json() == published.json()
    assert (await client.get(PATH, headers=FAN)).json()["items"] == [published.json()]


async def test_who_may_not_change_the_catalogue_is_told_so(client: httpx.AsyncClient) -> None:
    location = (await create(client)).headers["location"]

    for headers in (FAN, SCANNER):
        assert (await client.post(PATH, json=a_body(), headers=headers)).status_code == 403
        assert (await client.post(f"{location}/publish", headers=headers)).status_code == 403
        changed = await client.patch(location, json={"title": "x"}, headers=headers | {"If-Match": '"v1"'})
        assert changed.status_code == 403
    assert (await client.get(location)).status_code == 401


async def test_another_organisation_finds_nothing(client: httpx.AsyncClient) -> None:
    location = (await create(client)).headers["location"]
    await client.post(f"{location}/publish", headers=MANAGER)

    assert (await client.get(location, headers=STRANGER)).status_code == 404
    assert (await client.post(f"{location}/publish", headers=STRANGER)).status_code == 404
    changed = await client.patch(location, json={"title": "x"}, headers=STRANGER | {"If-Match": '"v2"'})
    assert changed.status_code == 404
    assert (await client.get(PATH, headers=STRANGER)).json()["items"] == []
    assert (await client.post(PATH, json=a_body(), headers=STRANGER)).status_code == 404


async def test_an_update_needs_the_version_that_was_read(client: httpx.AsyncClient) -> None:
    location = (await create(client)).headers["location"]

    assert (await client.patch(location, json={"title": "x"}, headers=MANAGER)).status_code == 428
    for stale in ('"v2"', '"v0"', "*", "v1"):
        answer = await client.patch(location, json={"title": "x"}, headers=MANAGER | {"If-Match": stale})
        assert answer.status_code == 412, stale
    change = {"title": "Best seat", "event": {"title": "Derby"}}
    changed = await client.patch(location, json=change, headers=MANAGER | {"If-Match": '"v1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert (changed.json()["title"], changed.json()["event"]["title"]) == ("Best seat", "Derby")
    assert changed.json()["event"]["timeZone"] == "Europe/Berlin"


async def test_a_sales_window_changes_after_publication_and_null_takes_a_bound_away(
    service: tuple[httpx.AsyncClient, AsyncContainer],
) -> None:
    client, container = service
    plain = (await create(client)).json()
    assert (plain["salesFrom"], plain["salesUntil"]) == (None, None)
    window = {"salesFrom": "2096-11-01T10:00:00+01:00", "salesUntil": "2096-12-11T19:00:00+01:00"}
    location = (await create(client, a_body(**window))).headers["location"]
    published = (await client.post(f"{location}/publish", headers=MANAGER)).json()
    assert (published["salesFrom"], published["salesUntil"]) == ("2096-11-01T09:00:00Z", "2096-12-11T18:00:00Z")

    changes: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
        ({"title": "Best seat"}, ("2096-11-01T09:00:00Z", "2096-12-11T18:00:00Z")),
        ({"salesUntil": "2096-12-11T20:30:00Z"}, ("2096-11-01T09:00:00Z", "2096-12-11T20:30:00Z")),
        ({"salesFrom": None}, (None, "2096-12-11T20:30:00Z")),
        ({"salesFrom": "2096-11-02T00:00:00Z", "salesUntil": None}, ("2096-11-02T00:00:00Z", None)),
    ]
    for version, (change, expected) in enumerate(changes, start=2):
        headers = MANAGER | {"If-Match": f'"v{version}"'}
        changed = await client.patch(location, json=change, headers=headers)
        assert changed.status_code == 200, changed.text
        read = (await client.get(location, headers=FAN)).json()
        assert (read["salesFrom"], read["salesUntil"]) == expected

    api = await container.get(TicketingApi)
    told = await api.ticket(tenant_id=TENANT, ticket_id=UUID(published["id"]))
    assert (told.sales_from, told.sales_until) == (datetime(2096, 11, 2, tzinfo=UTC), None)


async def test_type_currency_and_venue_stay_as_they_were_published(client: httpx.AsyncClient) -> None:
    location = (await create(client)).headers["location"]
    await client.post(f"{location}/publish", headers=MANAGER)

    change = {"ticketType": "GA", "price": {"amount": 1, "currency": "CHF"}}
    refused = await client.patch(location, json=change, headers=MANAGER | {"If-Match": '"v2"'})

    assert refused.status_code == 409
    assert refused.json()["code"] == "ticketing.fixed_after_publication"
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/ticketType", "/price/currency"]


async def test_a_ticket_of_a_past_event_cannot_go_on_sale(client: httpx.AsyncClient) -> None:
    past = with_event(startsAt="2020-01-01T10:00:00Z", endsAt="2020-01-01T12:00:00Z")
    location = (await create(client, past)).headers["location"]

    refused = await client.post(f"{location}/publish", headers=MANAGER)

    assert (refused.status_code, refused.json()["code"]) == (409, "ticketing.event_over")


async def test_pages_are_followed_by_their_cursors(client: httpx.AsyncClient) -> None:
    made = [(await create(client)).json()["id"] for _ in range(3)]

    first = (await client.get(PATH, params={"limit": 2}, headers=MANAGER)).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["nextCursor"]}, headers=MANAGER)).json()

    assert [item["id"] for item in first["items"] + second["items"]] == made
    assert second["nextCursor"] is None
    assert (await client.get(PATH, params={"cursor": "zzz"}, headers=MANAGER)).status_code == 400


async def test_a_repeated_post_with_its_key_makes_one_ticket(client: httpx.AsyncClient) -> None:
    first = await create(client, key="once")
    replay = await create(client, key="once")
    other = await create(client, a_body(title="Other"), key="once")

    assert replay.status_code == 201 and replay.content == first.content
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.headers["etag"] == '"v1"' and replay.headers["location"] == first.headers["location"]
    assert other.status_code == 422
    assert len((await client.get(PATH, headers=MANAGER)).json()["items"]) == 1


async def test_other_contexts_see_drafts_of_the_tenant_and_are_refused_with_a_code(
    service: tuple[httpx.AsyncClient, AsyncContainer],
) -> None:
    client, container = service
    made = UUID((await create(client)).json()["id"])
    api = await container.get(TicketingApi)

    ticket = await api.ticket(tenant_id=TENANT, ticket_id=made)

    assert (ticket.status, ticket.price_minor, ticket.currency) == ("draft", 2500, "EUR")
    assert ticket.event.venue_name == "Riethsporthalle"
    with pytest.raises(RefusedError) as refused:
        await api.ticket(tenant_id=OTHER, ticket_id=made)
    assert refused.value.refusal_code == "ticketing.not_found"


async def test_readiness_asks_the_database(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")

    assert answer.status_code == 200, answer.text
