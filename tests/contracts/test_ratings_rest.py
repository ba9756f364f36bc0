"""A venue rests between two counts of its ratings, the longer the more there is to count; what is due stays due."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.reviews import MemoryRatings, MemoryReviewStore
from adapters.mongo.client import create_client, database_of
from adapters.mongo.content import prepare_documents
from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.reviews import REVIEW_DOCUMENTS, MongoReviewStore
from core.reviews.ratings import COUNT_MAX, VenueRatings
from core.shared.ids import TenantId, VenueId
from ports.reviews import RatingsStore, ReviewStore, VenueInTenant
from ports.stores import StoreUnavailableError
from tests.mongo_databases import fresh_database
from tests.reviews_builders import NOON, a_review
from usecases.reviews.venue_ratings import RebuildRatings, RefreshRatings

TENANT, OTHER = TenantId(uuid7()), TenantId(uuid7())
VENUE, QUIET = VenueId(uuid7()), VenueId(uuid7())


class Died(BaseException):
    """The process of a worker is gone."""


@dataclass
class Slow(RatingsStore):
    """Counts of VENUE take their time, by the clock of the test; some fail, and some workers die of them."""

    inner: RatingsStore
    clock: MemoryClock
    takes_s: float = 0
    fails: BaseException | None = None
    counts: list[VenueId] = field(default_factory=list[VenueId])

    @override
    async def refresh(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        self.counts.append(venue_id)
        if venue_id == VENUE:
            self.clock.move(seconds=self.takes_s)
            if self.fails is not None:
                raise self.fails
        return await self.inner.refresh(tenant_id, venue_id, now=now)

    @override
    async def get(self, tenant_id: TenantId, venue_id: VenueId) -> VenueRatings | None:
        return await self.inner.get(tenant_id, venue_id)

    @override
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        return await self.inner.count(tenant_id, venue_id, now=now)

    @override
    async def begin(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        return await self.inner.begin(tenant_id, venue_id, now=now)

    @override
    async def ended(self, tenant_id: TenantId, venue_id: VenueId, *, began: datetime, now: datetime) -> None:
        await self.inner.ended(tenant_id, venue_id, began=began, now=now)

    @override
    async def due(self, *, now: datetime, venues_max: int) -> Sequence[VenueInTenant]:
        return await self.inner.due(now=now, venues_max=venues_max)

    @override
    async def venues(self, *, venue_id: VenueId | None) -> Sequence[VenueInTenant]:
        return await self.inner.venues(venue_id=venue_id)


@dataclass
class House:
    reviews: ReviewStore
    store: RatingsStore
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOON))

    def __post_init__(self) -> None:
        self.ratings = Slow(self.store, self.clock)
        self.refresh = RefreshRatings(self.ratings, self.clock)

    async def review(self, venue_id: VenueId = VENUE, *, tenant_id: TenantId = TENANT) -> None:
        assert await self.reviews.add(tenant_id, a_review(venue_id=venue_id))

    async def due(self) -> list[VenueId]:
        return [each.venue_id for each in await self.store.due(now=self.clock.now(), venues_max=9)]

    async def told(self) -> int:
        """Return how many reviews the kept ratings of VENUE tell of."""
        kept = await self.store.get(TENANT, VENUE)
        return kept.whole.overall.count if kept is not None else 0

    def at(self, seconds: float) -> None:
        self.clock.moment = NOON + timedelta(seconds=seconds)


@pytest.fixture(params=["memory", "mongodb"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    if request.param == "memory":
        reviews = MemoryReviewStore()
        yield House(reviews, MemoryRatings(reviews))
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_documents(database, REVIEW_DOCUMENTS)
        yield House(MongoReviewStore(database), MongoRatings(database))


@pytest.mark.parametrize(("takes_s", "rests_s"), [(0, 1), (0.05, 1), (3, 60), (3600, 20 * COUNT_MAX.total_seconds())])
async def test_a_venue_is_counted_once_in_twenty_times_what_its_last_count_took_and_in_a_second(
    house: House, takes_s: float, rests_s: float
) -> None:
    house.ratings.takes_s = takes_s
    await house.review()
    assert await house.refresh() == 1
    await house.review()

    house.at(rests_s - 0.001)
    assert await house.due() == []
    assert (await house.refresh(), await house.told()) == (0, 1)

    house.at(rests_s)
    assert await house.due() == [VENUE]
    assert (await house.refresh(), await house.told()) == (1, 2)
    kept = await house.store.get(TENANT, VENUE)
    assert kept is not None and kept.counted_at == NOON + timedelta(seconds=rests_s)
    house.at(10 * rests_s + takes_s)
    assert await house.due() == []


async def test_a_venue_that_rests_keeps_no_other_from_its_turn(house: House) -> None:
    await house.review()
    assert await house.refresh() == 1
    for tenant_id, venue_id in ((TENANT, VENUE), (OTHER, VENUE), (TENANT, QUIET)):
        await house.review(venue_id, tenant_id=tenant_id)

    others = sorted([VenueInTenant(OTHER, VENUE), VenueInTenant(TENANT, QUIET)])
    assert list(await house.store.due(now=NOON, venues_max=2)) == others
    assert len(await house.store.due(now=NOON, venues_max=1)) == 1
    assert await house.refresh() == 2


async def test_of_many_who_begin_one_counts_and_while_it_rests_nobody(house: House) -> None:
    assert await house.store.refresh(TENANT, QUIET, now=NOON)  # so there are ratings that tell of no rest
    for venue_id in (VENUE, QUIET):
        for moment in (NOON, NOON + timedelta(seconds=1)):
            begun = await asyncio.gather(*(house.store.begin(TENANT, venue_id, now=moment) for _ in range(8)))
            assert sum(begun) == 1
    assert await house.store.begin(OTHER, VENUE, now=NOON)
    assert await house.store.get(TENANT, VENUE) is None


async def test_what_a_worker_dies_of_is_due_again_when_the_venue_has_rested_as_its_last_count_demands(
    house: House,
) -> None:
    await house.review()
    house.ratings.fails = Died()
    with pytest.raises(Died):
        await house.refresh()
    assert await house.due() == []
    house.at(1)
    house.ratings.fails, house.ratings.takes_s = None, 2
    assert (await house.refresh(), await house.told()) == (1, 1)

    await house.review()
    house.at(41)
    house.ratings.fails = Died()
    with pytest.raises(Died):
        await house.refresh()
    house.ratings.fails = None
    house.at(80.999)
    assert (await house.refresh(), await house.told()) == (0, 1)
    house.at(81)
    assert (await house.refresh(), await house.told()) == (1, 2)


async def test_a_venue_that_cannot_be_counted_rests_and_the_others_are_counted(house: House) -> None:
    for venue_id in (VENUE, QUIET):
        await house.review(venue_id)
    house.ratings.takes_s, house.ratings.fails = 5, StoreUnavailableError("it took too long")
    with pytest.raises(StoreUnavailableError):
        await house.refresh()

    assert sorted(house.ratings.counts) == sorted([VENUE, QUIET])
    house.at(99.999)
    assert await house.due() == []
    house.at(100)
    house.ratings.fails = None
    assert (await house.refresh(), await house.told()) == (1, 1)


async def test_a_run_that_took_long_leaves_the_rest_to_the_next(house: House) -> None:
    last = VenueId(max(uuid7(), VENUE, QUIET))
    for venue_id in (VENUE, last):
        await house.review(venue_id)
    house.ratings.takes_s = 30.001
    assert (await house.refresh(), house.ratings.counts) == (1, [VENUE])
    assert await house.due() == [last]
    assert (await house.refresh(), house.ratings.counts) == (1, [VENUE, last])


async def test_a_rebuild_waits_for_no_rest_and_the_venue_rests_after_it(house: House) -> None:
    await house.review()
    assert await house.refresh() == 1
    await house.review()
    house.ratings.takes_s = 2
    rebuilt = [each async for each in RebuildRatings(house.ratings, house.clock)(VENUE)]
    assert [venue.venue_id for venue, _ in rebuilt] == [VENUE]
    assert await house.told() == 2
    await house.review()
    house.at(39.999)
    assert await house.due() == []
    house.at(40)
    assert await house.due() == [VENUE]


class _Hurried(MongoRatings):
    """Counts in no time, or not at all."""

    count_max = timedelta(microseconds=1)


async def test_a_count_has_more_time_than_any_other_operation_and_not_for_ever(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as given:
        await prepare_documents(given, REVIEW_DOCUMENTS)
        reviews = MongoReviewStore(given)
        for _ in range(100):
            assert await reviews.add(TENANT, a_review(venue_id=VENUE))
        async with create_client(mongodb_url, connections_max=1, operation_timeout_s=0.001) as hurried:
            counted = await MongoRatings(database_of(hurried, given.name)).count(TENANT, VENUE, now=NOON)
        assert counted.whole.overall.count == 100
        with pytest.raises(StoreUnavailableError):
            await _Hurried(given).count(TENANT, VENUE, now=NOON)
