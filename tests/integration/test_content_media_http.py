"""The routes of media as a client sees them: MongoDB, and bytes in a folder; venues keeps its promise in memory."""

import json
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
from tests.content_builders import FILES, VENUE, a_png
from tests.mongo_databases import fresh_database
from tests.service_client import headers_of, served, settings_with
from tests.ticketing_builders import OneVenue

TENANT, OTHER = TenantId(uuid4()), TenantId(uuid4())
MANAGER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.MANAGER))
SCANNER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.SCANNER))
STRANGER = headers_of(Caller(AccountId(uuid4()), OTHER, Role.OWNER))
FAN = headers_of(Caller(AccountId(uuid4()), TENANT))
PATH = f"/api/v1/venues/{VENUE}/media"
IMAGE = {"kind": "IMAGE", "alt": {"en": "The hall", "de": "Der Saal"}}
BYTES_MAX = 200_000


class BothHaveIt(OneVenue):
    """The venue is of both organisations: each has one of this id."""

    async def venue(self, *, tenant_id: Any, venue_id: Any) -> Any:
        return await super().venue(tenant_id=TENANT, venue_id=venue_id)


@pytest.fixture
async def client(mongodb_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh_database(mongodb_url) as database:
        settings = settings_with(
            CONTENT_DATABASE_URL=mongodb_url,
            CONTENT_DATABASE_NAME=database.name[:38],
            MEDIA_FOLDER=str(tmp_path),
            MEDIA_BYTES_MAX=str(BYTES_MAX),
        )
        async with served(content_service(), settings, {VenuesApi: BothHaveIt(TENANT)}) as (client, _):
            yield client
        await database.client.drop_database(settings.content_database.name)


async def upload(
    client: httpx.AsyncClient,
    content: bytes | None = None,
    declared: str = "image/png",
    *,
    said: Any = IMAGE,
    name: str = "hall.png",
    headers: dict[str, str] = MANAGER,
) -> httpx.Response:
    metadata = said if isinstance(said, str) else json.dumps(said)
    file = (name, a_png() if content is None else content, declared)
    return await client.post(PATH, data={"metadata": metadata}, files={"file": file}, headers=headers)


async def photo_page(client: httpx.AsyncClient, media_id: str, **headers: Any) -> httpx.Response:
    translations = {"en": {"title": "Photos", "body": {"mediaIds": [media_id]}}}
    body = {"kind": "PHOTO", "defaultLanguage": "en", "translations": translations}
    return await client.post(f"/api/v1/venues/{VENUE}/content", json=body, headers=headers or MANAGER)


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def nothing_is_left(client: httpx.AsyncClient, folder: Path) -> bool:
    return kept(folder) == [] and (await client.get(PATH, headers=MANAGER)).json()["items"] == []


@pytest.mark.parametrize("declared", FILES)
async def test_a_file_of_each_type_goes_in_and_comes_out_as_it_was(client: httpx.AsyncClient, declared: str) -> None:
    kind = {"video": "VIDEO", "application": "DOCUMENT"}.get(declared.split("/", maxsplit=1)[0], "IMAGE")
    answer = await upload(client, FILES[declared], declared, said=IMAGE | {"kind": kind})
    assert answer.status_code == 201, answer.text
    media = answer.json()
    assert (media["contentType"], media["lengthBytes"]) == (declared, len(FILES[declared]))
    assert answer.headers["location"] == f"/api/v1/media/{media['id']}"

    read = await client.get(media["url"], headers=MANAGER)

    assert (read.status_code, read.content) == (200, FILES[declared])
    assert read.headers["content-type"] == declared
    assert read.headers["content-length"] == str(len(FILES[declared]))
    assert read.headers["etag"] == f'"{media["sha256"]}"'
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]
    how = "attachment" if kind == "DOCUMENT" else "inline"
    assert read.headers["content-disposition"].startswith(f'{how}; filename="hall.png"')
    again = await client.get(answer.headers["location"], headers=SCANNER | {"Accept-Language": "de"})
    assert (again.json()["altText"], again.json()["language"]) == ("Der Saal", "de")


@pytest.mark.parametrize(
    ("content", "declared", "status"),
    [
        (a_png(), "image/jpeg", 415),
        (b"", "image/png", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image/svg+xml", 415),
        (b"<html><script>1</script></html>", "image/png", 415),
        (FILES["image/gif"] + b"/*<script>alert(1)</script>*/", "image/gif", 415),
        (a_png() + b"PK\x05\x06" + bytes(18), "image/png", 415),
        (b"MZ" + bytes(500), "application/pdf", 415),
        (a_png() + bytes(BYTES_MAX), "image/png", 413),
        (a_png() + bytes(BYTES_MAX - len(a_png()) + 1), "image/png", 413),
        (bytes(5_000_000), "image/png", 413),
    ],
)
async def test_a_file_that_is_not_what_it_should_be_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, tmp_path: Path, content: bytes, declared: str, status: int
) -> None:
    answer = await upload(client, content, declared)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await nothing_is_left(client, tmp_path)


