"""What the stores of ticketing promise about venues that can take payments: in memory and on MongoDB."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.ticketing import MemoryCharging
from adapters.mongo.charging import MongoCharging
from core.shared.ids import TenantId, VenueId
from core.ticketing.charging import VenueCharging
from ports.ticketing import ChargingStore
from tests.mongo_databases import fresh_database

TENANT, OTHER = TenantId(uuid7()), TenantId(uuid7())


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ChargingStore]:
    if request.param == "memory":
        yield MemoryCharging()
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        yield MongoCharging(database)


def said(version: int, *, venue_id: VenueId, enabled: bool = True) -> VenueCharging:
    missing = () if enabled else ("company.tax_id", "external_account")
    reason = None if enabled else "requirements.past_due"
    return VenueCharging(venue_id=venue_id, enabled=enabled, missing=missing, disabled_reason=reason, version=version)


async def test_the_newest_is_kept_in_whatever_order_it_is_said(store: ChargingStore) -> None:
    venue_id = VenueId(uuid7())
    assert await store.of(TENANT, venue_id) is None
    assert await store.note(TENANT, said(2, venue_id=venue_id))
    assert not await store.note(TENANT, said(1, venue_id=venue_id, enabled=False))
    assert not await store.note(TENANT, said(2, venue_id=venue_id, enabled=False))
    assert await store.of(TENANT, venue_id) == said(2, venue_id=venue_id)
    lost = said(3, venue_id=venue_id, enabled=False)
    assert await store.note(TENANT, lost)
    assert await store.of(TENANT, venue_id) == lost


async def test_of_many_at_once_the_newest_is_kept(store: ChargingStore) -> None:
    venue_id = VenueId(uuid7())
    await asyncio.gather(*(store.note(TENANT, said(n, venue_id=venue_id, enabled=n % 2 == 0)) for n in (3, 9, 1, 8, 5)))
    assert await store.of(TENANT, venue_id) == said(9, venue_id=venue_id, enabled=False)


async def test_another_organisation_knows_nothing_of_it(store: ChargingStore) -> None:
    venue_id = VenueId(uuid7())
    await store.note(TENANT, said(1, venue_id=venue_id))
    assert await store.of(OTHER, venue_id) is None
