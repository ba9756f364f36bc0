"""How old a seat map may be, and how often it is looked at when many ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import override
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from core.seating.errors import PlanNotFoundError, SeatTakenError
from core.shared.ids import ReservationId, SeatId, TenantId
from ports.seat_map import BEGINNING, MapEventId, PlanClosed, SeatsChanged
from ports.seating import SeatingTransaction, SeatingTransactions
from tests.seating_world import TTL_S, CountedTokens, a_buyer, a_plan, a_tenant, granting, seat_ids
from usecases.seating import seats_snapshot
from usecases.seating.catalogues import Catalogues
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.seats_snapshot import AGE_MAX_S, SeatMap, SeatsSnapshot


class CountedTransactions(SeatingTransactions):
    """Counts those that were begun, and lets none begin while the gate is shut."""

    def __init__(self, store: MemorySeatingTransactions) -> None:
        self.count = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._store = store

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncIterator[SeatingTransaction]:
        self.count += 1
        await self.gate.wait()
        async with self._store.begin(tenant_id) as tx:
            yield tx


@dataclass
class House:
    clock: MemoryClock = field(default_factory=MemoryClock)
    feed: MemorySeatMapFeed = field(default_factory=MemorySeatMapFeed)

    def __post_init__(self) -> None:
        self.store = MemorySeatingTransactions(MemoryMessages(ids=MemoryIds()))
        self.counted = CountedTransactions(self.store)
        self.buyer = a_buyer(a_tenant())
        self.plan, self.layout = a_plan(clock=self.clock)
        self.hold_seats = HoldSeats(granting(MemoryHolds(self.store), self.store), CountedTokens(), self.clock)
        self.snapshot = SeatsSnapshot(self.counted, Catalogues(self.store), self.feed, self.clock)

    async def look(self, *, fresh: bool = False) -> SeatMap:
        return await self.snapshot(self.plan.id, caller=self.buyer, fresh=fresh)

    async def hold(self, label: str, *, told: bool = False) -> SeatId:
        """Hold a seat; the live map is told of it, or not yet."""
        (seat,) = seat_ids(self.layout, label)
        await self.hold_seats(self.plan.id, ReservationId(uuid4()), (seat,), caller=self.buyer)
        if told:
            await self.feed.append(self.buyer.tenant_id, self.plan.id, SeatsChanged({seat: "HELD"}))
        return seat


@pytest.fixture
async def house() -> House:
    house = House()
    async with house.store.begin(house.buyer.tenant_id) as tx:
        await tx.plans.add(house.plan, house.layout)
    return house


async def test_a_map_has_every_seat_with_its_state_and_says_from_where_the_changes_go_on(house: House) -> None:
    seat = await house.hold("R1S2", told=True)
    seen = await house.look()
    assert seen.letters == "AHAAAAAAAA"
    assert [id for id, status in seen.statuses.items() if status == "HELD"] == [seat]
    assert seen.event_id is not None and seen.event_id > BEGINNING


async def test_a_map_is_shown_again_for_less_than_a_second_and_then_read_again(house: House) -> None:
    first = await house.look()
    await house.hold("R1S1")
    house.clock.move(seconds=AGE_MAX_S - 0.001)
    assert await house.look() is first, "nobody told of the hold yet"
    house.clock.move(seconds=0.001)
    assert (await house.look()).letters[0] == "H"


async def test_a_change_that_the_live_map_has_told_is_in_every_map_from_then_on(house: House) -> None:
    first = await house.look()
    await house.hold("R1S1", told=True)
    second = await house.look()
    assert (first.letters[0], second.letters[0]) == ("A", "H")
    assert await house.look() is second


@pytest.mark.parametrize("lie", [BEGINNING, MapEventId(2**60, 7), None])
async def test_a_stream_that_lies_makes_a_map_less_than_a_second_late_and_sells_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch, lie: MapEventId | None
) -> None:
    """It says that nothing happened, or what no stream says, or, for None, what stands in another plan's."""
    elsewhere = await house.feed.append(a_tenant(), house.plan.id, PlanClosed())

    async def last_id(*_: object) -> MapEventId:
        return lie or elsewhere

    monkeypatch.setattr(house.feed, "last_id", last_id)
    await house.look()
    taken = await house.hold("R1S1", told=True)
    assert (await house.look()).statuses[taken] == "AVAILABLE"
    with pytest.raises(SeatTakenError):
        await house.hold("R1S1")
    house.clock.move(seconds=AGE_MAX_S)
    assert (await house.look()).statuses[taken] == "HELD"


