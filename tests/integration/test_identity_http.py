"""The routes of identity as a client sees them: the auth service's own container on a real auth_db."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest

from adapters.postgres.migrator import Database
from adapters.system.signing_keys import SigningKeys
from adapters.system.tokens import JwtTokenSigner, TokenTerms
from bootstrap.containers.auth import auth_service
from bootstrap.containers.service import Links, build_container
from bootstrap.settings import SettingsError
from core.identity.access import AccessClaims, fan_access
from core.shared.ids import AccountId
from ports.published.identity import TokenVerifier
from tests.identity_door import PASSWORD, TERMS, Door, open_door, problem, settings_for


@pytest.fixture
async def door(auth_db: Database) -> AsyncIterator[Door]:
    async with open_door(auth_db) as door:
        yield door


async def test_from_registering_to_a_staff_token(door: Door) -> None:
    registered = await door.register("olga")
    assert registered.status_code == 201
    assert registered.json().keys() == {"id", "email", "displayName"}
    session = await door.log_in("olga")
    assert session.keys() == {"accessToken", "refreshToken", "tokenType", "expiresIn"}
    assert (session["tokenType"], session["expiresIn"]) == ("Bearer", 900)
    me = (await door.get("/auth/me", token=session["accessToken"])).json()
    assert me == registered.json() | {"emailVerified": False, "organisationId": None, "role": None}
    organisation_id, staff = await door.organisation(session["accessToken"])
    me = (await door.get("/auth/me", token=staff)).json()
    assert (me["organisationId"], me["role"]) == (organisation_id, "owner")
    claims = jwt.decode(staff, options={"verify_signature": False})
    assert (claims["tenant_id"], claims["role"], claims["iss"]) == (organisation_id, "owner", TERMS.issuer)


async def test_a_taken_email_is_a_conflict(door: Door) -> None:
    await door.register("ann")
    problem(await door.register("ANN"), 409, "identity.email_taken")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "ann"},
        {"email": 5},
        {"email": None},
        {"email": "a" * 300 + "@x.example"},
        {"password": "x" * 600},
        {"displayName": ""},
        {"displayName": "a\u0000b"},
        {"displayName": ["Ann"]},
        {"role": "owner"},
        {"id": str(uuid4())},
    ],
)
async def test_a_body_that_is_not_as_agreed_is_refused_with_the_member(door: Door, change: dict[str, object]) -> None:
    body = {"email": "ann@fairseat.test", "password": PASSWORD, "displayName": "Ann"} | change
    problem(await door.post("/auth/register", body), 400, "request.invalid")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000])
async def test_what_is_no_json_object_is_refused(door: Door, content: bytes) -> None:
    for path in ("register", "login", "refresh", "logout"):
        answer = await door.client.post(
            f"/api/v1/auth/{path}", content=content, headers={"Content-Type": "application/json"}
        )
        problem(answer, 400, "request.invalid")


async def test_an_obvious_password_is_refused_and_named(door: Door) -> None:
    body = {"email": "ann@fairseat.test", "password": "password123", "displayName": "Ann"}
    refusal = problem(await door.post("/auth/register", body), 422, "identity.password_refused")
    assert [error["pointer"] for error in refusal["errors"]] == ["/password"]


async def test_a_wrong_email_and_a_wrong_password_look_the_same(door: Door) -> None:
    await door.register("ann")
    answers = [
        await door.post("/auth/login", {"email": email, "password": password})
        for email, password in (("ann@fairseat.test", "wrong"), ("bob@fairseat.test", PASSWORD), ("x", ""))
    ]
    bodies = [problem(answer, 401, "identity.invalid_credentials") for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]


async def test_a_session_is_renewed_until_a_spent_token_comes_again(door: Door) -> None:
    await door.register("ann")
    first = await door.log_in("ann")
    second = (await door.post("/auth/refresh", {"refreshToken": first["refreshToken"]})).json()
    assert (await door.get("/auth/me", token=second["accessToken"])).status_code == 200
    reused = await door.post("/auth/refresh", {"refreshToken": first["refreshToken"]})
    problem(reused, 401, "identity.refresh_reused")
    ended = await door.post("/auth/refresh", {"refreshToken": second["refreshToken"]})
    problem(ended, 401, "identity.invalid_token")


async def test_of_many_refreshes_at_once_one_is_answered(door: Door) -> None:
    await door.register("ann")
    body = {"refreshToken": (await door.log_in("ann"))["refreshToken"]}
    answers = await asyncio.gather(*(door.post("/auth/refresh", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_logging_out_ends_the_session(door: Door) -> None:
    await door.register("ann")
    body = {"refreshToken": (await door.log_in("ann"))["refreshToken"]}
    assert [(await door.post("/auth/logout", body)).status_code for _ in range(2)] == [204, 204]
    problem(await door.post("/auth/refresh", body), 401, "identity.invalid_token")


async def test_answers_with_tokens_are_kept_by_nobody(door: Door) -> None:
    token = await door.fan("ann")
    organisation_id, _ = await door.organisation(token)
    session = await door.post("/auth/login", {"email": "ann@fairseat.test", "password": PASSWORD})
    staff = await door.post("/auth/token", {"organisationId": organisation_id}, token=token)
    guest = await door.post("/auth/guest", {})
    assert [answer.headers["cache-control"] for answer in (session, staff, guest)] == ["no-store"] * 3


async def test_a_guest_gets_a_token_for_two_hours_and_has_no_account(door: Door) -> None:
    guest = await door.post("/auth/guest", {})
    assert guest.status_code == 200 and guest.json()["expiresIn"] == 7200
    token = guest.json()["accessToken"]
    problem(await door.get("/auth/me", token=token), 403, "identity.account_needed")
    problem(await door.post("/organisations", {"name": "Hall"}, token=token), 403, "identity.account_needed")
    problem(await door.post("/auth/guest", {"email": "x"}), 400, "request.invalid")


async def test_without_a_token_only_the_open_routes_answer(door: Door) -> None:
    for answer in (
        await door.get("/auth/me"),
        await door.get("/organisations"),
        await door.post("/organisations", {"name": "Hall"}),
        await door.post("/auth/token", {"organisationId": str(uuid4())}),
    ):
        problem(answer, 401, "access.unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_that_is_not_ours_or_past_its_time_is_refused(door: Door) -> None:
    ann = (await door.register("ann")).json()["id"]
    now = datetime.now(UTC)

    def claims(at: datetime) -> AccessClaims:
        return fan_access(token_id=uuid4(), account_id=AccountId(ann), now=at)

    good = await JwtTokenSigner(door.keys, TERMS).sign(claims(now))
    assert (await door.get("/auth/me", token=good)).status_code == 200
    payload = jwt.decode(good, options={"verify_signature": False})
    header = jwt.get_unverified_header(good)
    elsewhere = TokenTerms(issuer="https://elsewhere.test", audience=TERMS.audience)
    for token in (
        await JwtTokenSigner(door.keys, TERMS).sign(claims(now - timedelta(minutes=15))),
        await JwtTokenSigner(door.keys, elsewhere).sign(claims(now)),
        await JwtTokenSigner(SigningKeys.generate(), TERMS).sign(claims(now)),
        jwt.encode(payload, "", algorithm="none", headers={"kid": header["kid"], "typ": header["typ"]}),
        good[:-2],
        "fsk_not_yet",
    ):
        answer = await door.get("/auth/me", token=token)
        problem(answer, 401, "identity.invalid_token")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_published_keys_verify_a_token(door: Door) -> None:
    token = await door.fan("ann")
    answer = await door.client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-type"].startswith("application/json")
    keys = jwt.PyJWKSet.from_dict(answer.json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=TERMS.issuer, audience=TERMS.audience)
    assert claims["exp"] - claims["iat"] == 900


async def test_members_are_added_listed_changed_and_removed(door: Door) -> None:
    organisation_id, olga = await door.organisation(await door.fan("olga"))
    mia = await door.fan("mia")
    members = f"/organisations/{organisation_id}/members"
    added = await door.post(members, {"email": "MIA@fairseat.test", "role": "manager"}, token=olga)
    assert added.status_code == 201
    account_id = added.json()["accountId"]
    assert added.headers["location"] == f"/api/v1{members}/{account_id}"
    listed = (await door.get(members, token=olga, limit="1")).json()
    assert [member["role"] for member in listed["items"]] == ["owner"] and listed["nextCursor"]
    rest = (await door.get(members, token=olga, cursor=listed["nextCursor"])).json()
    assert [member["email"] for member in rest["items"]] == ["mia@fairseat.test"] and rest["nextCursor"] is None
    manager = await door.staff(mia, organisation_id)
    refused = await door.put(f"{members}/{account_id}", {"role": "owner"}, token=manager)
    problem(refused, 403, "access.forbidden")
    changed = await door.put(f"{members}/{account_id}", {"role": "scanner"}, token=olga)
    assert (changed.status_code, changed.json()) == (200, {"role": "scanner"})
    assert (await door.delete(f"{members}/{account_id}", token=manager)).status_code == 204
    problem(await door.delete(f"{members}/{account_id}", token=olga), 404, "identity.member_not_found")
    refused = await door.post("/auth/token", {"organisationId": organisation_id}, token=mia)
    problem(refused, 403, "identity.not_a_member")


async def test_adding_a_member_has_its_refusals(door: Door) -> None:
    organisation_id, olga = await door.organisation(await door.fan("olga"))
    members = f"/organisations/{organisation_id}/members"
    owner = (await door.get(members, token=olga)).json()["items"][0]["accountId"]
    problem(await door.put(f"{members}/{owner}", {"role": "manager"}, token=olga), 409, "identity.last_owner")
    problem(await door.delete(f"{members}/{owner}", token=olga), 409, "identity.last_owner")
    again = {"email": "olga@fairseat.test", "role": "scanner"}
    problem(await door.post(members, again, token=olga), 409, "identity.already_member")
    nobody = {"email": "nobody@fairseat.test", "role": "scanner"}
    problem(await door.post(members, nobody, token=olga), 422, "identity.account_not_found")
    king = {"email": "olga@fairseat.test", "role": "king"}
    problem(await door.post(members, king, token=olga), 400, "request.invalid")


async def test_another_organisation_is_not_there(door: Door) -> None:
    organisation_id, _ = await door.organisation(await door.fan("olga"))
    stranger = await door.fan("stranger")
    _, foreign_staff = await door.organisation(stranger, "Elsewhere")
    for token in (stranger, foreign_staff):
        for path in (f"/organisations/{organisation_id}/members", f"/organisations/{uuid4()}/members"):
            problem(await door.get(path, token=token), 404, "identity.organisation_not_found")
            body = {"email": "stranger@fairseat.test", "role": "owner"}
            problem(await door.post(path, body, token=token), 404, "identity.organisation_not_found")
    names = [one["name"] for one in (await door.get("/organisations", token=stranger)).json()["items"]]
    assert names == ["Elsewhere"]
    assert (await door.get("/organisations/no-uuid/members", token=stranger)).status_code == 404


async def test_a_replayed_idempotency_key_founds_one_organisation(door: Door) -> None:
    token = await door.fan("olga")
    answers = [
        await door.post("/organisations", {"name": "Hall"}, token=token, **{"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json() and answers[1].headers["idempotent-replayed"] == "true"
    assert len((await door.get("/organisations", token=token)).json()["items"]) == 1
    other = await door.post("/organisations", {"name": "Other"}, token=token, **{"Idempotency-Key": "one"})
    assert other.status_code == 422


async def test_keys_that_cannot_sign_are_told_by_the_name_of_the_setting_and_not_shown(auth_db: Database) -> None:
    container = build_container(auth_service(), settings_for(auth_db, "secret nonsense"), Links())
    with pytest.raises(SettingsError, match=r"^FAIRSEAT_TOKEN_SIGNING_KEYS: ") as caught:
        await container.get(TokenVerifier)
    assert "nonsense" not in str(caught.value)
    await container.close()
