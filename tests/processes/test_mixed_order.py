"""One order of seats and of places without seats, through every service, to passes."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.cli.demo_world import PASSWORD
from tests.running import OWNER, Buyer, RunningFairseat


@pytest.fixture(scope="module")
def standing_id(running: RunningFairseat) -> str:
    """A ticket for 50 places at 15 euros, on sale for the party after the demo's match."""
    with httpx.Client(base_url=running.api, timeout=30) as http, Buyer(running) as buyer:
        token = http.post("/auth/login", json={"email": OWNER, "password": PASSWORD}).json()["accessToken"]
        of_staff = {"organisationId": buyer.organisation_id}
        http.headers["Authorization"] = f"Bearer {token}"
        http.headers["Authorization"] = f"Bearer {http.post('/auth/token', json=of_staff).json()['accessToken']}"
        venue_id = http.get("/tickets").json()["items"][0]["event"]["venueId"]
        event = {
            "title": "After-match party",
            "startsAt": "2030-05-01T20:00:00Z",
            "endsAt": "2030-05-01T23:00:00Z",
            "timeZone": "Europe/Berlin",
            "venueId": venue_id,
            "kind": "party",
        }
        body = {
            "title": "Standing",
            "ticketType": "GA",
            "price": {"amount": 1500, "currency": "EUR"},
            "quota": 50,
            "maxPerUser": 10,
            "event": event,
        }
        made = http.post("/tickets", json=body)
        assert made.status_code == 201, made.text
        published = http.post(f"/tickets/{made.json()['id']}/publish")
        assert published.status_code == 200, published.text
        return str(made.json()["id"])


def holds(buyer: Buyer, standing_id: str) -> list[dict[str, str]]:
    places_id = str(uuid4())
    buyer.post(f"/tickets/{standing_id}/reservations", {"reservationId": places_id, "quantity": 3})
    return [
        {"kind": "general-admission", "reservationId": places_id},
        {"kind": "seats", "reservationId": buyer.hold(seats=2)},
        {"kind": "seats", "reservationId": buyer.hold(seats=1)},
    ]


def order(buyer: Buyer, reservations: list[dict[str, str]]) -> Any:
    return buyer.post("/orders", {"reservations": reservations, "contact": {"email": "fan@demo.example.com"}})


def test_seats_and_places_are_ordered_paid_confirmed_and_turned_into_passes(
    running: RunningFairseat, standing_id: str
) -> None:
    with Buyer(running) as buyer:
        placed = order(buyer, holds(buyer, standing_id))
        assert [item["quantity"] for item in placed["items"]] == [3, 1, 1, 1]
        assert placed["event"]["title"] == "After-match party"
        buyer.pay(placed["id"])
        buyer.wait_for(placed["id"], "CONFIRMED")
        passes = buyer.passes(placed["id"])
        assert sorted(each["seat"] is None for each in passes) == [False] * 3 + [True] * 3
        [shown, *_] = [each for each in passes if each["seat"] is None]
        assert (shown["event"]["title"], shown["ticketTitle"]) == ("After-match party", "Standing")
        svg = httpx.get(f"{running.api}/passes/{shown['id']}/code.svg", headers=buyer.headers)
        assert svg.headers["content-type"].startswith("image/svg+xml")


def test_a_cancelled_mixed_order_gives_places_and_seats_back(running: RunningFairseat, standing_id: str) -> None:
    with Buyer(running) as buyer:
        reservations = holds(buyer, standing_id)
        placed = order(buyer, reservations)
        buyer.post(f"/orders/{placed['id']}/cancel", {})
        path = f"/tickets/{standing_id}/reservations/{reservations[0]['reservationId']}"
        until = time.monotonic() + 30
        while (status := buyer.get(path)["status"]) != "RELEASED":
            assert time.monotonic() < until, status
            time.sleep(0.05)


def test_one_hold_that_is_not_there_is_named_and_frees_the_others(running: RunningFairseat, standing_id: str) -> None:
    with Buyer(running) as buyer:
        reservations = holds(buyer, standing_id)
        reservations[1]["reservationId"] = str(uuid4())
        body = {"reservations": reservations, "contact": {"email": "fan@demo.example.com"}}
        refused = httpx.post(f"{running.api}/orders", json=body, headers=buyer.headers, timeout=30)
        assert (refused.status_code, refused.json()["code"]) == (404, "seating.reservation_not_found")
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/reservations/1"]
        path = f"/tickets/{standing_id}/reservations/{reservations[0]['reservationId']}"
        assert buyer.get(path)["status"] == "RELEASED"


def test_an_item_is_refunded_and_its_place_and_pass_go_back(running: RunningFairseat, standing_id: str) -> None:
    with Buyer(running) as buyer, httpx.Client(base_url=running.api, timeout=30) as staff:
        token = staff.post("/auth/login", json={"email": OWNER, "password": PASSWORD}).json()["accessToken"]
        staff.headers["Authorization"] = f"Bearer {token}"
        of_staff = {"organisationId": buyer.organisation_id}
        staff.headers["Authorization"] = f"Bearer {staff.post('/auth/token', json=of_staff).json()['accessToken']}"
        placed = order(buyer, holds(buyer, standing_id))
        buyer.pay(placed["id"])
        buyer.wait_for(placed["id"], "CONFIRMED")
        issued = buyer.passes(placed["id"])
        places, seat = placed["items"][0], placed["items"][1]
        remaining = buyer.get(f"/tickets/{standing_id}")["remaining"]
        wanted = [{"itemId": places["id"], "quantity": 2}, {"itemId": seat["id"]}]
        path = f"/orders/{placed['id']}/refunds"
        asked = staff.post(path, json={"reason": "customer_request", "items": wanted})
        assert asked.status_code == 201, asked.text
        until = time.monotonic() + 30
        while True:
            [refund] = staff.get(path).json()["items"]
            void = {each["id"] for each in buyer.passes(placed["id"]) if each["status"] == "VOID"}
            left = buyer.get(f"/tickets/{standing_id}")["remaining"]
            if refund["status"] == "succeeded" and len(void) == 3 and left == remaining + 2:
                break
            assert time.monotonic() < until, (refund, void, left)
            time.sleep(0.1)
        of_item = {each["id"]: each["orderItemId"] for each in issued}
        assert sorted(of_item[id] for id in void) == sorted([places["id"]] * 2 + [seat["id"]])
        assert buyer.get(f"/orders/{placed['id']}")["status"] == "CONFIRMED"
        rest = staff.post(path, json={"reason": "customer_request"})
        assert rest.status_code == 201, rest.text
        buyer.wait_for(placed["id"], "CANCELLED")
        total = sum(each["amount"]["amount"] for each in staff.get(path).json()["items"])
        assert total == placed["total"]["amount"]
