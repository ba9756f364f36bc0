"""Venues from a cache: one reads for many, a change is seen, and a cache that lies deceives nobody."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import override
from uuid import UUID, uuid4

import msgspec
import pytest

from adapters.cached.venues import TTL_S, CachedVenues
from adapters.memory.cache import MemoryCache
from adapters.memory.clock import MemoryClock
from adapters.memory.locks import MemoryLocks
from core.shared.ids import TenantId, VenueId
from core.venues.errors import VenueNotFoundError
from core.venues.settings import VenueSettings
from core.venues.venue import Address, Venue, VenueFacts
from ports.cache import TICKET_S, CacheUnavailableError, Look
from ports.venues import VenueAsSet

HALL, CLUB = TenantId(UUID(int=1)), TenantId(UUID(int=2))
VENUE = VenueId(UUID(int=3))


@dataclass(slots=True)
class Shared(MemoryCache):
    """A cache that several processes share, which can be away, and whose answers can be twisted."""

    away: bool = False
    twist: Callable[[str], str] | None = None
    said: dict[str, str] = field(default_factory=dict[str, str])

    @override
    async def look(self, key: str) -> Look:
        self._must_be_there()
        look = await MemoryCache.look(self, key)
        if look.value is not None:
            self.said[key] = look.value
            return look if self.twist is None else replace(look, value=self.twist(look.value))
        return look

    @override
    async def put(self, key: str, value: str, *, ticket: str, ttl_s: int) -> bool:
        self._must_be_there()
        return await MemoryCache.put(self, key, value, ticket=ticket, ttl_s=ttl_s)

    @override
    async def forget(self, key: str) -> None:
        self._must_be_there()
        await MemoryCache.forget(self, key)

    def _must_be_there(self) -> None:
        if self.away:
            raise CacheUnavailableError("away")


class House:
    """The venues of two tenants under the same ids, and two processes that read them."""

    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.cache = Shared(self.clock)
        self.locks = MemoryLocks(self.clock)
        self.one, self.two = (CachedVenues(self.cache, self.locks, self.clock) for _ in range(2))
        self.capacity = {HALL: 100, CLUB: 200}
        self.loads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, tenant_id: TenantId) -> VenueAsSet:
        """Read the store: what it says is what stood there when the read began."""
        self.loads += 1
        capacity, now = self.capacity[tenant_id], self.clock.now()
        await self.gate.wait()
        facts = VenueFacts("Arena", "Europe/Berlin", capacity, Address("Weg 1", "Erfurt", "99084", "DE"))
        venue = Venue(id=VENUE, slug="arena", facts=facts, version=1, created_at=now, updated_at=now)
        return VenueAsSet(venue, VenueSettings())

    async def read(self, process: CachedVenues, tenant_id: TenantId = HALL) -> int:
        """Return the capacity that a process is told."""
        return (await process.of(tenant_id, VENUE, lambda: self.load(tenant_id))).venue.facts.capacity

    def change(self, capacity: int) -> None:
        self.capacity[HALL] = capacity


@pytest.fixture
def house() -> House:
    return House()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_one_process_read_the_others_need_not_read(house: House) -> None:
    assert [await house.read(process) for process in (house.one, house.two, house.one)] == [100, 100, 100]
    assert house.loads == 1
    known = await house.two.of(HALL, VENUE, lambda: house.load(HALL))
    assert known == await house.load(HALL), "every member comes back as it was"


async def test_of_many_at_once_one_reads(house: House) -> None:
    house.gate.clear()
    asking = [asyncio.create_task(house.read(house.one)) for _ in range(50)]
    await settled()
    house.gate.set()
    assert set(await asyncio.gather(*asking)) == {100}
    assert house.loads == 1


async def test_over_processes_one_reads_and_the_others_wait_for_it(house: House) -> None:
    house.gate.clear()
    asking = [asyncio.create_task(house.read(process)) for process in (house.one, house.two)]
    await settled()
    assert house.loads == 1
    house.gate.set()
    assert await asyncio.gather(*asking) == [100, 100]
    assert house.loads == 1


async def test_nobody_waits_long_for_a_process_that_died_with_the_lock(house: House) -> None:
    assert await house.locks.acquire(f"fairseat:cache:{{venue:{HALL}:{VENUE}}}:lock", ttl_s=60)
    assert await house.read(house.one) == 100


async def test_a_lock_service_that_is_away_stops_nobody(house: House) -> None:
    house.locks.away = True
    assert [await house.read(house.one), await house.read(house.two), house.loads] == [100, 100, 1]


async def test_a_change_that_was_told_is_seen_at_once_by_everybody(house: House) -> None:
    for process in (house.one, house.two):
        await house.read(process)
    house.change(150)
    await house.one.forget(HALL, VENUE)
    assert [await house.read(process) for process in (house.two, house.one)] == [150, 150]


async def test_what_was_read_before_a_change_is_not_remembered_after_it(house: House) -> None:
    house.gate.clear()
    slow = asyncio.create_task(house.read(house.two))
    await settled()
    house.change(150)
    await house.one.forget(HALL, VENUE)
    house.gate.set()
    assert await slow == 100, "it asked before the change"
    assert [await house.read(process) for process in (house.one, house.two)] == [150, 150]


async def test_whoever_asks_after_the_change_does_not_join_who_asked_before(house: House) -> None:
    house.gate.clear()
    before = asyncio.create_task(house.read(house.one))
    await settled()
    house.change(150)
    await house.one.forget(HALL, VENUE)
    after = asyncio.create_task(house.read(house.one))
    await settled()
    house.gate.set()
    assert [await before, await after] == [100, 150]


async def test_what_took_too_long_to_read_is_not_remembered(house: House) -> None:
    house.gate.clear()
    slow = asyncio.create_task(house.read(house.one))
    await settled()
    house.clock.move(seconds=TICKET_S)
    house.gate.set()
    assert [await slow, await house.read(house.two), house.loads] == [100, 100, 2]


async def test_a_change_of_which_nobody_was_told_is_seen_when_the_time_is_over(house: House) -> None:
    await house.read(house.one)
    house.change(150)
    house.clock.move(seconds=TTL_S - 0.1)
    assert await house.read(house.two) == 100
    house.clock.move(seconds=0.1)
    assert await house.read(house.two) == 150


async def test_a_cache_that_keeps_what_has_ended_is_not_believed(house: House) -> None:
    await house.read(house.one)
    await house.read(house.one)
    (old,) = house.cache.said.values()
    house.change(150)
    house.clock.move(seconds=TTL_S)
    await house.read(house.one)
    house.cache.twist = lambda _: old
    assert [await house.read(process) for process in (house.one, house.two)] == [150, 150]
    house.clock.move(seconds=-3600)
    assert await house.read(house.one) == 150, "nor what is read in days to come"


async def test_nobody_gets_the_venue_of_another_tenant(house: House) -> None:
    assert [await house.read(house.one, HALL), await house.read(house.one, CLUB)] == [100, 200]
    await house.read(house.one, HALL)
    of_hall = house.cache.said[f"venue:{HALL}:{VENUE}"]
    house.cache.twist = lambda _: of_hall
    assert await house.read(house.two, CLUB) == 200


def without(said: str, **members: object) -> str:
    """Return what the cache said with other members, however well it is made."""
    return msgspec.json.encode(msgspec.json.decode(said) | members).decode()


@pytest.mark.parametrize(
    "twist",
    [
        lambda _: "",
        lambda _: "null",
        lambda _: "garbage \x00",
        lambda _: "[" * 10_000,
        lambda said: said.replace('"answer":{', '"answer":' + "[" * 100_000 + "{"),
        lambda said: said[:-9],
        lambda said: said.replace('"capacity":100', '"capacity":999'),
        lambda said: without(said, answer={}),
        lambda said: without(said, key="venue"),
        lambda said: without(said, read_at="1999-01-01T00:00:00Z"),
        lambda said: without(said, read_at="2999-01-01T00:00:00"),
        lambda said: without(said, digest=""),
    ],
)
async def test_garbage_is_read_anew(house: House, twist: Callable[[str], str]) -> None:
    await house.read(house.one)
    house.cache.twist = twist
    for process in (house.one, house.two):
        assert await house.read(process) == 100
    assert house.loads == 3


async def test_while_the_cache_is_away_every_answer_is_the_stores(house: House) -> None:
    await house.read(house.one)
    house.cache.away = True
    house.change(150)
    await house.one.forget(HALL, VENUE)
    assert [await house.read(process) for process in (house.one, house.two)] == [150, 150]


async def test_what_could_not_be_forgotten_is_forgotten_when_the_cache_is_back(house: House) -> None:
    await house.read(house.one)
    house.cache.away = True
    house.change(150)
    await house.one.forget(HALL, VENUE)
    house.cache.away = False
    assert await house.read(house.two) == 100, "as late as a venue may be"
    assert await house.read(house.one) == 150
    assert await house.read(house.two) == 150


async def test_a_venue_that_is_not_there_is_looked_for_each_time(house: House) -> None:
    async def nothing() -> VenueAsSet:
        house.loads += 1
        raise VenueNotFoundError("There is no such venue.")

    for _ in range(2):
        with pytest.raises(VenueNotFoundError):
            await house.one.of(HALL, VenueId(uuid4()), nothing)
    assert house.loads == 2
