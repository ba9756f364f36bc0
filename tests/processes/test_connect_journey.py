"""A venue from its first click on "connect" to sold places, and to the end of sales: through every service."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.cli.demo_world import PASSWORD
from tests.running import OWNER, Buyer, RunningFairseat

AT_MOST_S = 30
HALL = {
    "name": "Small stage",
    "timeZone": "Europe/Berlin",
    "capacity": 50,
    "address": {"line1": "Am Platz 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"},
}


class Staff:
    """The owner of the demo's organisation, with a new venue and a draft of a ticket for it."""

    def __init__(self, running: RunningFairseat, organisation_id: str) -> None:
        self.http = httpx.Client(base_url=running.api, timeout=30)
        for path, body in (
            ("/auth/login", {"email": OWNER, "password": PASSWORD}),
            ("/auth/token", {"organisationId": organisation_id}),
        ):
            token = self.ask("POST", path, body)["accessToken"]
            self.http.headers["Authorization"] = f"Bearer {token}"
        self.venue_id = self.ask("POST", "/venues", HALL)["id"]

    def ask(self, method: str, path: str, body: object = None, *, status: int = 0) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def draft(self, price_minor: int) -> str:
        event = {
            "title": "Reading",
            "startsAt": "2030-05-01T20:00:00Z",
            "endsAt": "2030-05-01T23:00:00Z",
            "timeZone": "Europe/Berlin",
            "venueId": self.venue_id,
            "kind": "reading",
        }
        price = {"amount": price_minor, "currency": "EUR"}
        ticket = {"title": "Place", "ticketType": "GA", "price": price, "quota": 50, "maxPerUser": 9, "event": event}
        return str(self.ask("POST", "/tickets", ticket)["id"])

    def publish(self, ticket_id: str, *, status: int = 200) -> Any:
        return self.ask("POST", f"/tickets/{ticket_id}/publish", status=status)

    def connect(self) -> str:
        """Connect the venue, answer Stripe's questions, and return the account's id once it can charge."""
        way = self.ask("POST", f"/venues/{self.venue_id}/stripe/connect", {})
        back = httpx.get(way["onboardingUrl"], follow_redirects=True)
        assert back.is_success and back.url.path.endswith(f"/venues/{self.venue_id}/stripe/return"), back.url
        until = time.monotonic() + AT_MOST_S
        while not self.ask("GET", f"/venues/{self.venue_id}/stripe/status")["chargesEnabled"]:
            assert time.monotonic() < until, "not connected"
            time.sleep(0.05)
        return str(way["accountId"])


@pytest.fixture(scope="module")
def staff(running: RunningFairseat) -> Iterator[Staff]:
    with Buyer(running) as buyer:
        owner = Staff(running, buyer.organisation_id)
    yield owner
    owner.http.close()


def held(buyer: Buyer, ticket_id: str, running: RunningFairseat) -> httpx.Response:
    body = {"reservationId": str(uuid4()), "quantity": 2}
    path = f"{running.api}/tickets/{ticket_id}/reservations"
    return buyer.http.post(path, json=body, headers=buyer.headers)


def test_a_venue_is_connected_sells_and_stops_when_stripe_says_so(running: RunningFairseat, staff: Staff) -> None:
    free, dear = staff.draft(0), staff.draft(1500)
    staff.publish(free)
    refused = staff.publish(dear, status=409)
    assert refused["code"] == "ticketing.charges_not_enabled" and "not connected" in refused["detail"]
    account_id = staff.connect()
    staff.publish(dear)
    with Buyer(running) as buyer:
        hold = held(buyer, dear, running)
        assert hold.status_code == 201, hold.text
        reservations = [{"kind": "general-admission", "reservationId": hold.json()["reservationId"]}]
        contact = {"email": "fan@demo.example.com"}
        order = buyer.post("/orders", {"reservations": reservations, "contact": contact})
        buyer.pay(order["id"])
        buyer.wait_for(order["id"], "CONFIRMED")

        lost = {"chargesEnabled": False, "currentlyDue": ["company.tax_id"], "disabledReason": "requirements.past_due"}
        assert httpx.post(f"{running.stripe}/_fake/accounts/{account_id}", json=lost).is_success
        until = time.monotonic() + AT_MOST_S
        while (answer := held(buyer, dear, running)).status_code == 201:
            assert time.monotonic() < until, "sales go on"
            time.sleep(0.1)
        assert (answer.status_code, answer.json()["code"]) == (409, "ticketing.sales_stopped")
        assert held(buyer, free, running).status_code == 201
        assert "salesStopped" not in buyer.get(f"/tickets/{dear}")
    told = staff.ask("GET", f"/tickets/{dear}")["salesStopped"]
    assert told == {"missing": ["company.tax_id"], "disabledReason": "requirements.past_due"}
