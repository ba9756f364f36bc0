"""Ratings of a venue: read as they are kept, beside counting its reviews by the pipeline each time.

Both go through the stores, with 100,000 reviews on the MongoDB that FAIRSEAT_TEST_MONGODB_URL names. Without one it is
the embedded server that answers, which is no MongoDB: each document that it is given takes it longer than the one
before, so it gets 1,000, and what is found there says nothing of MongoDB. Reviews are written in bulk beforehand.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from uuid import uuid4

from rich.table import Table
from uuid_utils.compat import uuid7

from adapters.embedded.mongo import EmbeddedMongo
from adapters.mongo.client import Database, Document, create_client, database_of
from adapters.mongo.content import prepare_documents
from adapters.mongo.review_documents import ReviewDocument
from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.reviews import REVIEW_DOCUMENTS, REVIEWS
from core.reviews.opinion import RatingCategory
from core.shared.ids import TenantId, VenueId
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.bench import Bench
from tests.benchmarks.results import Figure, Line, Part
from tests.reviews_builders import NOON, a_review

NUMBER, NUMBER_QUICK = 100_000, 10_000
NUMBER_EMBEDDED, NUMBER_EMBEDDED_QUICK = 1_000, 400
CALLERS = (1, 8)
SECTIONS = 20
BATCH, BATCH_EMBEDDED = 2_000, 100
COUNTS_MIN = 3
"""How often the pipeline counts at least, however long that takes."""

_PATIENCE_S = 120.0
TENANT, VENUE = TenantId(uuid7()), VenueId(uuid7())


def measure_reviews(bench: Bench) -> Part:
    """Measure reads of kept ratings beside counts by the pipeline, and how long it takes to rebuild them."""
    return bench.run(_measure(bench))


async def _measure(bench: Bench) -> Part:
    real = bool(os.environ.get("FAIRSEAT_TEST_MONGODB_URL"))
    sizes = (NUMBER, NUMBER_QUICK) if real else (NUMBER_EMBEDDED, NUMBER_EMBEDDED_QUICK)
    number = sizes[bench.quick]
    async with _database() as database:
        begun = time.perf_counter()
        await _write(database, number, batch=BATCH if real else BATCH_EMBEDDED)
        await prepare_documents(database, REVIEW_DOCUMENTS)
        bench.say(f"{number:,} reviews were written ({time.perf_counter() - begun:.0f} s of preparation)")
        ratings = MongoRatings(database)
        begun = time.perf_counter()
        if not await ratings.refresh(TENANT, VENUE, now=NOON):
            raise RuntimeError("somebody else keeps these ratings")
        rebuilt_s = time.perf_counter() - begun
        kept, counted = await ratings.get(TENANT, VENUE), await ratings.count(TENANT, VENUE, now=NOON)
        if kept != counted or counted.whole.overall.count != number:
            raise RuntimeError("the kept ratings are not what the reviews say")
        part = Part(
            lines=[], figures=[Figure(name=f"{s.RATINGS_REBUILT}, {number:,} reviews", value=rebuilt_s, unit="seconds")]
        )
        server = "MongoDB" if real else "the embedded server (no MongoDB)"
        title = f"Ratings of a venue with {number:,} reviews in {SECTIONS} sections, on {server}"
        table = Table("what", "callers", title=title, title_justify="left")
        for heading in ("a second", "p50 ms", "p99 ms", "times the pipeline"):
            table.add_column(heading, justify="right")
        for callers in CALLERS:
            await _compare(bench, ratings, part, table, callers=callers)
    table.add_row(s.RATINGS_REBUILT, "1", f"{1 / rebuilt_s:,.2f}", f"{rebuilt_s * 1000:,.0f}", "", "")
    bench.console.print(table)
    return part


async def _compare(bench: Bench, ratings: MongoRatings, part: Part, table: Table, *, callers: int) -> None:
    async def read() -> object:
        return await ratings.get(TENANT, VENUE)

    async def count() -> object:
        return await ratings.count(TENANT, VENUE, now=NOON)

    bench.say(f"{callers} callers: {s.RATINGS_READ}, beside {s.RATINGS_COUNTED}")
    rounds = [
        (
            await _times(read, callers=callers, seconds=bench.seconds, times_min=1),
            await _times(count, callers=callers, seconds=bench.seconds, times_min=COUNTS_MIN),
        )
        for _ in range(bench.rounds)
    ]
    reads, counts = (Times.together([each[side] for each in rounds]).measured() for side in (0, 1))
    ratio = reads.rate / counts.rate
    for scenario, one, beside in ((s.RATINGS_READ, reads, f"{ratio:,.1f}"), (s.RATINGS_COUNTED, counts, "1")):
        part.lines.append(Line(scenario=scenario, measured=one))
        table.add_row(scenario, str(callers), f"{one.rate:,.1f}", f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}", beside)
    name = f"{s.RATINGS_READ}, callers: {callers}, beside {s.RATINGS_COUNTED}"
    part.figures.append(Figure(name=name, value=ratio, unit="times"))


async def _times(work: Callable[[], Awaitable[object]], *, callers: int, seconds: float, times_min: int) -> Times:
    """Let so many callers do the work one time after another, for so long and so often at least together."""
    each_s: list[float] = []
    begun = time.perf_counter()

    async def call() -> None:
        while time.perf_counter() - begun < seconds or len(each_s) < times_min:
            asked = time.perf_counter()
            await work()
            each_s.append(time.perf_counter() - asked)

    await asyncio.gather(*(call() for _ in range(callers)))
    return Times(callers, each_s, time.perf_counter() - begun)


async def _write(database: Database, number: int, *, batch: int) -> None:
    await prepare_documents(database, REVIEW_DOCUMENTS)
    written = _documents(number)
    reviews = database.get_collection(REVIEWS)
    await reviews.drop_indexes()  # they are made again when all is written
    for first in range(0, number, batch):
        await reviews.insert_many([next(written) for _ in range(min(batch, number - first))], ordered=False)


def _documents(number: int) -> Iterator[Document]:
    """Yield published reviews of different people."""
    chance = random.Random(number)
    whole = ReviewDocument.of(TENANT, a_review(venue_id=VENUE)).model_dump(by_alias=True)
    for _ in range(number):
        yield whole | {
            "_id": uuid7(),
            "accountId": uuid4(),
            "ticketId": uuid4(),
            "section": f"Section {chance.randrange(SECTIONS)}",
            "overall": chance.randint(1, 5),
            "categories": {name.value: chance.randint(1, 5) for name in chance.sample(list(RatingCategory), 4)},
            "helpful": chance.randrange(100),
        }


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    given = os.environ.get("FAIRSEAT_TEST_MONGODB_URL")
    with nullcontext() if given else EmbeddedMongo(None) as server:
        url = given or (server.url if server else "")
        # The embedded server answers nobody, not even whoever asks if it is there, while it groups.
        async with create_client(url, connections_max=20, connect_timeout_s=_PATIENCE_S) as client:
            name = f"fairseat_bench_{uuid4().hex}"
            try:
                yield database_of(client, name)
            finally:
                await client.drop_database(name)
