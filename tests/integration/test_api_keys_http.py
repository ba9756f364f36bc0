"""API keys as their organisation and its services see them, on a real auth_db."""

import asyncio
import hashlib
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import get
from litestar.di import NamedDependency

from adapters.http.callers import open_to_keys_for
from adapters.postgres.migrator import Database
from adapters.system.signing_keys import SigningKeys
from core.identity.api_keys import PresentedKey
from core.shared.callers import ApiScope, Caller
from core.shared.ids import ApiKeyId
from tests.identity_door import Door, open_door, problem
from tests.servers import connected

NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"


@get("/who-asks", opt=open_to_keys_for(ApiScope.RESALE_READ))
async def who_asks(caller: NamedDependency[Caller]) -> dict[str, Any]:
    return {
        "account": str(caller.account_id),
        "tenant": str(caller.tenant_id),
        "role": caller.role,
        "guest": caller.guest,
        "scopes": None if caller.scopes is None else sorted(caller.scopes),
    }


@dataclass
class Office:
    """The door, and an organisation with its owner Olga behind it."""

    door: Door
    database: Database
    organisation_id: str
    olga: str

    @property
    def path(self) -> str:
        return f"/organisations/{self.organisation_id}/api-keys"

    async def make(self, change: Mapping[str, object] | None = None, *, by: str | None = None) -> httpx.Response:
        return await self.door.post(
            self.path, {"name": "Resale market", "scopes": ["resale:read"], **(change or {})}, token=by or self.olga
        )

    async def key(self, **body: object) -> dict[str, Any]:
        made = await self.make(body)
        assert made.status_code == 201, made.text
        key: dict[str, Any] = made.json()
        return key

    async def listed(self) -> list[dict[str, Any]]:
        answer = await self.door.get(self.path, token=self.olga)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def ask(self, authorization: str, **headers: str) -> httpx.Response:
        return await self.door.client.get(
            "/api/v1/who-asks",
            headers={"Authorization": authorization, **{k.replace("_", "-"): v for k, v in headers.items()}},
        )


@pytest.fixture
async def office(auth_db: Database) -> AsyncIterator[Office]:
    async with open_door(auth_db, who_asks) as door:
        organisation_id, staff = await door.organisation(await door.fan("olga"))
        yield Office(door, auth_db, organisation_id, staff)


async def test_a_key_is_shown_once_and_signs_its_service_in(office: Office) -> None:
    made = await office.make({"scopes": ["resale:validate", "resale:read", "resale:read"]})
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    body = made.json()
    assert made.headers["location"] == f"/api/v1{office.path}/{body['id']}"
    assert re.fullmatch(r"fsk_[A-Za-z0-9_-]{68}", body["key"])
    assert body["key"].startswith(body["prefix"])
    [listed] = await office.listed()
    assert listed == {name: value for name, value in body.items() if name != "key"}
    assert listed["scopes"] == ["resale:read", "resale:validate"]
    assert (listed["expiresAt"], listed["lastUsedAt"], listed["revokedAt"], listed["revokedBy"]) == (None,) * 4
    who = await office.ask(f"Bearer {body['key']}")
    assert who.json() == {
        "account": body["id"],
        "tenant": office.organisation_id,
        "role": None,
        "guest": False,
        "scopes": ["resale:read", "resale:validate"],
    }
    [listed] = await office.listed()
    assert listed["lastUsedAt"] is not None


async def test_only_the_hash_of_the_secret_is_in_the_database(office: Office) -> None:
    text = (await office.key())["key"]
    secret = PresentedKey.parse(text).secret
    async with connected(office.database.admin_url) as admin:
        [row] = await admin.fetch("select * from api_keys")
        everything = "".join(
            [
                str(each["line"])
                for table in ("api_keys", "outbox", "idempotency_keys")
                for each in await admin.fetch(f"select t::text as line from {table} t")
            ]
        )
    assert row["digest"] == hashlib.sha256(secret).digest()
    assert text[20:] not in everything and secret.hex() not in everything


async def test_the_scheme_has_any_case_and_the_key_its_own(office: Office) -> None:
    key = (await office.key())["key"]
    for good in (f"Bearer {key}", f"bearer {key}", f"BEARER  {key} "):
        assert (await office.ask(good)).status_code == 200
    for bad in (
        f"Bearer {key.upper()}",
        f"Bearer FSK_{key[4:]}",
        f"Bearer {key[:-1]}",
        f"Bearer {key}x",
        "Bearer fsk_",
    ):
        problem(await office.ask(bad), 401, "identity.invalid_token")
    for other in (key, f"Basic {key}", f"ApiKey {key}", "Bearer"):
        problem(await office.ask(other), 401, "access.unauthenticated")
    bare = await office.door.client.get("/api/v1/who-asks", headers={"X-API-Key": key})
    problem(bare, 401, "access.unauthenticated")
    problem(await office.door.get("/who-asks", access_token=key), 401, "access.unauthenticated")


