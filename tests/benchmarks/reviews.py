"""Ratings over HTTP: as they are kept of a venue with 100,000 reviews, beside one with 1,000, and beside counting them.

Each venue has a content_db of its own, and a `fairseat serve` that reads it. The ratings are made by the store that
keeps them in a running service: its count by the pipeline is timed apart, once for each venue, since the embedded
server, which is no MongoDB, takes its time for it. The databases are those of the MongoDB that
FAIRSEAT_TEST_MONGODB_URL names, or of two embedded servers.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

import httpx
from rich.table import Table

from adapters.embedded.readiness import free_port
from adapters.mongo.client import Database, database_of
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.review_ratings import MongoRatings
from core.reviews.ratings import VenueRatings
from core.shared.ids import TenantId, VenueId
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.bench import Bench
from tests.benchmarks.instances import databases, fairseat, kept_settings
from tests.benchmarks.load import Load
from tests.benchmarks.organiser import Organiser
from tests.benchmarks.over_http import loaded
from tests.benchmarks.results import Figure, Line, Part
from tests.benchmarks.reviews_seed import PATIENCE_S, SECTIONS, Place, Seed, filled
from tests.reviews_builders import NOON

FEW = 1_000
NUMBER, NUMBER_QUICK = 100_000, 5_000
CONNECTIONS = (1, 8)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How long the ratings of a venue took to be counted, and to be counted and kept."""

    counted_s: float
    rebuilt_s: float


@dataclass(frozen=True, slots=True)
class _Venue:
    number: int
    port: int
    path: str
    rebuilt: Rebuilt


class _TimedRatings(MongoRatings):
    """The ratings, with a note of how long the pipeline took, and as much patience as the other clients have here."""

    count_max = timedelta(seconds=PATIENCE_S)

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.counted_s = 0.0

    @override
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        begun = time.perf_counter()
        counted = await super().count(tenant_id, venue_id, now=now)
        self.counted_s = time.perf_counter() - begun
        return counted


def measure_reviews(bench: Bench) -> Part:
    """Measure rebuilding the ratings of both venues, then reading them in turn; the ratio is printed, and a figure."""
    bench.say("starting `fairseat up`")
    folder = bench.folder / "reviews"
    folder.mkdir()
    port, environment, part = free_port(), databases(bench.postgres), Part(lines=[])
    with (
        fairseat(folder, "up", port, environment, "--folder", str(folder / "data")),
        Organiser(port) as organiser,
        ExitStack() as stack,
    ):
        environment |= kept_settings(folder / "data")
        few, many = (
            stack.enter_context(_serving(bench, organiser, environment, number))
            for number in (FEW, NUMBER_QUICK if bench.quick else NUMBER)
        )
        server = "MongoDB" if os.environ.get("FAIRSEAT_TEST_MONGODB_URL") else "the embedded server (no MongoDB)"
        table = Table("what", "reviews", "callers", title=f"Ratings of a venue, on {server}", title_justify="left")
        for heading in ("a second", "p50 ms", "p99 ms", f"of that of {FEW:,}"):
            table.add_column(heading, justify="right")
        for connections in CONNECTIONS:
            _compare(bench, organiser, few, many, part, table, connections=connections)
    for venue in (few, many):
        counted_s, rebuilt_s = venue.rebuilt.counted_s, venue.rebuilt.rebuilt_s
        for scenario, taken_s in ((s.RATINGS_COUNTED, counted_s), (s.RATINGS_REBUILT, rebuilt_s)):
            part.figures.append(Figure(name=s.of_reviews(scenario, venue.number), value=taken_s, unit="seconds"))
            table.add_row(scenario, f"{venue.number:,}", "1", f"{1 / taken_s:,.3f}", f"{taken_s * 1000:,.0f}", "", "")
    bench.console.print(table)
    return part


