"""The reviews that the benchmark writes into the embedded server's file are reviews as any others."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.mongo.client import database_of
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.reviews import REVIEWS, MongoReviewStore
from core.reviews.looking import ReviewFilter, ReviewOrder
from core.reviews.review import ReviewStatus
from core.shared.ids import AccountId, TenantId, TicketId, VenueId
from ports.reviews import ReviewPageRequest
from tests.benchmarks.reviews import rebuild
from tests.benchmarks.reviews_seed import Place, Seed, filled, rows_like, stored

NUMBER = 60


def test_written_reviews_are_counted_found_and_refused_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIRSEAT_TEST_MONGODB_URL", raising=False)
    seed = Seed(TenantId(uuid7()), VenueId(uuid7()), NUMBER)
    with asyncio.Runner() as runner:

        def run[T](work: Coroutine[Any, Any, T]) -> T:
            return runner.run(work)

        with filled(run, tmp_path / "mongo", seed) as place:
            rebuilt = run(rebuild(place, seed))
            run(_are_reviews(place, seed))
    assert 0 < rebuilt.counted_s <= rebuilt.rebuilt_s
    assert sum(tally.overall.count for tally in seed.tallies.values()) == NUMBER


async def _are_reviews(place: Place, seed: Seed) -> None:
    async with place.client() as client:
        database = database_of(client, place.name)
        await prepare_documents(database, CONTENT_DOCUMENTS)
        store = MongoReviewStore(database)
        wanted = ReviewFilter(venue_id=seed.venue_id, statuses=frozenset({ReviewStatus.PUBLISHED}))
        page = await store.page(seed.tenant_id, wanted, ReviewPageRequest(NUMBER, ReviewOrder.NEWEST, None))
        assert len({review.account_id for review in page.items}) == len(page.items) == NUMBER
        first = page.items[0]
        account_id, ticket_id = AccountId(first.account_id), TicketId(first.ticket_id)
        assert await store.get(seed.tenant_id, first.id) == first
        assert await store.of_person(seed.tenant_id, account_id, ticket_id) == first
        assert not await store.add(seed.tenant_id, first)
        assert await database.get_collection(REVIEWS).count_documents({}) == NUMBER


def test_a_row_that_is_written_in_another_way_is_refused() -> None:
    one, other = UUID(int=1), UUID(int=2)
    key, document = f"UUID('{one}')", f'{{"_id":{{"$mongoeco":{{"type":"uuid","value":"{one}"}}}},"overall":4}}'
    assert list(rows_like(key, document, iter([{"_id": other, "overall": 5}]))) == [
        (f"UUID('{other}')", document.replace(str(one), str(other)).replace("4}", "5}"))
    ]
    assert stored("Gala") == "Gala"
    for otherwise in (document.replace("uuid", "id"), document.replace("$mongoeco", "$uuid"), '{"_id":1,"overall":4}'):
        with pytest.raises(RuntimeError, match="in another way"):
            list(rows_like(key, otherwise, iter([{"_id": other, "overall": 5}])))
    for members in ({"_id": other, "marks": 5}, {"_id": other, "overall": 5}):
        with pytest.raises(RuntimeError, match="in another way"):
            list(rows_like(key if "marks" in members else "another key", document, iter([members])))
