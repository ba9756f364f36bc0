"""Holds over HTTP: Fairseat in processes of its own, the load from another, everybody on this machine.

First one process does everything (`fairseat up`); then it goes on with the background work, and a second one serves the
API (`fairseat serve`). Both have one route more, which costs what HTTP costs without a hold.
"""

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from adapters.embedded.readiness import free_port, reply
from bootstrap.settings import DATABASES
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.audit import audit
from tests.benchmarks.bench import Bench
from tests.benchmarks.hall import SEATS, fours
from tests.benchmarks.load import Load, Loaded
from tests.benchmarks.organiser import GUESTS, Organiser
from tests.benchmarks.results import Line, Part
from tests.benchmarks.settling import background_work_done, settle
from tests.running import clean_environment
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
COMPARED = 64
OTHERS = (1, 8)
READY_TIMEOUT_S = 90
_LIVE = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(frozen=True, slots=True)
class _Server:
    port: int
    trivial: str
    holds: str


def measure_http(bench: Bench) -> Part:
    """Measure the trivial POST and holds, each number of connections on a plan of its own."""
    bench.say("starting `fairseat up`")
    found = Part(lines=[])
    folder = bench.folder / "up"
    folder.mkdir()
    environment = _databases(bench.postgres)
    port = free_port()
    with _running(folder, "up", port, environment, "--folder", str(folder / "data")), Organiser(port) as organiser:
        up = _Server(port, s.HTTP_TRIVIAL_UP, s.HTTP_HOLDS_UP)
        if not bench.quick:
            _measure(bench, up, organiser, found, connections=COMPARED)
        settings = _read(folder / "data" / "settings.env")
        port = free_port()
        with _running(folder, "serve", port, environment | settings):
            serve = _Server(port, s.HTTP_TRIVIAL, s.HTTP_HOLDS)
            for connections in (COMPARED,) if bench.quick else (*OTHERS, COMPARED):
                _measure(bench, serve, organiser, found, connections=connections)
    return found


def _measure(bench: Bench, server: _Server, organiser: Organiser, found: Part, *, connections: int) -> None:
    """Take the limit and holds in turn: in two rounds where they are compared, each with half of the hall."""
    bench.say(f"{connections} connections: {server.holds}")
    admin_url = bench.postgres.named("venue_db").admin_url
    plan_id, seat_ids = organiser.plan_on_sale()
    before = sum(one.holds for one in found.audits[-1:])
    requests = _hold_requests(organiser, plan_id, seat_ids, seed=connections)
    holds_path, trivial_path = f"/seating-plans/{plan_id}/holds", f"/benchmarks/{plan_id}/trivial"
    trivial = [request.replace(holds_path, trivial_path) for request in requests]
    bench.run(settle(admin_url, "seats"))
    limits: list[Times] = []
    holds: list[Loaded] = []
    for part in batched(requests, len(requests) // (2 if connections == COMPARED else 1), strict=True):
        if not bench.run(background_work_done(admin_url)):
            bench.say("events are still being published beside the trivial POST")
        limits.append(_loaded(server, connections, bench.seconds, trivial, again=True).times)
        holds.append(_loaded(server, connections, bench.seconds, list(part), again=False))
    together = Times.together([one.times for one in holds])
    found.lines.append(Line(scenario=server.trivial, measured=Times.together(limits).measured()))
    found.lines.append(Line(scenario=server.holds, seats=SEATS, measured=together.measured()))
    found.audits.append(
        bench.run(
            audit(
                admin_url,
                what=f"{server.holds}, {connections} connections",
                seats=(len(found.audits) + 1) * SEATS,
                holds=before + sum(sum(one.statuses.values()) for one in holds),
            )
        )
    )


def _loaded(server: _Server, connections: int, seconds_max: float, requests: list[str], *, again: bool) -> Loaded:
    load = Load(port=server.port, connections=connections, seconds_max=seconds_max, requests=requests, again=again)
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


def _hold_requests(organiser: Organiser, plan_id: str, seat_ids: list[UUID], *, seed: int) -> list[str]:
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


def _databases(postgres: PostgresServer) -> dict[str, str]:
    """Return the settings that name our PostgreSQL, and set no budget of holds."""
    # Guests here hold more often than any buyer would.
    environment = {"FAIRSEAT_SEATING_HOLD_BUDGET_PER_ACCOUNT": "0", "FAIRSEAT_SEATING_HOLD_BUDGET_PER_ADDRESS": "0"}
    environment["FAIRSEAT_STRIPE_CONNECT"] = "off"
    for name in DATABASES:
        database = postgres.named(f"{name}_db")
        environment |= {
            f"FAIRSEAT_{name.upper()}_DATABASE_URL": database.app_url,
            f"FAIRSEAT_{name.upper()}_DATABASE_RELAY_URL": database.relay_url,
            f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL": database.admin_url,
        }
    return environment


def _read(path: Path) -> dict[str, str]:
    """Return the settings that `fairseat up` keeps for the other commands."""
    return dict(word.split("=", 1) for word in shlex.split(path.read_text()))


@contextmanager
def _running(folder: Path, command: str, port: int, environment: dict[str, str], *options: str) -> Iterator[None]:
    """Run a command of Fairseat, with the trivial route, while the block lasts."""
    output = folder / f"{command}.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server", command, "--port", str(port), *options],
            cwd=ROOT,
            env=clean_environment(**environment),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + READY_TIMEOUT_S
            while b" 200 " not in reply(port, _LIVE.encode()):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"`fairseat {command}` did not get ready:\n{output.read_text()}")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(30)
