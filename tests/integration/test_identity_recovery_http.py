"""Verified addresses, new passwords, authenticator apps and sessions as clients see them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pyotp
import pytest
from pyotp.totp import TOTP

from adapters.postgres.migrator import Database
from tests.identity_door import PASSWORD, Door, open_door, problem

NEW = "another seat in row nine"


@pytest.fixture
async def door(auth_db: Database) -> AsyncIterator[Door]:
    async with open_door(auth_db) as door:
        yield door


async def test_from_the_letter_to_a_verified_address(door: Door) -> None:
    await door.register("ann")
    token = (await door.log_in("ann"))["accessToken"]
    assert (await door.get("/auth/me", token=token)).json()["emailVerified"] is False
    refused = await door.post("/auth/totp", {"password": PASSWORD}, token=token)
    problem(refused, 403, "identity.email_not_verified")
    body = {"token": await door.letter("ann")}
    assert (await door.post("/auth/verify-email", body)).status_code == 204
    problem(await door.post("/auth/verify-email", body), 422, "identity.mail_token_invalid")
    assert (await door.get("/auth/me", token=token)).json()["emailVerified"] is True


async def test_nobody_becomes_a_member_with_an_address_that_is_not_shown_to_be_theirs(door: Door) -> None:
    organisation_id, olga = await door.organisation(await door.fan("olga"))
    await door.register("mia")
    body = {"email": "mia@fairseat.test", "role": "owner"}
    refused = await door.post(f"/organisations/{organisation_id}/members", body, token=olga)
    problem(refused, 422, "identity.account_not_found")


async def test_a_forgotten_password(door: Door) -> None:
    await door.fan("ann")
    session = await door.log_in("ann")
    answers = [
        await door.post("/auth/password/forgot", {"email": email})
        for email in ("ann@fairseat.test", "nobody@fairseat.test", "nonsense")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"status":"accepted"}')}
    token = await door.letter("ann")
    refused = await door.post("/auth/password/reset", {"token": token, "password": "short"})
    problem(refused, 422, "identity.password_refused")
    assert (await door.post("/auth/password/reset", {"token": token, "password": NEW})).status_code == 204
    ended = await door.post("/auth/refresh", {"refreshToken": session["refreshToken"]})
    problem(ended, 401, "identity.invalid_token")
    old = await door.post("/auth/login", {"email": "ann@fairseat.test", "password": PASSWORD})
    problem(old, 401, "identity.invalid_credentials")
    again = {"email": "ann@fairseat.test", "password": NEW}
    assert (await door.post("/auth/login", again)).status_code == 200


async def test_a_changed_password_and_the_list_of_sessions(door: Door) -> None:
    await door.fan("ann")
    other, own = await door.log_in("ann"), await door.log_in("ann")
    token = own["accessToken"]
    wrong = await door.post("/auth/password/change", {"oldPassword": NEW, "newPassword": NEW}, token=token)
    problem(wrong, 403, "identity.wrong_password")
    listed = (await door.get("/auth/sessions", token=token)).json()["items"]
    assert [session["current"] for session in listed] == [True, False, False]
    assert (await door.delete(f"/auth/sessions/{listed[2]['id']}", token=token)).status_code == 204
    problem(await door.delete(f"/auth/sessions/{uuid4()}", token=token), 404, "identity.session_not_found")
    body = {"oldPassword": PASSWORD, "newPassword": NEW}
    assert (await door.post("/auth/password/change", body, token=token)).status_code == 204
    listed = (await door.get("/auth/sessions", token=token)).json()["items"]
    assert [session["current"] for session in listed] == [True]
    ended = await door.post("/auth/refresh", {"refreshToken": other["refreshToken"]})
    problem(ended, 401, "identity.invalid_token")


async def test_signing_in_with_an_authenticator_app(door: Door) -> None:
    token = await door.fan("ann")
    made = await door.post("/auth/totp", {"password": PASSWORD}, token=token)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert made.json()["qrSvg"].lstrip().startswith("<?xml")
    app = pyotp.parse_uri(made.json()["otpauthUri"])
    assert isinstance(app, TOTP)
    confirmed = await door.post("/auth/totp/confirm", {"code": app.at(datetime.now(UTC))}, token=token)
    assert confirmed.status_code == 200, confirmed.text
    codes = confirmed.json()["recoveryCodes"]
    login = {"email": "ann@fairseat.test", "password": PASSWORD}
    problem(await door.post("/auth/login", login), 401, "identity.totp_required")
    problem(await door.post("/auth/login", login | {"totpCode": "no such code"}), 401, "identity.totp_wrong")
    assert (await door.post("/auth/login", login | {"totpCode": codes[0]})).status_code == 200
    problem(await door.post("/auth/login", login | {"totpCode": codes[0]}), 401, "identity.totp_wrong")
    organisation_id, staff = await door.organisation(token)
    rules = f"/organisations/{organisation_id}/sign-in-rules"
    assert (await door.put(rules, {"requireTotp": True}, token=staff)).json() == {"requireTotp": True}
    body = {"password": PASSWORD, "code": codes[1]}
    assert (await door.post("/auth/totp/remove", body, token=token)).status_code == 204
    assert (await door.get(rules, token=token)).json() == {"requireTotp": True}
    refused = await door.post("/auth/token", {"organisationId": organisation_id}, token=token)
    problem(refused, 403, "identity.totp_needed_here")
    assert (await door.post("/auth/login", login)).status_code == 200


async def test_guessing_is_told_to_wait_whether_there_is_an_account_or_not(door: Door) -> None:
    await door.register("ann")
    for email in ("ann@fairseat.test", "nobody@fairseat.test"):
        body = {"email": email, "password": NEW}
        answers = [await door.post("/auth/login", body) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        problem(answers[-1], 429, "identity.too_many_attempts")
        assert 0 < int(answers[-1].headers["retry-after"]) <= 900


async def test_what_only_an_account_may_do_is_refused_to_guests(door: Door) -> None:
    guest = (await door.post("/auth/guest", {})).json()["accessToken"]
    for path, body in (
        ("/auth/password/change", {"oldPassword": PASSWORD, "newPassword": NEW}),
        ("/auth/totp", {"password": PASSWORD}),
        ("/auth/totp/confirm", {"code": "123456"}),
        ("/auth/totp/remove", {"password": PASSWORD}),
    ):
        problem(await door.post(path, body), 401, "access.unauthenticated")
        problem(await door.post(path, body, token=guest), 403, "identity.account_needed")
