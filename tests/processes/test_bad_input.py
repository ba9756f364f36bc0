"""What a user gets wrong, or tries on purpose: each gets a clear problem, and nothing is lost or changed."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
import stripe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.cli.demo_world import PASSWORD
from tests.running import OWNER, Buyer, RunningFairseat

DEEP = 10_000
PLAN_OF_60_MB = 60_000_000


@pytest.fixture(scope="module")
def buyer(running: RunningFairseat) -> Iterator[Buyer]:
    with Buyer(running) as buyer:
        yield buyer


@pytest.fixture(scope="module")
def staff(running: RunningFairseat, buyer: Buyer) -> Iterator[httpx.Client]:
    """The owner of the demo organisation, with a staff token."""
    with httpx.Client(base_url=running.api, timeout=60) as http:
        tokens = http.post("/auth/login", json={"email": OWNER, "password": PASSWORD}).json()
        http.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
        token = http.post("/auth/token", json={"organisationId": buyer.organisation_id}).json()
        http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        yield http


@pytest.fixture(scope="module")
def stranger(running: RunningFairseat) -> Iterator[httpx.Client]:
    """The owner of another organisation, with a staff token."""
    with httpx.Client(base_url=running.api, timeout=60) as http:
        account = {
            "email": f"{uuid4()}@demo.example.com",
            "password": "correct horse battery",
            "displayName": "Stranger",
        }
        assert http.post("/auth/register", json=account).status_code == 201
        tokens = http.post("/auth/login", json={k: account[k] for k in ("email", "password")}).json()
        http.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
        organisation = http.post("/organisations", json={"name": "Elsewhere"}).json()
        token = http.post("/auth/token", json={"organisationId": organisation["id"]}).json()
        http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        yield http


def problem(response: httpx.Response, status: int, code: str) -> Any:
    """Assert that the answer is a problem document with the status and code, and return it."""
    assert response.headers["content-type"].startswith("application/problem+json"), response.text
    document = response.json()
    assert (response.status_code, document["status"], document["code"]) == (status, status, code), response.text
    assert "Traceback" not in response.text
    return document


def a_venue() -> dict[str, Any]:
    address = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE", "subdivision": "DE-TH"}
    return {"name": "Halle", "timeZone": "Europe/Berlin", "capacity": 100, "address": address}


def test_a_wrong_type_is_named_by_its_pointer(staff: httpx.Client) -> None:
    document = problem(staff.post("/venues", json=a_venue() | {"capacity": "many"}), 400, "request.invalid")
    assert [error["pointer"] for error in document["errors"]] == ["/capacity"]


def test_an_unknown_field_is_refused_by_name(staff: httpx.Client) -> None:
    document = problem(staff.post("/venues", json=a_venue() | {"colour": "red"}), 400, "request.invalid")
    assert "colour" in document["detail"]


def test_what_is_no_json_is_a_bad_request(staff: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"\xff\xfe", b""):
        problem(staff.post("/venues", content=body, headers=headers), 400, "request.invalid")


def test_the_ids_of_another_tenant_are_not_there(staff: httpx.Client, stranger: httpx.Client, buyer: Buyer) -> None:
    venue = staff.get("/venues").json()["items"][0]["id"]
    ticket = staff.get("/tickets").json()["items"][0]["id"]
    hold = buyer.hold()
    order = buyer.order(hold)
    for path, code in (
        (f"/venues/{venue}", "venues.not_found"),
        (f"/venues/{venue}/settings", "venues.not_found"),
        (f"/tickets/{ticket}", "ticketing.not_found"),
        (f"/seating-plans/{buyer.plan_id}", "seating.plan_not_found"),
        (f"/seating-plans/{buyer.plan_id}/seats", "seating.plan_not_found"),
        (f"/holds/{hold}", "seating.reservation_not_found"),
        (f"/orders/{order}", "orders.not_found"),
        (f"/orders/{order}/passes", "admission.order_not_found"),
    ):
        problem(stranger.get(path), 404, code)
    change = stranger.patch(f"/venues/{venue}", json={"capacity": 1}, headers={"If-Match": '"v1"'})
    problem(change, 404, "venues.not_found")


def test_a_header_that_contradicts_the_token_is_forbidden(staff: httpx.Client) -> None:
    problem(staff.get("/venues", headers={"X-Tenant-ID": str(uuid4())}), 403, "access.forbidden")


def test_a_fan_who_names_no_organisation_is_told_so(running: RunningFairseat, buyer: Buyer) -> None:
    headers = {"Authorization": buyer.headers["Authorization"]}
    problem(httpx.get(f"{running.api}/venues", headers=headers), 400, "request.invalid")
    problem(httpx.get(f"{running.api}/venues", headers=headers | {"X-Tenant-ID": "x"}), 400, "request.invalid")


def test_a_fan_may_not_do_what_staff_do(running: RunningFairseat, buyer: Buyer) -> None:
    answer = httpx.post(f"{running.api}/venues", json=a_venue(), headers=buyer.headers)
    problem(answer, 403, "access.forbidden")


def test_a_stale_etag_changes_nothing(staff: httpx.Client) -> None:
    venue = staff.post("/venues", json=a_venue())
    path = f"/venues/{venue.json()['id']}"
    assert staff.patch(path, json={"capacity": 50}, headers={"If-Match": venue.headers["ETag"]}).status_code == 200
    stale = staff.patch(path, json={"capacity": 60}, headers={"If-Match": venue.headers["ETag"]})
    problem(stale, 412, "request.stale_version")
    problem(staff.patch(path, json={"capacity": 60}), 428, "request.version_required")
    assert staff.get(path).json()["capacity"] == 50


def test_a_replayed_key_gives_the_first_answer_and_another_body_is_refused(staff: httpx.Client) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first = staff.post("/venues", json=a_venue(), headers=headers)
    again = staff.post("/venues", json=a_venue(), headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = staff.post("/venues", json=a_venue() | {"capacity": 7}, headers=headers)
    problem(other, 422, "request.idempotency_key_reused")


def test_somebody_elses_reservation_cannot_be_touched(running: RunningFairseat, buyer: Buyer) -> None:
    hold = buyer.hold()
    with Buyer(running) as other:
        for method, path in (("POST", f"/holds/{hold}/extend"), ("DELETE", f"/holds/{hold}")):
            answer = other.http.request(method, running.api + path, headers=other.headers)
            assert answer.status_code in {403, 404}, answer.text
            assert answer.json()["code"].startswith("seating.")
        body = {"reservations": [{"kind": "seats", "reservationId": hold}], "contact": {"email": "a@example.com"}}
        answer = other.http.post(f"{running.api}/orders", json=body, headers=other.headers)
        assert answer.status_code in {403, 404}, answer.text
    assert buyer.get(f"/holds/{hold}")["status"] == "HELD"


def test_taken_seats_are_named(running: RunningFairseat, buyer: Buyer) -> None:
    hold = buyer.hold(seats=2)
    seats = buyer.get(f"/holds/{hold}")["seats"]
    with Buyer(running) as other:
        answer = other.http.post(
            f"{running.api}/seating-plans/{buyer.plan_id}/holds",
            json={"reservationId": str(uuid4()), "seatIds": [seat["id"] for seat in seats]},
            headers=other.headers,
        )
    document = problem(answer, 409, "seating.seat_taken")
    assert all(seat["label"] in document["detail"] for seat in seats)
    assert len(document["errors"]) == 2


def test_forged_and_old_webhooks_are_refused(running: RunningFairseat) -> None:
    url = f"{running.api}/webhooks/stripe"
    body = json.dumps(
        {"id": "evt_x", "object": "event", "type": "payment_intent.succeeded", "created": int(time.time())}
    )
    forged = stripe.WebhookSignature.generate_signature_header(body, "whsec_of_somebody_else")
    for signature in (forged, "garbage", None):
        headers = {"Stripe-Signature": signature} if signature else {}
        answer = httpx.post(url, content=body, headers=headers | {"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"].startswith("webhooks.")


def test_tokens_that_are_not_ours_open_nothing(running: RunningFairseat, buyer: Buyer) -> None:
    token = buyer.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    ours = Ed25519PrivateKey.generate()
    unsigned = jwt.encode(claims, key="", algorithm="none", headers={"kid": header["kid"], "typ": header["typ"]})
    foreign = jwt.encode(claims, key=ours, algorithm="EdDSA", headers={"kid": header["kid"], "typ": header["typ"]})
    issuer = jwt.encode(claims | {"iss": "https://elsewhere.example"}, key=ours, algorithm="EdDSA")
    for bad in (unsigned, foreign, issuer, token[:-4] + "AAAA", "x"):
        headers = {"Authorization": f"Bearer {bad}", "X-Tenant-ID": buyer.organisation_id}
        answer = httpx.get(f"{running.api}/venues", headers=headers)
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_plan_of_60_mb_is_too_large(staff: httpx.Client) -> None:
    body = b'{"name":"' + b"x" * PLAN_OF_60_MB + b'"}'
    headers = {"Content-Type": "application/json"}
    problem(staff.post("/seating-plans", content=body, headers=headers), 413, "request.too_large")


def test_a_plan_nested_10_000_deep_is_a_bad_request(staff: httpx.Client) -> None:
    plan = staff.get("/seating-plans").json()["items"][0]
    deep = '{"a":' * DEEP + "1" + "}" * DEEP
    facts = {"ticketId": plan["ticketId"], "venueId": plan["venueId"], "name": "Deep"}
    body = json.dumps(facts)[:-1] + ', "source": {"format": "seating-plan", "plan": ' + deep + "}}"
    answer = staff.post("/seating-plans", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 400, "request.invalid")


def test_an_unknown_path_and_a_wrong_method_are_problems_too(running: RunningFairseat, buyer: Buyer) -> None:
    problem(httpx.get(f"{running.api}/nothing", headers=buyer.headers), 404, "request.not_found")
    problem(httpx.put(f"{running.api}/venues", headers=buyer.headers), 405, "request.method_not_allowed")
    problem(httpx.get(f"{running.api}/venues/not-a-uuid", headers=buyer.headers), 404, "request.not_found")