async def test_a_file_may_have_as_many_bytes_as_are_taken(client: httpx.AsyncClient) -> None:
    content = a_png() + bytes(BYTES_MAX - len(a_png()))
    answer = await upload(client, content)
    assert answer.status_code == 201, answer.text
    assert (await client.get(answer.json()["url"], headers=MANAGER)).content == content


@pytest.mark.parametrize(
    ("said", "status", "pointer"),
    [
        ({"kind": "IMAGE"}, 422, "/alt"),
        (IMAGE | {"kind": "VIDEO"}, 422, "/kind"),
        (IMAGE | {"kind": "POEM"}, 400, "/kind"),
        (IMAGE | {"alt": {"klingonese": "x"}}, 400, "/alt/klingonese"),
        (IMAGE | {"alt": {"en": ""}}, 400, "/alt"),
        (IMAGE | {"row": "1"}, 400, "/section"),
        (IMAGE | {"section": "A"}, 422, "/section"),
        (IMAGE | {"kind": "VIEW_FROM_SEAT"}, 422, "/section"),
        (IMAGE | {"focalPoint": {"x": 1001, "y": 0}}, 400, "/focalPoint/x"),
        (IMAGE | {"surprise": 1}, 400, ""),
        ("{", 400, ""),
        ("[" * 100_000, 413, None),
        ("[" * 50_000, 400, None),
    ],
)
async def test_what_is_said_about_a_file_must_fit_it(
    client: httpx.AsyncClient, tmp_path: Path, said: Any, status: int, pointer: str | None
) -> None:
    answer = await upload(client, a_png() + bytes(BYTES_MAX - 1_000) if said == "[" * 100_000 else None, said=said)

    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await nothing_is_left(client, tmp_path)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"nothing of the kind", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf a file',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n\xff\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_a_form_that_is_none_is_refused(
    client: httpx.AsyncClient, tmp_path: Path, content: bytes, content_type: str
) -> None:
    answer = await client.post(PATH, content=content, headers=MANAGER | {"Content-Type": content_type})

    assert answer.status_code == 400, answer.text
    assert await nothing_is_left(client, tmp_path)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("Größe.png", "Größe.png"),
        ("a;b$(c).png", "a_b_(c).png"),
    ],
)
async def test_the_name_of_a_file_leads_nowhere(
    client: httpx.AsyncClient, tmp_path: Path, name: str, shown: str
) -> None:
    answer = await upload(client, name=name)

    assert answer.json()["fileName"] == shown
    assert [path.relative_to(tmp_path) for path in kept(tmp_path)] == [Path(str(TENANT), answer.json()["id"])]


@pytest.mark.parametrize(
    ("asked", "status", "part", "content_range"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/{}"),
        ("bytes=4-", 206, slice(4, None), "bytes 4-{last}/{}"),
        ("bytes=-4", 206, slice(-4, None), "bytes {tail}-{last}/{}"),
        ("bytes=0-999999", 206, slice(0, None), "bytes 0-{last}/{}"),
        ("bytes=-999999", 206, slice(0, None), "bytes 0-{last}/{}"),
        ("bytes=999-", 416, slice(0, 0), "bytes */{}"),
        ("bytes=-0", 416, slice(0, 0), "bytes */{}"),
        ("bytes=3-0", 200, slice(0, None), None),
        ("bytes=0-1,3-4", 200, slice(0, None), None),
        ("lines=0-1", 200, slice(0, None), None),
        ("bytes=-", 200, slice(0, None), None),
        ("bytes=" + "9" * 100 + "-", 200, slice(0, None), None),
    ],
)
async def test_a_range_of_bytes_is_answered(
    client: httpx.AsyncClient, asked: str, status: int, part: slice, content_range: str | None
) -> None:
    url = (await upload(client)).json()["url"]

    answer = await client.get(url, headers=MANAGER | {"Range": asked})

    assert answer.status_code == status
    if status != 416:
        assert answer.content == a_png()[part]
    length = len(a_png())
    wanted = content_range and content_range.format(length, last=length - 1, tail=length - 4)
    assert answer.headers.get("content-range") == wanted


async def test_what_is_known_is_not_sent_again_and_a_part_only_of_the_same_bytes(client: httpx.AsyncClient) -> None:
    url = (await upload(client)).json()["url"]
    tag = (await client.get(url, headers=MANAGER)).headers["etag"]

    known = await client.get(url, headers=MANAGER | {"If-None-Match": tag})
    same = await client.get(url, headers=MANAGER | {"Range": "bytes=0-0", "If-Range": tag})
    other = await client.get(url, headers=MANAGER | {"Range": "bytes=0-0", "If-Range": '"other"'})

    assert (known.status_code, known.content) == (304, b"")
    assert (same.status_code, other.status_code) == (206, 200)