async def test_a_hold_that_ends_by_its_time_is_available_at_that_moment(house: House) -> None:
    await house.hold("R1S1", told=True)
    house.clock.move(seconds=TTL_S - AGE_MAX_S / 2)
    held = await house.look()
    house.clock.move(seconds=AGE_MAX_S / 2 - 0.001)
    assert await house.look() is held and held.letters[0] == "H"
    house.clock.move(seconds=0.001)
    assert (await house.look()).letters[0] == "A"


async def test_a_clock_that_was_turned_back_makes_no_map_young_again(house: House) -> None:
    await house.look()
    await house.hold("R1S1")
    house.clock.move(seconds=-3600)
    assert (await house.look()).letters[0] == "H"


async def test_who_asks_for_a_fresh_map_gets_one(house: House) -> None:
    await house.look()
    await house.hold("R1S1")
    assert (await house.look(fresh=True)).letters[0] == "H"
    assert (await house.look()).letters[0] == "H"


async def test_while_the_stream_is_away_every_map_is_read_and_stays_the_same_while_nothing_changes(
    house: House,
) -> None:
    house.feed.away = True
    first = await house.look()
    assert first.event_id is None
    assert await house.look() is first and house.counted.count == 2
    await house.hold("R1S1")
    assert (await house.look()).letters[0] == "H"


async def test_many_who_ask_at_once_share_a_look(house: House) -> None:
    for told in (False, True):
        house.counted.count = 0
        if told:
            await house.hold("R1S1", told=True)
        seen = await asyncio.gather(*(house.look() for _ in range(200)))
        assert house.counted.count == 1
        assert all(each is seen[0] for each in seen)


async def test_who_asks_while_others_look_sees_what_has_happened_since_they_began(house: House) -> None:
    house.counted.gate.clear()
    early = asyncio.create_task(house.look(fresh=True))
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(house.look(fresh=True)) for _ in range(50)]
    await asyncio.sleep(0.01)
    assert house.counted.count == 1, "one look at a time"
    await house.hold("R1S1")
    house.counted.gate.set()
    assert {(await each).letters[0] for each in late} == {"H"}
    await early
    assert house.counted.count == 2


async def test_who_goes_away_does_not_take_the_look_from_the_others(house: House) -> None:
    house.counted.gate.clear()
    gone, stays = [asyncio.create_task(house.look()) for _ in range(2)]
    await asyncio.sleep(0.01)
    gone.cancel()
    house.counted.gate.set()
    assert (await stays).letters == "A" * 10


async def test_a_changed_plan_is_in_the_next_look(house: House) -> None:
    first = await house.look()
    async with house.store.begin(house.buyer.tenant_id) as tx:
        await tx.plans.set_hold_ttl_s(60, at=house.clock.now())
    assert (await house.look()).catalogue.plan.version == first.catalogue.plan.version
    house.clock.move(seconds=AGE_MAX_S)
    assert (await house.look()).catalogue.plan.version == first.catalogue.plan.version + 1


async def test_a_plan_that_is_remembered_is_still_not_there_for_another_tenant(house: House) -> None:
    await house.look()
    stranger = replace(house.buyer, tenant_id=a_tenant())
    for fresh in (False, True):
        with pytest.raises(PlanNotFoundError):
            await house.snapshot(house.plan.id, caller=stranger, fresh=fresh)
    assert (await house.look()).letters == "A" * 10


async def test_the_map_that_was_not_asked_for_longest_is_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats_snapshot, "SEATS_MAX", 15)
    first = await house.look()
    other, layout = a_plan(clock=house.clock)
    async with house.store.begin(house.buyer.tenant_id) as tx:
        await tx.plans.add(other, layout)
    await house.snapshot(other.id, caller=house.buyer)
    assert len(house.snapshot._known) == 1
    again = await house.look()
    assert again == first and again is not first
