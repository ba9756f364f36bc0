"""The live map: what a snapshot costs, and how soon a change is with everybody who watches.

Run by hand: `python -m tests.benchmarks.live_map`. Server and load share the machine.
"""

import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec

from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.readiness import free_port, reply
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresSeatingTransactions
from adapters.postgres.seating_ledger import PostgresLedger
from adapters.system.ids import Uuid7Source
from core.shared.ids import TenantId
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.bench import Bench
from tests.benchmarks.live_map_watchers import Watch, Watched, raise_open_files
from tests.benchmarks.results import Line, Part
from tests.benchmarks.settling import settle
from tests.running import clean_environment, fairseat
from tests.seating_world import a_plan
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 90
HTTP_SEATS = 100_000
DATABASE_SEATS = 20_000
WATCHERS = 5_000
_ROWS, _COLUMNS = 20, 50
_CHANGES_MAX = 90
_SETTLE_S = 1.0
FORMS = (
    ("compact, zstd", "?format=compact", "zstd"),
    ("compact, gzip", "?format=compact", "gzip"),
    ("states only, zstd", "?format=compact&fields=status", "zstd"),
    ("full, zstd", "", "zstd"),
    ("full, plain", "", "identity"),
)
"""Ways to ask for a map: its name, the query, and the coding."""
_LIVE = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def _measured(times_s: list[float], *, callers: int = 1) -> Measured:
    """Sum up answers that came one after the other."""
    return Measured.of(times_s, callers=callers, elapsed_s=sum(times_s))


@dataclass(frozen=True, slots=True)
class SnapshotForm:
    """One way to ask for a map: bytes on the wire, and the times of what is at hand, and of what was just changed."""

    what: str
    wire_bytes: int
    first_ms: float
    cached: Measured
    not_modified: Measured
    after_a_change: Measured


@dataclass(frozen=True, slots=True)
class DatabaseSnapshots:
    """The query of all seats' states, as the app role under row-level security and as a role that it does not bind."""

    seats: int
    secured: Measured
    unsecured: Measured
    share: float
    """Queries a second under row-level security for each without; by the medians."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What a map costs."""

    seats: int
    forms: tuple[SnapshotForm, ...]
    database: DatabaseSnapshots


@dataclass(frozen=True, slots=True)
class Readers:
    """From the sending of a hold, so a little before its commit, to the arrival of its change at each reader."""

    readers: int
    changes: int
    arrivals: int
    missing: int
    times: Measured
    open_s: float


def measure_live_map(bench: Bench) -> Part:
    """Measure the map in the database, over HTTP in its compact form, and on its way to those who watch."""
    bench.say("snapshots in the database, with row-level security and without")
    database = bench.run(measure_database(bench.postgres))
    lines = [
        Line(scenario=s.SNAPSHOT_WITH_RLS, seats=database.seats, measured=database.secured),
        Line(scenario=s.SNAPSHOT_WITHOUT_RLS, seats=database.seats, measured=database.unsecured),
    ]
    bench.say(f"snapshots of {HTTP_SEATS:,} seats over HTTP")
    for form in measure_forms(forms=FORMS[:1]):
        lines.append(Line(scenario=s.SNAPSHOT_CACHED, seats=HTTP_SEATS, measured=form.cached))
        lines.append(Line(scenario=s.SNAPSHOT_CHANGED, seats=HTTP_SEATS, measured=form.after_a_change))
    if not bench.quick:
        bench.say(f"{WATCHERS:,} readers of the live map")
        lines.append(Line(scenario=s.LIVE_MAP, measured=measure_readers().times))
    return Part(lines=lines)


