"""Holds over HTTP: `fairseat up` in a process of its own, the load from another, everybody on this machine."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from adapters.embedded.readiness import free_port, reply
from adapters.postgres.migrator import Database
from bootstrap.settings import DATABASES
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.audit import Audit, audit
from tests.benchmarks.hall import SEATS, SEATS_A_HOLD, fours, sections
from tests.benchmarks.load import Load, Loaded
from tests.benchmarks.settling import settle
from tests.running import clean_environment, fairseat
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 90
GUESTS = 250
_HOLDS_PER_GUEST = SEATS // SEATS_A_HOLD // GUESTS
_LIVE = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(frozen=True, slots=True)
class HttpRun:
    """One number of connections: holds, and the least that the HTTP stack can answer, measured right before them."""

    live: Measured
    holds: Measured
    audit: Audit


def measure_http(postgres: PostgresServer, folder: Path, *, levels: Sequence[int], seconds_max: float) -> list[HttpRun]:
    """Measure each number of connections on a plan of its own, all against one running server."""
    with _fairseat_up(postgres, folder) as port, _Organiser(port) as organiser:
        runs: list[HttpRun] = []
        granted = 0
        admin_url = postgres.named("venue_db").admin_url
        for connections in levels:
            plan_id, seat_ids = organiser.plan_on_sale()
            requests = _hold_requests(organiser, plan_id, seat_ids, seed=connections)
            asyncio.run(settle(admin_url, "seats"))
            live = _loaded(port, connections, seconds_max, [_LIVE], again=True)
            holds = _loaded(port, connections, seconds_max, requests, again=False)
            granted += sum(holds.statuses.values())
            checked = asyncio.run(
                audit(
                    admin_url,
                    what=f"HTTP, {connections} connections",
                    seats=(len(runs) + 1) * SEATS,
                    holds=granted,
                )
            )
            runs.append(HttpRun(live.measured, holds.measured, checked))
        return runs


def _loaded(port: int, connections: int, seconds_max: float, requests: list[str], *, again: bool) -> Loaded:
    load = Load(port=port, connections=connections, seconds_max=seconds_max, requests=requests, again=again)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"],
        input=msgspec.json.encode(load),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        timeout=60 + 4 * seconds_max,
        check=True,
    )
    loaded = msgspec.json.decode(done.stdout, type=Loaded)
    if not all(status.startswith("2") for status in loaded.statuses):
        raise RuntimeError(f"not every request was granted: {loaded.statuses}, such as {loaded.refusal}")
    return loaded


def _hold_requests(organiser: "_Organiser", plan_id: str, seat_ids: list[UUID], *, seed: int) -> list[str]:
    """Write every request beforehand. Guests take turns, so that none comes near the most that one may have."""
    tokens = organiser.guests()
    requests: list[str] = []
    for number, four in enumerate(fours(seat_ids, seed=seed)):
        body = msgspec.json.encode({"reservationId": uuid4(), "seatIds": four}).decode()
        requests.append(
            f"POST /api/v1/seating-plans/{plan_id}/holds HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {tokens[number % GUESTS]}\r\nX-Tenant-ID: {organiser.organisation_id}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
    return requests


@contextmanager
def _fairseat_up(postgres: PostgresServer, folder: Path) -> Iterator[int]:
    """Run `fairseat up` on our PostgreSQL while the block lasts; yield its port."""
    port = free_port()
    environment: dict[str, str] = {}
    for name in DATABASES:
        database: Database = postgres.named(f"{name}_db")
        environment |= {
            f"FAIRSEAT_{name.upper()}_DATABASE_URL": database.app_url,
            f"FAIRSEAT_{name.upper()}_DATABASE_RELAY_URL": database.relay_url,
            f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL": database.admin_url,
        }
    folder.mkdir()
    output = folder / "output.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            fairseat("up", "--folder", str(folder / "data"), "--port", str(port)),
            env=clean_environment(**environment),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + READY_TIMEOUT_S
            while b" 200 " not in reply(port, _LIVE.encode()):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"`fairseat up` did not get ready:\n{output.read_text()}")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(30)


class _Organiser:
    """An owner who puts plans on sale through the API."""

    def __init__(self, port: int) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60)
        self.organisation_id = ""
        self._venue_id = ""

    def __enter__(self) -> "_Organiser":
        account = {"email": "owner@bench.example.com", "password": "not-a-secret-2026"}
        self._post("/auth/register", account | {"displayName": "Bench Owner"})
        self._http.headers["Authorization"] = f"Bearer {self._post('/auth/login', account)['accessToken']}"
        self.organisation_id = self._post("/organisations", {"name": "Benchmark"})["id"]
        token = self._post("/auth/token", {"organisationId": self.organisation_id})
        self._http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        address = {"line1": "Am Platz 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
        venue = {"name": "Hall", "timeZone": "Europe/Berlin", "capacity": SEATS, "address": address}
        self._venue_id = self._post("/venues", venue)["id"]
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def plan_on_sale(self) -> tuple[str, list[UUID]]:
        """Return the id of a new plan, and those of its seats."""
        ticket_id = self._post("/tickets", self._ticket())["id"]
        plan = {
            "ticketId": ticket_id,
            "venueId": self._venue_id,
            "name": "Benchmark",
            "source": {
                "format": "grid",
                "sections": [{"name": one.name, "rows": one.rows, "columns": one.columns} for one in sections()],
            },
        }
        plan_id = str(self._post("/seating-plans", plan)["id"])
        read = self._http.get(f"/seating-plans/{plan_id}").raise_for_status()
        self._post(f"/seating-plans/{plan_id}/activate", {}, {"If-Match": read.headers["ETag"]})
        seats = self._http.get(f"/seating-plans/{plan_id}/seats?fields=status").raise_for_status().json()["seats"]
        return plan_id, [UUID(seat["id"]) for seat in seats]

    def guests(self) -> list[str]:
        """Return the tokens of guests that never were before."""
        return [self._post("/auth/guest", {})["accessToken"] for _ in range(GUESTS)]

    def _ticket(self) -> dict[str, object]:
        starts_at = datetime.now(UTC) + timedelta(days=60)
        return {
            "title": "Benchmark",
            "ticketType": "SEATED_MANUAL",
            "price": {"amount": 4500, "currency": "EUR"},
            "quota": SEATS,
            "maxPerUser": _HOLDS_PER_GUEST * SEATS_A_HOLD,
            "event": {
                "title": "Benchmark",
                "startsAt": starts_at.isoformat(),
                "endsAt": (starts_at + timedelta(hours=2)).isoformat(),
                "timeZone": "Europe/Berlin",
                "venueId": self._venue_id,
                "kind": "sport",
            },
        }

    def _post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
        response = self._http.post(path, json=body, headers={"Idempotency-Key": str(uuid4())} | (headers or {}))
        if response.is_error:
            raise RuntimeError(f"{path}: {response.status_code} {response.text}")
        return response.json()
