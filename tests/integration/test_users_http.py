"""One's own profile, preferences and billing address as a client sees them, on a real user_db."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from adapters.postgres.migrator import Database
from bootstrap.containers.user import user_service
from tests.service_client import served, settings_with

ME = "/api/v1/users/me"


@pytest.fixture
async def client(user_db: Database) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_with(USER_DATABASE_URL=user_db.app_url, USER_DATABASE_RELAY_URL=user_db.relay_url)
    async with served(user_service(), settings) as (client, _):
        client.headers["Authorization"] = f"Bearer {uuid4()}"
        yield client


async def test_a_profile_is_read_and_changed_with_its_tag(client: httpx.AsyncClient) -> None:
    read = await client.get(f"{ME}/profile")
    assert (read.status_code, read.headers["ETag"], read.headers["Cache-Control"]) == (200, '"v1"', "no-store")
    assert (await client.patch(f"{ME}/profile", json={"locale": "de"})).status_code == 428
    tag = {"If-Match": '"v1"'}
    changed = await client.patch(f"{ME}/profile", json={"locale": "de-de", "displayName": "Ann"}, headers=tag)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    assert {"displayName": "Ann", "locale": "de-DE", "timeZone": None}.items() <= changed.json().items()
    assert (await client.patch(f"{ME}/profile", json={}, headers=tag)).status_code == 412
    forgotten = await client.patch(f"{ME}/profile", json={"locale": None}, headers={"If-Match": '"v2"'})
    assert (forgotten.json()["locale"], forgotten.json()["displayName"]) == (None, "Ann")
    for body in ({"locale": "xx-YY"}, {"timeZone": "Mars/Base"}, {"displayName": ""}, {"nickname": "a"}):
        refused = await client.patch(f"{ME}/profile", json=body, headers={"If-Match": '"v3"'})
        assert refused.status_code == 400, body


async def test_a_body_that_is_missing_is_named(client: httpx.AsyncClient) -> None:
    for method, path in (("DELETE", ME), ("PATCH", f"{ME}/profile"), ("PUT", f"{ME}/preferences")):
        refused = await client.request(method, path, headers={"If-Match": '"v1"'})
        assert (refused.status_code, refused.json()["code"]) == (400, "request.invalid")
        assert refused.json()["detail"] == "body: There is none, and this needs one."


async def test_preferences_are_replaced_as_a_whole(client: httpx.AsyncClient) -> None:
    read = await client.get(f"{ME}/preferences")
    assert read.json() == {"marketingOptIn": False, "orderUpdates": True, "productUpdates": False}
    wishes = {"marketingOptIn": True, "orderUpdates": False, "productUpdates": True}
    assert (await client.put(f"{ME}/preferences", json=wishes)).status_code == 428
    put = await client.put(f"{ME}/preferences", json=wishes, headers={"If-Match": read.headers["ETag"]})
    assert (put.status_code, put.json(), put.headers["ETag"]) == (200, wishes, '"v2"')
    partial = await client.put(f"{ME}/preferences", json={"orderUpdates": True}, headers={"If-Match": '"v2"'})
    assert partial.status_code == 400


async def test_the_first_billing_address_needs_no_tag_and_the_next_does(client: httpx.AsyncClient) -> None:
    missing = await client.get(f"{ME}/billing-address")
    assert (missing.status_code, missing.json()["code"]) == (404, "users.no_billing_address")
    home = {"line1": "Anger 1", "line2": None, "city": "Erfurt", "postalCode": "99084", "country": "DE"}
    first = await client.put(f"{ME}/billing-address", json=home)
    assert (first.status_code, first.json(), first.headers["ETag"]) == (200, home, '"v1"')
    blind = await client.put(f"{ME}/billing-address", json=home)
    assert (blind.status_code, blind.json()["code"]) == (428, "request.version_required")
    moved = home | {"city": "Weimar"}
    again = await client.put(f"{ME}/billing-address", json=moved, headers={"If-Match": '"v1"'})
    assert (await client.get(f"{ME}/billing-address")).json() == again.json() == moved
    refused = await client.put(f"{ME}/billing-address", json=home | {"country": "XX"}, headers={"If-Match": '"v2"'})
    assert refused.status_code == 400


async def test_nobody_reads_what_another_person_said(client: httpx.AsyncClient) -> None:
    await client.patch(f"{ME}/profile", json={"displayName": "Ann"}, headers={"If-Match": '"v1"'})
    other = {"Authorization": f"Bearer {uuid4()}"}
    assert (await client.get(f"{ME}/profile", headers=other)).json()["displayName"] is None
    key = {"Authorization": f"Bearer {uuid4()}.{uuid4()}.for=orders:read"}
    assert (await client.get(f"{ME}/profile", headers=key)).status_code == 403