async def test_a_wrong_secret_of_a_right_id_and_an_unknown_id_are_answered_alike(office: Office) -> None:
    made = await office.key()
    right = PresentedKey.parse(made["key"])
    wrong = PresentedKey(id=right.id, secret=bytes(32)).text
    unknown = PresentedKey(id=ApiKeyId(uuid4()), secret=right.secret).text
    answers = [await office.ask(f"Bearer {text}") for text in (wrong, unknown)]
    told = [problem(answer, 401, "identity.invalid_token") for answer in answers]
    assert told[0] == told[1]
    assert [answer.headers["www-authenticate"] for answer in answers] == ["Bearer", "Bearer"]
    assert (await office.ask(f"Bearer {made['key']}")).status_code == 200


async def test_a_key_names_its_organisation_and_is_refused_in_another(office: Office) -> None:
    key = (await office.key())["key"]
    assert (await office.ask(f"Bearer {key}", X_Tenant_ID=office.organisation_id)).status_code == 200
    problem(await office.ask(f"Bearer {key}", X_Tenant_ID=str(uuid4())), 403, "access.forbidden")
    problem(await office.ask(f"Bearer {key}", X_Tenant_ID="mine"), 400, "request.invalid")


async def test_a_key_without_the_scope_is_refused_and_so_is_each_where_none_is_named(office: Office) -> None:
    validates = (await office.key(scopes=["resale:validate"]))["key"]
    told = problem(await office.ask(f"Bearer {validates}"), 403, "access.forbidden")
    assert "resale:read" in told["detail"]
    everything = (await office.key(scopes=[scope.value for scope in ApiScope]))["key"]
    assert (await office.ask(f"Bearer {everything}")).status_code == 200
    for answer in (
        await office.door.get("/auth/me", token=everything),
        await office.door.get("/organisations", token=everything),
        await office.door.get(office.path, token=everything),
        await office.make(by=everything),
        await office.door.post("/organisations", {"name": "Mine"}, token=everything),
        await office.door.post("/auth/token", {"organisationId": office.organisation_id}, token=everything),
    ):
        problem(answer, 403, "access.forbidden")


async def test_people_do_not_need_scopes(office: Office) -> None:
    who = (await office.ask(f"Bearer {office.olga}")).json()
    assert (who["role"], who["scopes"]) == ("owner", None)


async def test_a_revoked_key_is_refused_at_once_where_it_was_revoked(office: Office) -> None:
    made = await office.key()
    assert (await office.ask(f"Bearer {made['key']}")).status_code == 200
    path = f"{office.path}/{made['id']}"
    for _ in range(2):
        assert (await office.door.delete(path, token=office.olga)).status_code == 204
    problem(await office.ask(f"Bearer {made['key']}"), 401, "identity.invalid_token")
    [listed] = await office.listed()
    assert listed["revokedBy"] == listed["createdBy"] and listed["revokedAt"] >= listed["createdAt"]


async def test_another_process_knows_a_revoked_key_for_a_moment_and_refuses_one_it_has_not_read(
    office: Office,
) -> None:
    known, unread = await office.key(), await office.key()
    async with open_door(office.database, who_asks, keys=office.door.keys) as elsewhere:
        other = Office(elsewhere, office.database, office.organisation_id, office.olga)
        assert (await other.ask(f"Bearer {known['key']}")).status_code == 200
        for made in (known, unread):
            await office.door.delete(f"{office.path}/{made['id']}", token=office.olga)
        assert (await other.ask(f"Bearer {known['key']}")).status_code == 200
        problem(await other.ask(f"Bearer {unread['key']}"), 401, "identity.invalid_token")


async def test_an_expired_key_is_refused(office: Office) -> None:
    in_a_year = datetime.now(timezone(timedelta(hours=1))) + timedelta(days=365)
    made = await office.key(expiresAt=in_a_year.isoformat())
    assert made["expiresAt"] == in_a_year.astimezone(UTC).isoformat().replace("+00:00", "Z")
    async with connected(office.database.admin_url) as admin:
        await admin.execute(
            "update api_keys set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'"
        )
    told = problem(await office.ask(f"Bearer {made['key']}"), 401, "identity.invalid_token")
    assert "expired" in told["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a" * 101},
        {"name": "a\u202eb"},
        {"name": None},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": ["Resale:Read"]},
        {"scopes": "resale:read"},
        {"scopes": ["resale:read"] * 21},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "2999-01-01T00:00:00Z"},
        {"expiresAt": "9999-12-31T23:59:59-05:00"},
        {"expiresAt": "2030-01-01T00:00:00"},
        {"expiresAt": 5},
        {"key": "fsk_mine"},
    ],
)
async def test_a_key_that_is_not_well_described_is_refused(office: Office, change: dict[str, object]) -> None:
    problem(await office.make(change), 400, "request.invalid")
    assert await office.listed() == []


