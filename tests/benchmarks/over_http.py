"""Holds over HTTP: Fairseat in processes of its own, the load from another, everybody on this machine.

First one process does everything (`fairseat up`); then it goes on with the background work, and a second one serves the
API (`fairseat serve`). Both have one route more, which costs what HTTP costs without a hold.
"""

import subprocess
import sys
from dataclasses import dataclass
from itertools import batched
from uuid import UUID, uuid4

import msgspec

from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.audit import audit
from tests.benchmarks.bench import Bench
from tests.benchmarks.hall import SEATS, fours
from tests.benchmarks.instances import ROOT, databases, fairseat, kept_settings
from tests.benchmarks.load import Load, Loaded
from tests.benchmarks.organiser import GUESTS, Organiser
from tests.benchmarks.results import Line, Part
from tests.benchmarks.settling import background_work_done, settle

COMPARED = 64
OTHERS = (1, 8)


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
    environment = databases(bench.postgres)
    port = free_port()
    with fairseat(folder, "up", port, environment, "--folder", str(folder / "data")), Organiser(port) as organiser:
        up = _Server(port, s.HTTP_TRIVIAL_UP, s.HTTP_HOLDS_UP)
        if not bench.quick:
            _measure(bench, up, organiser, found, connections=COMPARED)
        settings = kept_settings(folder / "data")
        port = free_port()
        with fairseat(folder, "serve", port, environment | settings):
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
    requests = hold_requests(organiser, plan_id, seat_ids, seed=connections)
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
    return loaded(
        Load(port=server.port, connections=connections, seconds_max=seconds_max, requests=requests, again=again)
    )


def loaded(load: Load) -> Loaded:
    """Ask from a process of its own; raises RuntimeError unless every answer was a 2xx."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"],
        input=msgspec.json.encode(load),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        timeout=60 + 4 * load.seconds_max,
        check=True,
    )
    found = msgspec.json.decode(done.stdout, type=Loaded)
    if not all(status.startswith("2") for status in found.statuses):
        raise RuntimeError(f"not every request was granted: {found.statuses}, such as {found.refusal}")
    return found


def hold_requests(organiser: Organiser, plan_id: str, seat_ids: list[UUID], *, seed: int) -> list[str]:
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
