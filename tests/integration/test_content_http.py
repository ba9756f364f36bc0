"""The routes of pages as a client sees them, on MongoDB; venues keeps its promise in memory."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bootstrap.containers.content import content_service
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.venues import VenuesApi
from tests.content_builders import VENUE
from tests.mongo_databases import fresh_database
from tests.service_client import headers_of, served, settings_with
from tests.ticketing_builders import OneVenue

TENANT, OTHER = TenantId(uuid4()), TenantId(uuid4())
MANAGER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.MANAGER))
SCANNER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.SCANNER))
STRANGER = headers_of(Caller(AccountId(uuid4()), OTHER, Role.OWNER))
FAN = headers_of(Caller(AccountId(uuid4()), TENANT))
PATH = f"/api/v1/venues/{VENUE}/content"
FAQ = {"entries": [{"question": "Where is the cloakroom?", "answer": "On the left."}]}


def a_body(kind: str = "FAQ", body: Any = FAQ, **changes: Any) -> dict[str, Any]:
    translations = {"en": {"title": "Questions", "body": body}}
    return {"kind": kind, "defaultLanguage": "en", "translations": translations} | changes


def in_german(title: str = "Fragen") -> dict[str, Any]:
    body = {"entries": [{"question": "Wo ist die Garderobe?", "answer": "Links."}]}
    return {"title": title, "body": body}


@pytest.fixture
async def client(mongodb_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh_database(mongodb_url) as database:
        settings = settings_with(
            CONTENT_DATABASE_URL=mongodb_url,
            CONTENT_DATABASE_NAME=database.name[:38],
            MEDIA_FOLDER=str(tmp_path),
        )
        async with served(content_service(), settings, {VenuesApi: OneVenue(TENANT)}) as (client, _):
            yield client
        await database.client.drop_database(settings.content_database.name)


async def create(client: httpx.AsyncClient, **changes: Any) -> str:
    answer = await client.post(PATH, json=a_body(**changes), headers=MANAGER)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def publish(client: httpx.AsyncClient, location: str) -> dict[str, Any]:
    answer = await client.post(f"{location}/publish", headers=MANAGER)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_a_created_page_answers_where_it_is_and_its_version(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json=a_body(), headers=MANAGER)

    assert answer.status_code == 201, answer.text
    page = answer.json()
    assert answer.headers["location"] == f"/api/v1/content/{page['id']}"
    assert (answer.headers["etag"], answer.headers["content-language"]) == ('"v1"', "en")
    assert (page["kind"], page["status"], page["title"]) == ("FAQ", "draft", "Questions")
    assert page["body"] == {"kind": "FAQ", **FAQ}
    read = await client.get(answer.headers["location"], headers=SCANNER)
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, page, '"v1"')


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 400, None),
        (a_body(surprise=1), 400, None),
        (a_body(kind="POEM"), 400, None),
        (a_body(translations={}), 422, "/translations"),
        (a_body(translations=[]), 400, None),
        (a_body(defaultLanguage="de"), 422, "/defaultLanguage"),
        (a_body(defaultLanguage="klingonese"), 400, "/defaultLanguage"),
        (a_body(translations={"english": {"title": "A", "body": FAQ}}), 400, "/translations/english"),
        (a_body(translations={"a/b": {"title": "A", "body": FAQ}}), 400, "/translations/a~1b"),
        (a_body(translations={tag: {"title": "A", "body": FAQ} for tag in ("en", "EN")}), 400, "/translations"),
        (a_body(translations={"en": {"title": "two\nlines", "body": FAQ}}), 422, "/translations/en/title"),
        (a_body(body={"entries": []}), 422, "/translations/en/body/entries"),
        (a_body(body={"entries": [{"question": "Why?"}]}), 400, "/translations/en/body/entries/0"),
        (a_body(body={"entries": [{"question": "Why?", "answer": 1}]}), 400, "/translations/en/body/entries/0/answer"),
        (a_body(body=FAQ | {"kind": "PHOTO"}), 400, "/translations/en/body/kind"),
        (a_body(body=FAQ | {"$where": "1"}), 400, "/translations/en/body"),
        (a_body(kind="PHOTO"), 400, "/translations/en/body"),
        (
            a_body(body={"entries": [{"question": "Why?", "answer": "\0"}]}),
            400,
            "/translations/en/body/entries/0/answer",
        ),
        (
            a_body("DIRECTIONS", {"routes": [{"mode": "HORSE", "text": "Trot"}]}),
            400,
            "/translations/en/body/routes/0/mode",
        ),
        (a_body("PHOTO", {"mediaIds": [str(uuid4())]}), 422, "/translations/en/body/mediaIds/0"),
        (a_body("VIDEO", {"mediaId": "../../x"}), 400, "/translations/en/body/mediaId"),
        (a_body("VIRTUAL_TOUR", {"link": "javascript:alert(1)"}), 422, "/translations/en/body/link"),
    ],
)
async def test_a_body_that_cannot_be_accepted_is_told_what_is_wrong(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = await client.post(PATH, json=body, headers=MANAGER)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await client.get(PATH, headers=MANAGER)).json()["items"] == []


async def test_fans_find_a_page_while_it_is_published(client: httpx.AsyncClient) -> None:
    location = await create(client)
    assert (await client.get(location, headers=FAN)).status_code == 404
    assert (await client.get(PATH, headers=FAN)).json() == {"items": [], "nextCursor": None}

    shown = await publish(client, location)

    page = (await client.get(location, headers=FAN)).json()
    assert page == {name: value for name, value in shown.items() if name not in ("draft", "published")}
    assert (await client.get(PATH, headers=FAN)).json()["items"] == [page]
    assert (await client.post(f"{location}/archive", headers=MANAGER)).json()["status"] == "archived"
    assert (await client.get(location, headers=FAN)).status_code == 404
    assert (await client.get(location, headers=SCANNER)).status_code == 200


async def test_a_draft_changes_nothing_for_fans_until_it_is_published(client: httpx.AsyncClient) -> None:
    location = await create(client)
    await publish(client, location)
    change = {"translations": {"en": None, "de": in_german()}, "defaultLanguage": "de"}

    answer = await client.patch(location, json=change, headers=MANAGER | {"If-Match": '"v2"'})

    assert (answer.status_code, answer.headers["etag"]) == (200, '"v3"'), answer.text
    assert (answer.json()["title"], answer.json()["status"], answer.json()["edition"]) == ("Fragen", "published", 2)
    assert (await client.get(location, headers=FAN)).json()["title"] == "Questions"
    assert (await client.get(f"{PATH}?q=garderobe", headers=FAN)).json()["items"] == []
    assert len((await client.get(f"{PATH}?q=garderobe", headers=SCANNER)).json()["items"]) == 1
    await publish(client, location)
    assert (await client.get(location, headers=FAN)).json()["title"] == "Fragen"
    editions = (await client.get(f"{location}/editions", headers=SCANNER)).json()["items"]
    assert [(each["number"], list(each["translations"])) for each in editions] == [(2, ["de"]), (1, ["en"])]
    newest = (await client.get(f"{location}/editions?limit=1", headers=SCANNER)).json()
    assert newest == {"items": editions[:1], "nextCursor": "2"}
    older = await client.get(f"{location}/editions?limit=1&cursor=2", headers=SCANNER)
    assert older.json() == {"items": editions[1:], "nextCursor": None}
    assert (await client.get(f"{location}/editions?cursor=x", headers=SCANNER)).status_code == 400
    assert (await client.get(f"{location}/editions", headers=FAN)).status_code == 403


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("de-CH, en;q=0.5", "de"),
        ("en", "en"),
        ("ja", "en"),
        ("*", "en"),
        ("tlh-!!, ;q=, de;q=0.1", "de"),
        ("x" * 3000, "en"),
    ],
)
async def test_a_reader_gets_the_language_they_like_best(client: httpx.AsyncClient, accept: str, language: str) -> None:
    location = await create(client, translations={"en": a_body()["translations"]["en"], "de": in_german()})
    await publish(client, location)

    answer = await client.get(location, headers=FAN | {"Accept-Language": accept})

    assert (answer.json()["language"], answer.headers["content-language"]) == (language, language)
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.json()["languages"] == ["de", "en"]


async def test_an_update_names_the_version_that_was_read(client: httpx.AsyncClient) -> None:
    location = await create(client)
    change = {"translations": {"de": in_german()}}

    assert (await client.patch(location, json=change, headers=MANAGER)).status_code == 428
    for stale in ('"v2"', '"v0"', "*", "nonsense"):
        answer = await client.patch(location, json=change, headers=MANAGER | {"If-Match": stale})
        assert answer.status_code == 412, stale
    for step in ("publish", "archive"):
        assert (await client.post(f"{location}/{step}", headers=MANAGER | {"If-Match": '"v9"'})).status_code == 412
    assert (await client.delete(location, headers=MANAGER)).status_code == 428
    assert (await client.delete(location, headers=MANAGER | {"If-Match": '"v2"'})).status_code == 412
    assert (await client.patch(location, json=change, headers=MANAGER | {"If-Match": '"v1"'})).status_code == 200


async def test_a_draft_is_deleted_and_what_was_published_is_kept(client: httpx.AsyncClient) -> None:
    location, other = await create(client), await create(client)
    await publish(client, other)

    assert (await client.delete(location, headers=MANAGER | {"If-Match": '"v1"'})).status_code == 204
    assert (await client.get(location, headers=MANAGER)).status_code == 404
    answer = await client.delete(other, headers=MANAGER | {"If-Match": '"v2"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "content.published_kept")


async def test_a_draft_cannot_be_archived(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{await create(client)}/archive", headers=MANAGER)
    assert (answer.status_code, answer.json()["code"]) == (409, "content.step_refused")


async def test_only_managers_write_and_another_organisation_finds_nothing(client: httpx.AsyncClient) -> None:
    location = await create(client)
    await publish(client, location)
    tag = {"If-Match": '"v2"'}

    for who, status in ((FAN, 403), (SCANNER, 403), (STRANGER, 404)):
        assert (await client.post(PATH, json=a_body(), headers=who)).status_code == status
        change = {"translations": {"de": in_german()}}
        assert (await client.patch(location, json=change, headers=who | tag)).status_code == status
        assert (await client.delete(location, headers=who | tag)).status_code == status
        for step in ("publish", "archive"):
            assert (await client.post(f"{location}/{step}", headers=who)).status_code == status
    for path in (PATH, location, f"{location}/editions"):
        assert (await client.get(path, headers=STRANGER)).status_code == 404


async def test_pages_of_a_venue_are_listed_in_parts_and_by_what_is_asked(client: httpx.AsyncClient) -> None:
    locations = [await create(client) for _ in range(3)]
    route = {"routes": [{"mode": "CAR", "text": "Leave the motorway at Erfurt."}]}
    locations.append(await create(client, kind="DIRECTIONS", body=route))
    await publish(client, locations[1])

    async def listed(query: str) -> list[str]:
        answer = await client.get(f"{PATH}?{query}", headers=MANAGER)
        assert answer.status_code == 200, answer.text
        return [f"/api/v1/content/{page['id']}" for page in answer.json()["items"]]

    first = (await client.get(f"{PATH}?limit=3", headers=MANAGER)).json()
    assert await listed(f"limit=3&cursor={first['nextCursor']}") == locations[3:]
    assert await listed("kind=DIRECTIONS") == locations[3:]
    assert await listed("status=published") == locations[1:2]
    assert await listed("language=en&kind=FAQ") == locations[:3]
    assert await listed("language=de") == []
    assert await listed("q=motor%20ERF") == locations[3:]
    assert await listed("q=.*$ne") == []
    for wrong in ("kind=POEM", "status=lost", "language=klingonese", "limit=0", "cursor=x", "q=" + "x" * 201):
        assert (await client.get(f"{PATH}?{wrong}", headers=MANAGER)).status_code == 400, wrong


async def test_a_venue_that_is_not_there_has_no_pages(client: httpx.AsyncClient) -> None:
    path = f"/api/v1/venues/{uuid4()}/content"
    for answer in (await client.get(path, headers=FAN), await client.post(path, json=a_body(), headers=MANAGER)):
        assert (answer.status_code, answer.json()["code"]) == (404, "content.venue_not_found")


async def test_everything_behind_it_is_ready(client: httpx.AsyncClient) -> None:
    ready = (await client.get("/health/ready")).json()
    assert ready["status"] == "ok"
    assert {name for name in ready["dependencies"] if name.startswith("content")} == {"content_indexes"}
