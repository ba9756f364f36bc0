"""What it costs to be watched: the trivial POST and holds, with each of logs, measurements and traces, and with all.

Every way has a process of its own (`fairseat serve`), and all stand beside one another, so that each line is taken in
turn with the others. Only who is asked works. Spans go to a stand-in for a collector, which reads and forgets them.
Beside the rates stands the processor time of an answer in the process that gives it, which other work on the machine
hardly changes.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import batched
from typing import override

from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.bench import Bench
from tests.benchmarks.hall import SEATS
from tests.benchmarks.instances import databases, fairseat, kept_settings, processor_s
from tests.benchmarks.load import Load
from tests.benchmarks.organiser import Organiser
from tests.benchmarks.over_http import hold_requests, loaded
from tests.benchmarks.results import Figure, Line, Part
from tests.benchmarks.settling import background_work_done, settle

CONNECTIONS = 32
NOBODY = "nobody watches"
_LOGS = {"FAIRSEAT_LOG_REQUESTS": "true", "FAIRSEAT_LOG_FORMAT": "json"}
_METRICS = {"FAIRSEAT_METRICS_ENABLED": "true"}


@dataclass(frozen=True, slots=True)
class _Served:
    port: int
    pid: int


def measure_sight(bench: Bench) -> Part:
    """Measure each way in turn, holds on a plan of its own."""
    bench.say("starting `fairseat up`")
    found = Part(lines=[], figures=[])
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
        served: dict[str, _Served] = {}
        for place, (way, variables) in enumerate(_ways(collector).items()):
            own = folder / str(place)
            own.mkdir()
            port = free_port()
            pid = processes.enter_context(fairseat(own, "serve", port, settings | variables))
            served[way] = _Served(port, pid)
        _measure(bench, organiser, served, found)
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


def _measure(bench: Bench, organiser: Organiser, served: Mapping[str, _Served], found: Part) -> None:
    admin_url = bench.postgres.named("venue_db").admin_url
    requests: dict[str, list[tuple[str, ...]]] = {}
    plans: dict[str, str] = {}
    for seed, way in enumerate(served):
        bench.say(f"a plan for: {way}")
        plans[way], seat_ids = organiser.plan_on_sale()
        written = hold_requests(organiser, plans[way], seat_ids, seed=seed)
        requests[way] = list(batched(written, len(written) // bench.rounds, strict=False))
    bench.run(settle(admin_url, "seats"))
    trivial: dict[str, list[_Taken]] = {way: [] for way in served}
    holds: dict[str, list[_Taken]] = {way: [] for way in served}
    for turn in range(bench.rounds):
        for way, process in served.items():
            part = list(requests[way][turn])
            path = f"/seating-plans/{plans[way]}/holds"
            same = [request.replace(path, f"/benchmarks/{plans[way]}/trivial") for request in part]
            if not bench.run(background_work_done(admin_url)):
                bench.say("events are still being published beside the trivial POST")
            trivial[way].append(_taken(bench, process, same, again=True))
            holds[way].append(_taken(bench, process, part, again=False))
    for what, lines, seats in ((s.HTTP_TRIVIAL, trivial, 0), (s.HTTP_HOLDS, holds, SEATS)):
        for way, taken in lines.items():
            name, measured = s.watched(what, way), Times.together([each.times for each in taken]).measured()
            found.lines.append(Line(scenario=name, seats=seats, measured=measured))
            answer_us = 1e6 * sum(each.processor_s for each in taken) / sum(each.answers for each in taken)
            found.figures.append(Figure(name=name, value=answer_us, unit=s.SIGHT_UNIT))


@dataclass(frozen=True, slots=True)
class _Taken:
    times: Times
    answers: int
    processor_s: float


def _taken(bench: Bench, process: _Served, requests: list[str], *, again: bool) -> _Taken:
    load = Load(port=process.port, connections=CONNECTIONS, seconds_max=bench.seconds, requests=requests, again=again)
    before_s = processor_s(process.pid)
    found = loaded(load)
    return _Taken(found.times, sum(found.statuses.values()), processor_s(process.pid) - before_s)


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
