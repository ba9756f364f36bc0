"""An owner who puts plans on sale through the API, as any organiser would."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL, sections

GUESTS = 250
SEATS_A_GUEST_MAX = 100
"""More than any guest of a run asks for."""


class Organiser:
    """Signs in as soon as the block begins."""

    def __init__(self, port: int) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=120)
        self.organisation_id = ""
        self.venue_id = ""

    def __enter__(self) -> Self:
        account = {"email": f"owner-{uuid4().hex}@bench.example.com", "password": "not-a-secret-2026"}
        self._post("/auth/register", account | {"displayName": "Bench Owner"})
        self.http.headers["Authorization"] = f"Bearer {self._post('/auth/login', account)['accessToken']}"
        self.organisation_id = self._post("/organisations", {"name": "Benchmark"})["id"]
        token = self._post("/auth/token", {"organisationId": self.organisation_id})
        self.http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        address = {"line1": "Am Platz 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
        venue = {"name": "Hall", "timeZone": "Europe/Berlin", "capacity": SEATS_OF_A_LARGE_HALL, "address": address}
        self.venue_id = self._post("/venues", venue)["id"]
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def plan_on_sale(self, seats: int = SEATS) -> tuple[str, list[UUID]]:
        """Return the id of a new plan, and those of its seats."""
        ticket_id = self._post("/tickets", self._ticket(seats))["id"]
        plan = {
            "ticketId": ticket_id,
            "venueId": self.venue_id,
            "name": "Benchmark",
            "source": {
                "format": "grid",
                "sections": [{"name": one.name, "rows": one.rows, "columns": one.columns} for one in sections(seats)],
            },
        }
        self._post(f"/tickets/{ticket_id}/publish", {})
        plan_id = str(self._post("/seating-plans", plan)["id"])
        read = self.http.get(f"/seating-plans/{plan_id}").raise_for_status()
        self._post(f"/seating-plans/{plan_id}/activate", {}, {"If-Match": read.headers["ETag"]})
        found = self.http.get(f"/seating-plans/{plan_id}/seats?format=compact&fields=id").raise_for_status()
        return plan_id, [UUID(seat_id) for seat_id in found.json()["seats"]["id"]]

    def guests(self) -> list[str]:
        """Return the tokens of guests that never were before."""
        return [self._guest() for _ in range(GUESTS)]

    def guest(self) -> dict[str, str]:
        """Return the headers of somebody new."""
        return {"Authorization": f"Bearer {self._guest()}", "X-Tenant-ID": self.organisation_id}

    def hold(self, plan_id: str, seat_id: UUID, guest: dict[str, str]) -> None:
        """Hold one seat as a guest."""
        body = {"reservationId": str(uuid4()), "seatIds": [str(seat_id)]}
        self._post(f"/seating-plans/{plan_id}/holds", body, guest)

    def _guest(self) -> str:
        return str(self._post("/auth/guest", {})["accessToken"])

    def _ticket(self, seats: int) -> dict[str, object]:
        starts_at = datetime.now(UTC) + timedelta(days=60)
        return {
            "title": "Benchmark",
            "ticketType": "SEATED_MANUAL",
            "price": {"amount": 4500, "currency": "EUR"},
            "quota": seats,
            "maxPerUser": SEATS_A_GUEST_MAX,
            "event": {
                "title": "Benchmark",
                "startsAt": starts_at.isoformat(),
                "endsAt": (starts_at + timedelta(hours=2)).isoformat(),
                "timeZone": "Europe/Berlin",
                "venueId": self.venue_id,
                "kind": "sport",
            },
        }

    def _post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
        response = self.http.post(path, json=body, headers={"Idempotency-Key": str(uuid4())} | (headers or {}))
        if response.is_error:
            raise RuntimeError(f"{path}: {response.status_code} {response.text}")
        return response.json()