async def test_a_key_of_another_organisation_is_not_there(office: Office) -> None:
    made = await office.key()
    stranger = await office.door.fan("stranger")
    club, staff = await office.door.organisation(stranger, "Elsewhere")
    for token in (stranger, staff):
        problem(await office.make(by=token), 404, "identity.organisation_not_found")
        problem(await office.door.get(office.path, token=token), 404, "identity.organisation_not_found")
        path = f"{office.path}/{made['id']}"
        problem(await office.door.delete(path, token=token), 404, "identity.organisation_not_found")
    path = f"/organisations/{club}/api-keys/{made['id']}"
    problem(await office.door.delete(path, token=staff), 404, "identity.api_key_not_found")
    problem(
        await office.door.delete(f"{office.path}/{UUID(int=0)}", token=office.olga), 404, "identity.api_key_not_found"
    )
    assert (await office.ask(f"Bearer {made['key']}")).status_code == 200


async def test_box_office_and_scanners_have_nothing_to_do_with_keys(office: Office) -> None:
    made = await office.key()
    for role in ("box_office", "scanner", "manager"):
        fan = await office.door.fan(role)
        member = {"email": f"{role}@fairseat.test", "role": role}
        await office.door.post(f"/organisations/{office.organisation_id}/members", member, token=office.olga)
        staff = await office.door.staff(fan, office.organisation_id)
        answers = [
            await office.make(by=staff),
            await office.door.get(office.path, token=staff),
            await office.door.delete(f"{office.path}/{made['id']}", token=staff),
        ]
        allowed = [201, 200, 204] if role == "manager" else [403, 403, 403]
        assert [answer.status_code for answer in answers] == allowed


async def test_a_key_that_is_made_twice_with_one_idempotency_key_is_never_kept_for_a_replay(office: Office) -> None:
    body = {"name": "Resale market", "scopes": ["resale:read"]}
    answers = [
        await office.door.post(office.path, body, token=office.olga, **{"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["key"] != answers[1].json()["key"]
    assert "idempotent-replayed" not in answers[1].headers


async def test_many_requests_at_once_with_one_key_are_all_let_in(office: Office) -> None:
    key = (await office.key())["key"]
    answers = await asyncio.gather(*(office.ask(f"Bearer {key}") for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}


async def test_while_the_database_is_away_keys_are_not_called_wrong_and_tokens_are_read(office: Office) -> None:
    key = (await office.key())["key"]
    away = replace(office.database, app_url=NOWHERE, relay_url=NOWHERE)
    async with open_door(away, who_asks, keys=office.door.keys) as elsewhere:
        other = Office(elsewhere, away, office.organisation_id, office.olga)
        answer = await other.ask(f"Bearer {key}")
        problem(answer, 503, "service.unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert (await other.ask(f"Bearer {office.olga}")).status_code == 200
        problem(await other.ask(f"Bearer {key[:-1]}"), 503, "service.unavailable")


async def test_no_log_has_a_key_or_a_part_of_its_secret(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = await office.key()
    text = made["key"]
    wrong = PresentedKey(id=PresentedKey.parse(text).id, secret=b"w" * 32).text
    await office.ask(f"Bearer {text}")
    await office.ask(f"Bearer {wrong}")
    await office.ask(f"Bearer {text}x")
    await office.door.get("/auth/me", token=text)
    await office.listed()
    await office.door.delete(f"{office.path}/{made['id']}", token=office.olga)
    told = (await office.ask(f"Bearer {text}")).text
    away = replace(office.database, app_url=NOWHERE, relay_url=NOWHERE)
    async with open_door(away, who_asks, keys=SigningKeys.generate()) as elsewhere:
        told += (await Office(elsewhere, away, office.organisation_id, office.olga).ask(f"Bearer {text}")).text
    assert caplog.records
    logged = caplog.text + "".join(f"{record.msg} {record.args}" for record in caplog.records) + told
    secret = PresentedKey.parse(text).secret
    for hidden in (text[26:], wrong[26:], secret.hex(), repr(secret)[2:-1], text[30:50]):
        assert hidden not in logged
    assert urlsafe_b64decode(text[4:])[16:48] == secret
