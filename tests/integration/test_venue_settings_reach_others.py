"""What an organiser changes at a venue is what other contexts, and other processes, are told of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from adapters.cached.venues import CachedVenues
from adapters.inprocess.venues import InProcessVenues
from adapters.memory.clock import MemoryClock
from adapters.postgres.migrator import Database
from adapters.postgres.sessions import create_engine
from adapters.postgres.venues import PostgresVenueTransactions
from adapters.redis.cache import RedisCache
from adapters.redis.client import redis_client
from adapters.redis.locks import RedisLocks
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from core.venues.settings import VenueSettings
from core.venues.venue import Address, Venue, VenueFacts
from ports.events import Delivery
from ports.published.refusals import RefusedError
from ports.published.venues import VenueSettingsChanged, VenueSummary
from ports.venues import RememberedVenues
from usecases.venues.create_venue import CreateVenue
from usecases.venues.delete_venue import DeleteVenue
from usecases.venues.forget_changed_venue import ForgetChangedVenue
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings
from usecases.venues.update_venue import UpdateVenue

MANAGER = Caller(AccountId(uuid4()), TenantId(uuid4()), Role.MANAGER)


@dataclass
class Process:
    """One process of the venue service."""

    store: PostgresVenueTransactions
    remembered: RememberedVenues
    clock: MemoryClock

    def __post_init__(self) -> None:
        self.tune = TuneSettings(self.store, self.remembered, self.clock)
        self.read = ReadVenues(self.store, self.remembered)
        self.published = InProcessVenues(self.read, self.tune)

    async def summary(self, venue: Venue) -> VenueSummary:
        return await self.published.venue(tenant_id=MANAGER.tenant_id, venue_id=venue.id)


@pytest.fixture
async def processes(venue_db: Database, valkey_url: str) -> AsyncIterator[tuple[Process, Process]]:
    engine = create_engine(venue_db.app_url, connections_max=2)
    store, clock = PostgresVenueTransactions(engine, Uuid7Source()), MemoryClock()
    async with redis_client(valkey_url) as client:
        one, two = (
            Process(store, CachedVenues(RedisCache(client), RedisLocks(client), clock), clock) for _ in range(2)
        )
        yield one, two
    await engine.dispose()


@pytest.fixture
async def venue(processes: tuple[Process, Process]) -> Venue:
    """Return a venue that both processes have read and remember."""
    facts = VenueFacts("Arena", "Europe/Berlin", 100, Address("Weg 1", "Erfurt", "99084", "DE"))
    one, two = processes
    venue = await CreateVenue(one.store, one.clock, Uuid7Source())(facts, caller=MANAGER)
    for process in (one, two):
        assert (await process.summary(venue)).max_seats_per_order == 10
        assert await process.read.one(venue.id, tenant_id=MANAGER.tenant_id, fresh=False) == venue
    return venue


async def test_the_summary_of_a_venue_follows_its_settings(processes: tuple[Process, Process], venue: Venue) -> None:
    one, two = processes
    await one.tune.change_venue(venue.id, VenueSettings(4, "warn"), expected_version=1, caller=MANAGER)
    for process in (two, one):
        after = await process.summary(venue)
        assert (after.max_seats_per_order, after.orphan_rule) == (4, "warn")


async def test_the_summary_of_a_venue_follows_its_facts_and_its_end(
    processes: tuple[Process, Process], venue: Venue
) -> None:
    one, two = processes
    smaller = VenueFacts("Arena", "Europe/Berlin", 80, venue.facts.address)
    change = UpdateVenue(one.store, one.remembered, one.clock)
    await change(venue.id, lambda _: smaller, expected_version=1, caller=MANAGER)
    assert [(await process.summary(venue)).capacity for process in (two, one)] == [80, 80]
    await DeleteVenue(one.store, one.remembered, one.clock)(venue.id, caller=MANAGER)
    for process in (two, one):
        with pytest.raises(RefusedError):
            await process.summary(venue)


async def test_the_event_tells_what_who_died_after_the_change_could_not(
    processes: tuple[Process, Process], venue: Venue
) -> None:
    one, two = processes
    async with one.store.begin(MANAGER.tenant_id) as tx:
        await tx.settings.save_for_venue(venue.id, VenueSettings(4, "warn", 2), at=one.clock.now())
    assert (await two.summary(venue)).max_seats_per_order == 10, "nobody was told yet"
    delivery = Delivery(event_id=uuid4(), tenant_id=MANAGER.tenant_id)
    await ForgetChangedVenue(one.remembered)(VenueSettingsChanged(venue_id=venue.id), delivery)
    assert [(await process.summary(venue)).max_seats_per_order for process in (two, one)] == [4, 4]


async def test_who_asks_for_what_is_now_gets_no_memory(processes: tuple[Process, Process], venue: Venue) -> None:
    one, two = processes
    async with one.store.begin(MANAGER.tenant_id) as tx:
        await tx.venues.delete(venue.id, at=one.clock.now())
    assert await two.read.one(venue.id, tenant_id=MANAGER.tenant_id, fresh=False) == venue
    with pytest.raises(Exception, match="no such venue"):
        await two.read.one(venue.id, tenant_id=MANAGER.tenant_id, fresh=True)