@contextmanager
def _serving(bench: Bench, organiser: Organiser, environment: dict[str, str], number: int) -> Iterator[_Venue]:
    """Fill a database and rebuild its ratings; they are served while the block lasts."""
    folder = bench.folder / f"reviews-{number}"
    folder.mkdir()
    seed = Seed(TenantId(UUID(organiser.organisation_id)), VenueId(UUID(organiser.venue_id)), number)
    begun = time.perf_counter()
    with filled(bench.run, folder / "mongo", seed) as place:
        bench.say(f"{number:,} reviews were written ({time.perf_counter() - begun:.0f} s of preparation)")
        rebuilt = bench.run(rebuild(place, seed))
        bench.say(f"{s.RATINGS_REBUILT}: {rebuilt.rebuilt_s:.1f} s, of which the pipeline {rebuilt.counted_s:.1f} s")
        given = {"FAIRSEAT_CONTENT_DATABASE_URL": place.url, "FAIRSEAT_CONTENT_DATABASE_NAME": place.name}
        port = free_port()
        with fairseat(folder, "serve", port, environment | given):
            path = f"/api/v1/venues/{seed.venue_id}/ratings"
            headers = {"Authorization": organiser.http.headers["Authorization"]}
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=60).raise_for_status().json()
            if (answer["count"], len(answer["sections"])) != (number, SECTIONS):
                raise RuntimeError(f"not the ratings that were kept: {answer}")
            yield _Venue(number, port, path, rebuilt)


async def rebuild(place: Place, seed: Seed) -> Rebuilt:
    """Count and keep the ratings; raises RuntimeError unless what is kept is what the reviews say."""
    async with place.client() as client:
        database = database_of(client, place.name)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        ratings = _TimedRatings(database)
        begun = time.perf_counter()
        if not await ratings.refresh(seed.tenant_id, seed.venue_id, now=NOON):
            raise RuntimeError("somebody else keeps these ratings")
        rebuilt_s = time.perf_counter() - begun
        kept = await ratings.get(seed.tenant_id, seed.venue_id)
    if kept is None or kept.sections != seed.tallies or kept.whole.overall.count != seed.number:
        raise RuntimeError("the kept ratings are not what the reviews say")
    return Rebuilt(ratings.counted_s, rebuilt_s)


def _compare(
    bench: Bench, organiser: Organiser, few: _Venue, many: _Venue, part: Part, table: Table, *, connections: int
) -> None:
    bench.say(f"{connections} callers: {s.RATINGS_READ}, {many.number:,} reviews beside {few.number:,}")
    token = organiser.http.headers["Authorization"]
    rounds = [[_times(bench, venue, token, connections) for venue in (few, many)] for _ in range(bench.rounds)]
    beside, reads = (Times.together([each[side] for each in rounds]).measured() for side in (0, 1))
    ratio = reads.rate / beside.rate
    for venue, one, shown in ((few, beside, "1"), (many, reads, f"{ratio:.2f}")):
        scenario = s.of_reviews(s.RATINGS_READ, venue.number)
        part.lines.append(Line(scenario=scenario, measured=one))
        figures = (f"{one.rate:,.0f}", f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}", shown)
        table.add_row(s.RATINGS_READ, f"{venue.number:,}", str(connections), *figures)
    name = f"{s.of_reviews(s.RATINGS_READ, many.number)}, callers: {connections}, beside {few.number:,}"
    part.figures.append(Figure(name=name, value=ratio, unit="times"))
    counts = reads.rate * many.rebuilt.counted_s
    name = f"{s.of_reviews(s.RATINGS_READ, many.number)}, callers: {connections}, beside {s.RATINGS_COUNTED}"
    part.figures.append(Figure(name=name, value=counts, unit="times"))


def _times(bench: Bench, venue: _Venue, token: str, connections: int) -> Times:
    asked = f"GET {venue.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n\r\n"
    load = Load(port=venue.port, connections=connections, seconds_max=bench.seconds, requests=[asked], again=True)
    return loaded(load).times
