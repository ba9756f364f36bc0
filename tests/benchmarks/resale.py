"""Verdicts about resale over HTTP: one process (`fairseat up`), the load from another, everybody on this machine.

The limit beside it is `GET /health/live` of the same server, taken in turn: what it costs to be asked and to answer
anything. `python -m tests.benchmarks.verdicts` tells what the verdict itself costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import httpx
import msgspec
from rich.table import Table

from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.bench import Bench
from tests.benchmarks.instances import databases, fairseat
from tests.benchmarks.load import Load
from tests.benchmarks.organiser import Organiser
from tests.benchmarks.over_http import loaded
from tests.benchmarks.results import Figure, Line, Part

CONNECTIONS = (1, 8, 32)
CONNECTIONS_OF_BATCHES = (1, 8)
"""More would only wait longer: a batch keeps the process busy for as long as it has questions."""

BATCH = 100
SECONDS_MAX = 1.5
"""For each line, so that all of it ends within a minute however long the rounds of other parts are."""

GUESTS = 8
QUESTIONS = 1_000
PRICES_FROM_MINOR = 10_500
"""A cent more for each question: some ask for more than the 110.00 USD that Maine allows."""

_PATH = "/api/v1/resale/validate"


@dataclass(slots=True)
class _Found:
    part: Part
    table: Table = field(default_factory=Table)


def measure_resale(bench: Bench) -> Part:
    """Measure single questions and batches beside the limit; the ratios to it are printed, and are figures."""
    bench.say("starting `fairseat up`")
    folder = bench.folder / "resale"
    folder.mkdir()
    port = free_port()
    title = "POST /resale/validate, one process"
    found = _Found(Part(lines=[]), Table("what", "connections", title=title, title_justify="left"))
    for heading in ("answers a second", "verdicts a second", "p50 ms", "p99 ms", "of GET /health/live"):
        found.table.add_column(heading, justify="right")
    with (
        fairseat(folder, "up", port, databases(bench.postgres), "--folder", str(folder / "data")),
        Organiser(port) as organiser,
    ):
        guests = [organiser.guest() for _ in range(GUESTS)]
        _must_answer(port, guests[0])
        for connections in CONNECTIONS[1:2] if bench.quick else CONNECTIONS:
            _measure(bench, port, guests, found, connections=connections)
    bench.console.print(found.table)
    return found.part


def _measure(bench: Bench, port: int, guests: Sequence[dict[str, str]], found: _Found, *, connections: int) -> None:
    bench.say(f"{connections} connections: {s.RESALE_ONE}")
    seconds = min(bench.seconds, SECONDS_MAX)
    live = _times(port, connections, ["GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], seconds)
    _note(found, s.RESALE_LIVE, live, verdicts=0, live=live)
    questions = [_question(number) for number in range(QUESTIONS)]
    singly = [_post(_PATH, one, guest) for one, guest in zip(questions, cycle(guests), strict=False)]
    _note(found, s.RESALE_ONE, _times(port, connections, singly, seconds), verdicts=1, live=live)
    if connections in CONNECTIONS_OF_BATCHES:
        batches = [
            _post(f"{_PATH}/batch", {"items": list(islice(questions, first, first + BATCH))}, guest)
            for first, guest in zip(range(0, QUESTIONS, BATCH), cycle(guests), strict=False)
        ]
        _note(found, s.RESALE_BATCH, _times(port, connections, batches, seconds), verdicts=BATCH, live=live)


def _times(port: int, connections: int, requests: list[str], seconds: float) -> Times:
    return loaded(
        Load(port=port, connections=connections, seconds_max=seconds, requests=requests, again=True),
    ).times


def _note(found: _Found, scenario: str, times: Times, *, verdicts: int, live: Times) -> None:
    """Note a line; what it is beside the limit by its answers, and of a batch by its verdicts as well."""
    one, limit = times.measured(), live.measured()
    ratio = one.rate / limit.rate
    found.part.lines.append(Line(scenario=scenario, measured=one))
    if verdicts:
        name = f"{scenario}, connections: {one.callers}"
        found.part.figures.append(Figure(name=f"{name}, beside {s.RESALE_LIVE}", value=ratio, unit="times"))
        found.part.figures.append(Figure(name=name, value=one.rate * verdicts, unit="verdicts a second"))
    found.table.add_row(
        scenario,
        str(one.callers),
        f"{one.rate:,.0f}",
        f"{one.rate * verdicts:,.0f}" if verdicts else "",
        f"{one.p50_ms:.2f}",
        f"{one.p99_ms:.2f}",
        f"{ratio:.3f}",
    )


def _question(number: int) -> dict[str, object]:
    """Ask about a concert in Maine of which all is known, as a platform would that sells on what others issued."""
    usd = {"currency": "USD"}
    return {
        "event": {"startsAt": "2096-12-11T18:30:00Z", "kind": "concert", "country": "US", "subdivision": "US-ME"},
        "faceValue": usd | {"amount": 9_000},
        "fees": usd | {"amount": 800},
        "components": {"tax": usd | {"amount": 200}, "optional": usd | {"amount": 0}},
        "price": usd | {"amount": PRICES_FROM_MINOR + number},
        "buyerFees": usd | {"amount": 0},
        "transferCount": 1,
        "buyer": {"country": "US", "subdivision": "US-NY"},
        "reference": f"order {number}",
    }


def _post(path: str, body: object, headers: dict[str, str]) -> str:
    text = msgspec.json.encode(body).decode()
    given = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{given}"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    )


def _must_answer(port: int, headers: dict[str, str]) -> None:
    """Raise unless both ways give signed verdicts, the first one and the last one of them different."""
    ends = [_question(0), _question(QUESTIONS - 1)]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
        one = [http.post(_PATH, json=question).raise_for_status().json() for question in ends]
        many = http.post(f"{_PATH}/batch", json={"items": ends}).raise_for_status().json()["items"]
    verdicts = [*one, *(item["verdict"] for item in many)]
    if [verdict["allowed"] for verdict in verdicts] != [True, False] * 2 or not all(v["receipt"] for v in verdicts):
        raise RuntimeError(f"not the verdicts that were to be measured: {verdicts}")