async def test_a_file_is_the_fans_while_a_published_page_shows_it_and_kept_as_long(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    media = (await upload(client)).json()
    page = (await photo_page(client, media["id"])).headers["location"]
    where = f"/api/v1/media/{media['id']}"
    assert (await client.get(media["url"], headers=FAN)).status_code == 404

    assert (await client.post(f"{page}/publish", headers=MANAGER)).status_code == 200

    shown = await client.get(media["url"], headers=FAN)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, max-age=3600")
    refused = await client.delete(where, headers=MANAGER)
    assert (refused.status_code, refused.json()["code"]) == (409, "content.media_in_use")
    assert page.rsplit("/", 1)[1] in refused.json()["detail"]
    assert (await client.post(f"{page}/archive", headers=MANAGER)).status_code == 200
    assert (await client.get(media["url"], headers=FAN)).status_code == 404
    assert (await client.delete(where, headers=SCANNER)).status_code == 403
    assert (await client.delete(where, headers=MANAGER)).status_code == 204
    assert (await client.get(where, headers=MANAGER)).status_code == 404
    assert kept(tmp_path) == []
    gone = await client.post(f"{page}/publish", headers=MANAGER)
    assert (gone.status_code, gone.json()["code"]) == (409, "content.media_gone")


async def test_another_organisations_files_are_not_there(client: httpx.AsyncClient) -> None:
    media = (await upload(client)).json()

    for path in (f"/api/v1/media/{media['id']}", media["url"]):
        assert (await client.get(path, headers=STRANGER)).status_code == 404
    assert (await client.delete(f"/api/v1/media/{media['id']}", headers=STRANGER)).status_code == 404
    assert (await client.get(PATH, headers=STRANGER)).json()["items"] == []
    page = await photo_page(client, media["id"], **STRANGER)
    assert (page.status_code, page.json()["errors"][0]["pointer"]) == (422, "/translations/en/body/mediaIds/0")
    own = await upload(client, headers=STRANGER)
    assert own.status_code == 201 and own.json()["sha256"] == media["sha256"]


async def test_a_page_shows_files_of_the_form_that_fits(client: httpx.AsyncClient) -> None:
    film = (await upload(client, FILES["video/mp4"], "video/mp4", said={"kind": "VIDEO"})).json()
    answer = await photo_page(client, film["id"])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/translations/en/body/mediaIds/0")


async def test_only_managers_upload_and_nobody_else_sends_bytes_for_nothing(client: httpx.AsyncClient) -> None:
    for who in (FAN, SCANNER):
        assert (await upload(client, headers=who)).status_code == 403
        assert (await client.get(PATH, headers=FAN)).status_code == 403
    nowhere = f"/api/v1/venues/{uuid4()}/media"
    assert (await client.post(nowhere, content=b"x", headers=MANAGER)).status_code == 404


async def test_an_upload_that_is_sent_again_with_its_key_is_one(client: httpx.AsyncClient) -> None:
    key = MANAGER | {"Idempotency-Key": "one"}
    first, again = await upload(client, headers=key), await upload(client, headers=key)
    other = await upload(client, a_png() + b"longer", headers=key)

    assert (first.status_code, again.json(), other.status_code) == (201, first.json(), 422)
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await client.get(PATH, headers=MANAGER)).json()["items"]) == 1


async def test_views_from_seats_come_nearest_first(client: httpx.AsyncClient) -> None:
    for section, row in (("Block A", "12"), ("block a", "3"), ("Block A", "7"), ("Block B", "6"), ("Block A", None)):
        place = {"section": section} | ({"row": row} if row else {})
        answer = await upload(client, said=IMAGE | {"kind": "VIEW_FROM_SEAT", "focalPoint": {"x": 500, "y": 0}} | place)
        assert answer.status_code == 201, answer.text
    await upload(client)
    views = f"/api/v1/venues/{VENUE}/views"

    async def rows(query: str) -> list[str | None]:
        answer = await client.get(f"{views}?{query}", headers=FAN)
        assert answer.status_code == 200, answer.text
        return [view["row"] for view in answer.json()["items"]]

    assert await rows("section=BLOCK%20A&row=6") == ["7", "3", "12", None]
    assert await rows("section=Block%20A&row=11&limit=1") == ["12"]
    assert await rows("section=Block%20C") == []
    read, cursor = list[str | None](), ""
    for following in (True, True, True, False):
        page = (await client.get(f"{views}?section=Block%20A&row=6&limit=1{cursor}", headers=FAN)).json()
        read += [view["row"] for view in page["items"]]
        assert (page["nextCursor"] is not None) == following
        cursor = f"&cursor={page['nextCursor']}"
    assert read == ["7", "3", "12", None]
    for odd in ("AAAA", "nothing"):
        assert (await client.get(f"{views}?cursor={odd}", headers=FAN)).status_code == 400
    assert await rows("") == ["3", "6", "7", "12", None]
    one = (await client.get(f"{views}?section=Block%20B", headers=FAN)).json()["items"][0]
    assert (one["altText"], one["focalPoint"]) == ("The hall", {"x": 500, "y": 0})
    assert (await client.get(one["url"], headers=FAN)).content == a_png()
