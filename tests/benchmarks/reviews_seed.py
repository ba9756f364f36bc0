"""A content_db with so many reviews of one venue, on MongoDB or on the embedded server.

MongoDB is given them by its driver, in bulk. The embedded server takes each document of a bulk alone, and looks through
all that it has before it takes one, so twice as many take four times as long. So it is
given one review by the driver, as any client gives it; while it is stopped, that row is written down again and again in
its file, each time with the members that differ. SQLite keeps the indexes of the rows. Whoever counts them afterwards
must find what was noted here.
"""

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from adapters.embedded.mongo import EmbeddedMongo
from adapters.mongo.client import Client, Document, create_client, database_of
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.review_documents import ReviewDocument
from adapters.mongo.reviews import REVIEWS
from core.reviews.opinion import MARKS, RatingCategory
from core.reviews.ratings import MarkTally, Tally
from core.shared.ids import TenantId, VenueId
from tests.benchmarks.bench import Run
from tests.reviews_builders import a_review

SECTIONS = 20
PATIENCE_S = 600.0
"""The embedded server answers nobody else while it counts."""

_BATCH = 2_000
_DATABASE_FILE = "documents.sqlite"


@dataclass(frozen=True, slots=True)
class Seed:
    """Published reviews of a venue by different people: the members that differ, and what they come to by section."""

    tenant_id: TenantId
    venue_id: VenueId
    number: int
    tallies: dict[str | None, Tally] = field(default_factory=dict[str | None, Tally])

    def members(self) -> Iterator[Document]:
        """Yield the members of each review, and note its marks; to be gone through once."""
        chance = random.Random(self.number)
        for _ in range(self.number):
            section, overall = f"Section {chance.randrange(SECTIONS)}", chance.randint(1, 5)
            marks = {name: chance.randint(1, 5) for name in chance.sample(list(RatingCategory), 4)}
            self.tallies[section] = self.tallies.get(section, Tally()) + _tally(overall, marks)
            yield {
                "_id": uuid7(),
                "accountId": uuid4(),
                "ticketId": uuid4(),
                "section": section,
                "overall": overall,
                "categories": {name.value: mark for name, mark in marks.items()},
                "helpful": chance.randrange(100),
            }

    def one(self) -> Document:
        """Return a whole review, once documents are bound."""
        one: Document = ReviewDocument.of(self.tenant_id, a_review(venue_id=self.venue_id)).model_dump(by_alias=True)
        return one


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is."""

    url: str
    name: str

    def client(self) -> Client:
        """Return a client with much patience."""
        return create_client(self.url, connections_max=4, connect_timeout_s=PATIENCE_S, operation_timeout_s=PATIENCE_S)


@contextmanager
def filled(run: Run, folder: Path, seed: Seed) -> Iterator[Place]:
    """Fill a database, which is there while the block lasts: of the MongoDB that the tests are given, or in the folder.

    Raises RuntimeError when the embedded server keeps its rows in another way than was known here.
    """
    given = os.environ.get("FAIRSEAT_TEST_MONGODB_URL")
    name = f"bench_{uuid4().hex}"[:38]
    with ExitStack() as stack:
        if given:
            place = Place(given, name)
            stack.callback(lambda: run(_drop(place)))
            run(_write(place, seed))
        else:
            with EmbeddedMongo(folder) as server:
                run(_write_one(Place(server.url, name), seed))
            _copy(folder / _DATABASE_FILE, seed, database=name)
            place = Place(stack.enter_context(EmbeddedMongo(folder)).url, name)
        yield place


async def _write(place: Place, seed: Seed) -> None:
    async with place.client() as client:
        database = database_of(client, place.name)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        reviews = database.get_collection(REVIEWS)
        await reviews.drop_indexes()  # they are made again when all is written
        one = seed.one()
        for members in batched(seed.members(), _BATCH, strict=False):
            await reviews.insert_many([one | each for each in members], ordered=False)
        await prepare_documents(database, CONTENT_DOCUMENTS)


async def _write_one(place: Place, seed: Seed) -> None:
    async with place.client() as client:
        database = database_of(client, place.name)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        await database.get_collection(REVIEWS).insert_one(seed.one())


async def _drop(place: Place) -> None:
    async with place.client() as client:
        await client.drop_database(place.name)


def _copy(file: Path, seed: Seed, *, database: str) -> None:
    """Put the reviews in place of the one that is there, in one transaction."""
    of_reviews = "from documents where db_name = ? and coll_name = ?"
    with closing(sqlite3.connect(file)) as connection, connection:
        rows: list[tuple[str, str]] = connection.execute(
            f"select storage_key, document {of_reviews}", (database, REVIEWS)
        ).fetchall()
        if len(rows) != 1:
            raise RuntimeError(f"the embedded server wrote {len(rows)} rows for one review")
        connection.execute(f"delete {of_reviews}", (database, REVIEWS))
        connection.executemany(
            "insert into documents (db_name, coll_name, storage_key, document) values (?, ?, ?, ?)",
            ((database, REVIEWS, key, document) for key, document in rows_like(*rows[0], seed.members())),
        )


def rows_like(key: str, document: str, members: Iterator[Document]) -> Iterator[tuple[str, str]]:
    """Yield key and document of a row like this one for each review with these members.

    Raises RuntimeError when the row does not have each of them, written as it is known here.
    """
    whole = json.loads(document)
    old_id = str(_plain(whole["_id"]))
    for each in members:
        if not each.keys() <= whole.keys() or old_id not in key or stored(UUID(old_id)) != whole["_id"]:
            raise RuntimeError("the embedded server writes a review in another way")
        changed = {name: stored(value) for name, value in each.items()}
        yield (
            key.replace(old_id, str(each["_id"])),
            json.dumps(whole | changed, separators=(",", ":"), ensure_ascii=False),
        )


def stored(value: object) -> object:
    """Return how the embedded server writes a value: ids have a kind, and the rest of ours is as in JSON."""
    return {"$mongoeco": {"type": "uuid", "value": str(value)}} if isinstance(value, UUID) else value


def _plain(value: object) -> object:
    match value:
        case {"$mongoeco": {"value": plain}}:
            return plain
        case _:
            raise RuntimeError("the embedded server writes an id in another way")


def _tally(overall: int, marks: dict[RatingCategory, int]) -> Tally:
    one, two, three, four, five = (int(overall == mark) for mark in MARKS)
    categories = {name: MarkTally(1, mark) for name, mark in marks.items()}
    return Tally(MarkTally(1, overall), (one, two, three, four, five), categories)