async def measure_database(
    postgres: PostgresServer, *, seats: int = DATABASE_SEATS, rounds: int = 100
) -> DatabaseSnapshots:
    """Ask for all states under row-level security and without, in turns, a tenth of the seats held."""
    database = await postgres.fresh("venue_db")
    tenant_id = TenantId(uuid4())
    plan, layout = a_plan(rows=seats // _COLUMNS, columns=_COLUMNS)
    async with (
        await open_pool(database.app_url, connections_max=1) as pool,
        PostgresSeatingTransactions(pool, Uuid7Source()).begin(tenant_id) as tx,
    ):
        await tx.plans.add(plan, layout)
    app, admin = await asyncpg.connect(database.app_url), await asyncpg.connect(database.admin_url)
    try:
        now = datetime.now(UTC)
        between = layout.seats[0].id, layout.seats[-1].id
        await admin.execute(
            "update seats set status = 'HELD', reservation_id = gen_random_uuid(), held_until = $1"
            " where column_number < 6",
            now + timedelta(hours=1),
        )
        await settle(database.admin_url, "seats")
        times: dict[str, list[float]] = {"app": [], "admin": []}
        for number in range(rounds + 10):
            for name, connection in (("app", app), ("admin", admin)):
                async with connection.transaction():
                    await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
                    begun = time.perf_counter()
                    seen = await PostgresLedger(connection, tenant_id).letters(plan.id, now=now, between=between)
                    taken = time.perf_counter() - begun
                if len(seen.letters) != seats:
                    raise RuntimeError(f"{len(seen.letters)} letters for {seats} seats")
                if number >= 10:
                    times[name].append(taken)
    finally:
        await app.close()
        await admin.close()
    secured, unsecured = _measured(times["app"]), _measured(times["admin"])
    return DatabaseSnapshots(seats, secured, unsecured, round(unsecured.p50_ms / secured.p50_ms, 3))


def measure_forms(
    *, forms: Sequence[tuple[str, str, str]] = FORMS, seats: int = HTTP_SEATS, cached: int = 200, changes: int = 25
) -> tuple[SnapshotForm, ...]:
    """Ask one server for the map in its forms, over one connection, one request after the other."""
    with _Place() as place:
        plan_id, seat_ids = place.plan_on_sale(seats)
        free = iter(seat_ids)
        found: list[SnapshotForm] = []
        for what, query, coding in forms:
            guest = place.guest()
            path = f"/seating-plans/{plan_id}/seats{query}"
            headers = guest | {"Accept-Encoding": coding}
            first, first_s, size = place.timed(path, headers)
            known = [place.timed(path, headers)[1] for _ in range(cached)]
            tag = {"If-None-Match": first.headers["ETag"]}
            same = [place.timed(path, headers | tag)[1] for _ in range(cached // 4)]
            changed: list[float] = []
            for _ in range(min(changes, _CHANGES_MAX)):
                place.hold(plan_id, next(free), guest)
                answer, taken, _ = place.timed(path, headers | {"Cache-Control": "no-cache"})
                changed.append(taken)
                if answer.headers["ETag"] == first.headers["ETag"]:
                    raise RuntimeError("a change was not seen")
            found.append(
                SnapshotForm(
                    what, size, round(first_s * 1000, 1), _measured(known), _measured(same), _measured(changed)
                )
            )
        return tuple(found)


def measure_snapshots(postgres: PostgresServer, *, seats: int = HTTP_SEATS) -> Snapshots:
    """Measure the database alone and all forms over HTTP."""
    database = asyncio.run(measure_database(postgres))
    return Snapshots(seats, measure_forms(seats=seats), database)


def measure_readers(readers: int = WATCHERS, *, changes: int = 20) -> Readers:
    """Let so many watch one plan, hold seats one by one, and see when each reader hears of each."""
    raise_open_files()
    with _Place() as place:
        plan_id, seat_ids = place.plan_on_sale(1_000)
        guest = place.guest()
        lines = "".join(f"{name}: {value}\r\n" for name, value in guest.items())
        request = f"GET /api/v1/seating-plans/{plan_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n"
        watch = Watch(port=place.port, watchers=readers, request=request)
        begun = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.live_map_watchers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        ) as watchers:
            assert watchers.stdin is not None and watchers.stdout is not None
            watchers.stdin.write(msgspec.json.encode(watch) + b"\n")
            watchers.stdin.flush()
            if watchers.stdout.readline() != b"open\n":
                raise RuntimeError("the streams did not open")
            open_s = time.monotonic() - begun
            time.sleep(_SETTLE_S)
            held_at: dict[str, float] = {}
            for seat in seat_ids[:changes]:
                held_at[seat] = time.monotonic()
                place.hold(plan_id, seat, guest)
                time.sleep(_SETTLE_S)
            time.sleep(_SETTLE_S)
            watched = msgspec.json.decode(watchers.communicate(timeout=60)[0], type=Watched)
        if watched.open != readers:
            raise RuntimeError(f"{readers - watched.open} streams broke off")
        times = [came - at for seat, at in held_at.items() for came in watched.came_at.get(seat, [])]
        return Readers(
            readers,
            changes,
            len(times),
            readers * changes - len(times),
            _measured(times, callers=readers),
            round(open_s, 2),
        )


class _Place:
    """A `fairseat up` of its own with an organiser, who puts plans on sale through the API."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="fairseat-bench-")
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=120)
        self._organisation_id = ""
        self._venue_id = ""

    def __enter__(self) -> "_Place":
        folder = Path(self._folder.name)
        folder.chmod(0o711)  # PostgreSQL of root runs as another account, which has to come through here
        self._process = subprocess.Popen(
            fairseat("up", "--folder", str(folder / "data"), "--port", str(self.port)),
            env=clean_environment(),
            stdout=(folder / "output.txt").open("wb"),
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        until = time.monotonic() + READY_TIMEOUT_S
        while b" 200 " not in reply(self.port, _LIVE):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"`fairseat up` did not get ready:\n{(folder / 'output.txt').read_text()}")
            time.sleep(0.1)
        self._organise()
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(60)
        self._folder.cleanup()

    def _organise(self) -> None:
        account = {"email": "owner@bench.example.com", "password": "not-a-secret-2026"}
        self._post("/auth/register", account | {"displayName": "Bench Owner"})
        self._http.headers["Authorization"] = f"Bearer {self._post('/auth/login', account)['accessToken']}"
        self._organisation_id = self._post("/organisations", {"name": "Benchmark"})["id"]
        token = self._post("/auth/token", {"organisationId": self._organisation_id})
        self._http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        address = {"line1": "Am Platz 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
        venue = {"name": "Hall", "timeZone": "Europe/Berlin", "capacity": HTTP_SEATS, "address": address}
        self._venue_id = self._post("/venues", venue)["id"]

    def plan_on_sale(self, seats: int) -> tuple[str, list[str]]:
        """Return the id of a new plan in sections of a thousand seats, and the ids of the seats."""
        sections = [
            {"name": f"Block {number + 1}", "rows": _ROWS, "columns": _COLUMNS}
            for number in range(seats // (_ROWS * _COLUMNS))
        ]
        ticket_id = self._post("/tickets", self._ticket(seats))["id"]
        self._post(f"/tickets/{ticket_id}/publish", {})
        plan = {
            "ticketId": ticket_id,
            "venueId": self._venue_id,
            "name": "Benchmark",
            "source": {"format": "grid", "sections": sections},
        }
        plan_id = str(self._post("/seating-plans", plan)["id"])
        read = self._http.get(f"/seating-plans/{plan_id}").raise_for_status()
        self._post(f"/seating-plans/{plan_id}/activate", {}, {"If-Match": read.headers["ETag"]})
        asked = f"/seating-plans/{plan_id}/seats?format=compact&fields=id"
        return plan_id, list(self._http.get(asked).raise_for_status().json()["seats"]["id"])

    def guest(self) -> dict[str, str]:
        """Return the headers of somebody new."""
        token = self._post("/auth/guest", {})["accessToken"]
        return {"Authorization": f"Bearer {token}", "X-Tenant-ID": self._organisation_id}

    def hold(self, plan_id: str, seat_id: str, guest: dict[str, str]) -> None:
        """Hold one seat."""
        self._post(f"/seating-plans/{plan_id}/holds", {"reservationId": str(uuid4()), "seatIds": [seat_id]}, guest)

    def timed(self, path: str, headers: dict[str, str]) -> tuple[httpx.Response, float, int]:
        """Return the answer, how long it took to the last byte, and the bytes that came; nothing is unpacked."""
        begun = time.perf_counter()
        with self._http.stream("GET", path, headers=headers) as response:
            size = sum(len(part) for part in response.iter_raw())
            taken = time.perf_counter() - begun
        response.raise_for_status() if response.status_code != 304 else None
        return response, taken, size

    def _ticket(self, seats: int) -> dict[str, object]:
        starts_at = datetime.now(UTC) + timedelta(days=60)
        return {
            "title": "Benchmark",
            "ticketType": "SEATED_MANUAL",
            "price": {"amount": 4500, "currency": "EUR"},
            "quota": seats,
            "maxPerUser": _CHANGES_MAX,
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


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="fairseat-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedPostgres(folder / "postgres", durable=True, password=secrets.token_urlsafe()) as server:
            yield PostgresServer(server.admin_url("postgres"), {})


def main() -> None:
    with _postgres() as postgres:
        snapshots = measure_snapshots(postgres)
    print(snapshots.database)
    for form in snapshots.forms:
        print(form)
    print(measure_readers())


if __name__ == "__main__":
    main()
