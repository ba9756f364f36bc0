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
from tests.benchmarks.hall import COLUMNS
from tests.benchmarks.instances import WIDE_LIMITS
from tests.benchmarks.live_map_watchers import Watch, Watched, raise_open_files
from tests.benchmarks.organiser import SEATS_A_GUEST_MAX, Organiser
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
    plan, layout = a_plan(rows=seats // COLUMNS, columns=COLUMNS)
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
            "insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id, held_until)"
            " select tenant_id, plan_id, id, 'HELD', gen_random_uuid(), $1 from seats where column_number < 6",
            now + timedelta(hours=1),
        )
        for table in ("seats", "seat_states"):
            await settle(database.admin_url, table)
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
    with _place() as place:
        plan_id, seat_ids = place.plan_on_sale(seats)
        free = iter(seat_ids)
        found: list[SnapshotForm] = []
        for what, query, coding in forms:
            guest = place.guest()
            path = f"/seating-plans/{plan_id}/seats{query}"
            headers = guest | {"Accept-Encoding": coding}
            first, first_s, size = _timed(place.http, path, headers)
            known = [_timed(place.http, path, headers)[1] for _ in range(cached)]
            tag = {"If-None-Match": first.headers["ETag"]}
            same = [_timed(place.http, path, headers | tag)[1] for _ in range(cached // 4)]
            changed: list[float] = []
            for _ in range(min(changes, SEATS_A_GUEST_MAX)):
                place.hold(plan_id, next(free), guest)
                answer, taken, _ = _timed(place.http, path, headers | {"Cache-Control": "no-cache"})
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
    with _place() as place:
        plan_id, seat_ids = place.plan_on_sale(1_000)
        guest = place.guest()
        lines = "".join(f"{name}: {value}\r\n" for name, value in guest.items())
        request = f"GET /api/v1/seating-plans/{plan_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n"
        watch = Watch(port=place.http.base_url.port or 0, watchers=readers, request=request)
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
                held_at[str(seat)] = time.monotonic()
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


@contextmanager
def _place() -> Iterator[Organiser]:
    """Yield the organiser of a `fairseat up` of its own, as long as the block lasts."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fairseat-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL of root runs as another account, which has to come through here
        output = folder / "output.txt"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                fairseat("up", "--folder", str(folder / "data"), "--port", str(port)),
                env=clean_environment(FAIRSEAT_STRIPE_CONNECT="off", **WIDE_LIMITS),
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            try:
                until = time.monotonic() + READY_TIMEOUT_S
                while b" 200 " not in reply(port, _LIVE):
                    if process.poll() is not None or time.monotonic() > until:
                        raise RuntimeError(f"`fairseat up` did not get ready:\n{output.read_text()}")
                    time.sleep(0.1)
                with Organiser(port) as organiser:
                    yield organiser
            finally:
                process.terminate()
                process.wait(60)


def _timed(http: httpx.Client, path: str, headers: dict[str, str]) -> tuple[httpx.Response, float, int]:
    """Return the answer, how long it took to the last byte, and the bytes that came; nothing is unpacked."""
    begun = time.perf_counter()
    with http.stream("GET", path, headers=headers) as response:
        size = sum(len(part) for part in response.iter_raw())
        taken = time.perf_counter() - begun
    response.raise_for_status() if response.status_code != 304 else None
    return response, taken, size


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
