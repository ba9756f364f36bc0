"""What an organiser tunes at a venue is what other contexts are told of it."""

from uuid import uuid4

from adapters.inprocess.venues import InProcessVenues
from adapters.memory.clock import MemoryClock
from adapters.postgres.migrator import Database
from adapters.postgres.sessions import create_engine
from adapters.postgres.venues import PostgresVenueTransactions
from adapters.system.ids import Uuid7Source
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from core.venues.settings import VenueSettings
from core.venues.venue import Address, VenueFacts
from usecases.venues.create_venue import CreateVenue
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings


async def test_the_summary_of_a_venue_follows_its_settings(venue_db: Database) -> None:
    engine = create_engine(venue_db.app_url, connections_max=2)
    store, clock = PostgresVenueTransactions(engine, Uuid7Source()), MemoryClock()
    manager = Caller(AccountId(uuid4()), TenantId(uuid4()), Role.MANAGER)
    facts = VenueFacts("Arena", "Europe/Berlin", 100, Address("Weg 1", "Erfurt", "99084", "DE"))
    venue = await CreateVenue(store, clock, Uuid7Source())(facts, caller=manager)
    tune = TuneSettings(store, clock)
    published = InProcessVenues(ReadVenues(store), tune)
    before = await published.venue(tenant_id=manager.tenant_id, venue_id=venue.id)
    assert (before.max_seats_per_order, before.orphan_rule) == (10, "off")
    await tune.change_venue(venue.id, VenueSettings(4, "warn"), expected_version=1, caller=manager)
    after = await published.venue(tenant_id=manager.tenant_id, venue_id=venue.id)
    assert (after.max_seats_per_order, after.orphan_rule) == (4, "warn")
    await engine.dispose()
