"""The owner of a running demo's organisation, who opens another venue and sells tickets for it."""

import time
from types import TracebackType
from typing import Any, Self

import httpx

from adapters.cli.demo_world import PASSWORD
from tests.running import OWNER, Place, RunningFairseat

AT_MOST_S = 30
STARTS_AT, ENDS_AT = "2030-05-01T20:00:00Z", "2030-05-01T23:00:00Z"


def a_hall(name: str, time_zone: str, *, city: str, country: str, subdivision: str | None = None) -> dict[str, object]:
    """Return a small venue at this place."""
    address = {"line1": "Main Street 1", "city": city, "postalCode": "99084", "country": country}
    if subdivision is not None:
        address["subdivision"] = subdivision
    return {"name": name, "timeZone": time_zone, "capacity": 50, "address": address}


class VenueOwner:
    """A client with the owner's token, and a new venue."""

    def __init__(self, running: RunningFairseat | Place, organisation_id: str, hall: dict[str, object]) -> None:
        self.http = httpx.Client(base_url=running.api, timeout=30)
        for path, body in (
            ("/auth/login", {"email": OWNER, "password": PASSWORD}),
            ("/auth/token", {"organisationId": organisation_id}),
        ):
            token = self.ask("POST", path, body)["accessToken"]
            self.http.headers["Authorization"] = f"Bearer {token}"
        self.venue_id = self.ask("POST", "/venues", hall)["id"]
        self.time_zone = hall["timeZone"]

    def ask(self, method: str, path: str, body: object = None, *, status: int = 0) -> Any:
        """Return the answer, which has this status, or any success."""
        answer = self.http.request(method, path, json=body)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def set(self, path: str, body: object) -> Any:
        """Put a setting over the version that there is."""
        etag = self.http.get(path).headers["ETag"]
        answer = self.http.put(path, json=body, headers={"If-Match": etag})
        assert answer.is_success, answer.text
        return answer.json()

    def draft(self, ticket: dict[str, object], *, starts_at: str = STARTS_AT, ends_at: str = ENDS_AT) -> str:
        """Draft a ticket for an event at the venue, and return its id."""
        event = {
            "title": "Reading",
            "startsAt": starts_at,
            "endsAt": ends_at,
            "timeZone": self.time_zone,
            "venueId": self.venue_id,
            "kind": "reading",
        }
        return str(self.ask("POST", "/tickets", {**ticket, "event": event})["id"])

    def seats(self, ticket_id: str, *, rows: int, columns: int) -> str:
        """Put seats on a plan for the ticket, and return the plan's id."""
        source = {"format": "grid", "sections": [{"name": "Stalls", "rows": rows, "columns": columns}]}
        plan = {"ticketId": ticket_id, "venueId": self.venue_id, "name": "Stalls", "source": source}
        plan_id = str(self.ask("POST", "/seating-plans", plan)["id"])
        self.ask("POST", f"/seating-plans/{plan_id}/activate")
        return plan_id

    def publish(self, ticket_id: str, *, status: int = 200) -> Any:
        """Put the ticket on sale, or be refused with this status."""
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()
