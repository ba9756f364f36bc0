"""What it costs to be watched: the trivial POST and holds, with each of logs, measurements and traces, and with all.

Every way has a process of its own (`fairseat serve`), and all stand beside one another, so that each line is taken in
turn with the others. Only who is asked works. Spans go to a stand-in for a collector, which reads and forgets them.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import batched
from typing import override

from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.bench import Bench
from tests.benchmarks.hall import SEATS
from tests.benchmarks.instances import databases, fairseat, kept_settings
from tests.benchmarks.load import Load
from tests.benchmarks.organiser import Organiser
from tests.benchmarks.over_http import hold_requests, loaded
from tests.benchmarks.results import Line, Part
from tests.benchmarks.settling import background_work_done, settle

CONNECTIONS = 32
NOBODY = "nobody watches"
_LOGS = {"FAIRSEAT_LOG_REQUESTS": "true", "FAIRSEAT_LOG_FORMAT": "json"}
_METRICS = {"FAIRSEAT_METRICS_ENABLED": "true"}


def measure_sight(bench: Bench) -> Part:
    """Measure each way in turn, holds on a plan of its own."""
    bench.say("starting `fairseat up`")
    found = Part(lines=[])
    folder = bench.folder / "sight"
    folder.mkdir()
    environment = databases(bench.postgres)
    port = free_port()
    with (
        _collector() as collector,
        fairseat(folder, "up", port, environment, "--folder", str(folder / "data")),
        Organiser(port) as organiser,
        ExitStack() as processes,
    ):
        settings = environment | kept_settings(folder / "data")
        ports: dict[str, int] = {}
        for place, (way, variables) in enumerate(_ways(collector).items()):
            ports[way] = free_port()
            own = folder / str(place)
            own.mkdir()
            processes.enter_context(fairseat(own, "serve", ports[way], settings | variables))
        _measure(bench, organiser, ports, found)
    return found


def _ways(collector: str) -> Mapping[str, dict[str, str]]:
    def traces(ratio: str) -> dict[str, str]:
        return {"FAIRSEAT_TRACING_ENDPOINT": collector, "FAIRSEAT_TRACING_SAMPLE_RATIO": ratio}

    return {
        NOBODY: {},
        "a log line a request": _LOGS,
        "measurements": _METRICS,
        "one trace in a hundred": traces("0.01"),
        "every trace": traces("1"),
        "all, one trace in a hundred": _LOGS | _METRICS | traces("0.01"),
    }


def _measure(bench: Bench, organiser: Organiser, ports: Mapping[str, int], found: Part) -> None:
    admin_url = bench.postgres.named("venue_db").admin_url
    trivial: dict[str, list[Times]] = {way: [] for way in ports}
    holds: dict[str, list[Times]] = {way: [] for way in ports}
    requests: dict[str, list[tuple[str, ...]]] = {}
    plans: dict[str, str] = {}
    for seed, way in enumerate(ports):
        bench.say(f"a plan for: {way}")
        plans[way], seat_ids = organiser.plan_on_sale()
        written = hold_requests(organiser, plans[way], seat_ids, seed=seed)
        requests[way] = list(batched(written, len(written) // bench.rounds, strict=False))
    bench.run(settle(admin_url, "seats"))
    for turn in range(bench.rounds):
        for way, port in ports.items():
            part = list(requests[way][turn])
            path = f"/seating-plans/{plans[way]}/holds"
            same = [request.replace(path, f"/benchmarks/{plans[way]}/trivial") for request in part]
            if not bench.run(background_work_done(admin_url)):
                bench.say("events are still being published beside the trivial POST")
            trivial[way].append(_times(bench, port, same, again=True))
            holds[way].append(_times(bench, port, part, again=False))
    for what, times, seats in ((s.HTTP_TRIVIAL, trivial, 0), (s.HTTP_HOLDS, holds, SEATS)):
        for way, taken in times.items():
            measured = Times.together(taken).measured()
            found.lines.append(Line(scenario=s.watched(what, way), seats=seats, measured=measured))


def _times(bench: Bench, port: int, requests: list[str], *, again: bool) -> Times:
    load = Load(port=port, connections=CONNECTIONS, seconds_max=bench.seconds, requests=requests, again=again)
    return loaded(load).times


@contextmanager
def _collector() -> Iterator[str]:
    """Take whatever is sent while the block lasts; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
