"""What the live map is told: how seats stand, in whatever order the news come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.seat_map import MemorySeatMapFeed
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.seating_holds import MemoryHolds
from bootstrap.containers.seating import SEATING_SUBSCRIPTIONS
from core.seating.plans import SeatingPlan
from core.shared.callers import Caller, Role
from core.shared.ids import OrderId, ReservationId, SeatId
from ports.events import Envelope
from ports.published.seating import PlanChanged
from ports.seat_map import (
    BEGINNING,
    MapEntry,
    MapEventId,
    PlanClosed,
    SeatMapUnavailableError,
    SeatsChanged,
    TooFarBehind,
)
from tests.seating_world import TTL_S, CountedTokens, a_buyer, a_plan, a_tenant, granting, seat_ids
from usecases.messaging.take_event import take_event
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.catalogues import Catalogues
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.manage_hold import ReleaseHold
from usecases.seating.publish_map import PublishMap
from usecases.seating.reserve_seats import FinaliseReservation, ReserveSeats
from usecases.seating.seats_snapshot import SeatsSnapshot

ORDER = OrderId(uuid4())


@dataclass
class Watched:
    """A plan on sale with a buyer, its events, and what the live map was told of them."""

    clock: MemoryClock = field(default_factory=MemoryClock)
    feed: MemorySeatMapFeed = field(default_factory=MemorySeatMapFeed)

    def __post_init__(self) -> None:
        self.messages = MemoryMessages(ids=MemoryIds())
        store = self.store = MemorySeatingTransactions(self.messages)
        self.buyer: Caller = a_buyer(a_tenant())
        self.manager = replace(self.buyer, role=Role.MANAGER)
        self.plan: SeatingPlan
        self.plan, self.layout = a_plan(clock=self.clock)
        self.hold_seats = HoldSeats(granting(MemoryHolds(store), store), CountedTokens(), self.clock)
        self.publish = PublishMap(store, self.feed, self.clock)
        self.snapshot = SeatsSnapshot(store, Catalogues(store), self.feed, self.clock)
        self.told_until: MapEventId = BEGINNING
        self.taken = 0

    async def open(self) -> None:
        async with self.store.begin(self.buyer.tenant_id) as tx:
            await tx.plans.add(self.plan, self.layout)

    def seats(self, *labels: str) -> tuple[SeatId, ...]:
        return seat_ids(self.layout, *labels)

    async def hold(self, *labels: str) -> ReservationId:
        id = ReservationId(uuid4())
        await self.hold_seats(self.plan.id, id, self.seats(*labels), caller=self.buyer)
        return id

    async def release(self, id: ReservationId) -> None:
        await ReleaseHold(self.store, self.clock)(id, caller=self.buyer, hold_token=None)

    async def reserve(self, id: ReservationId) -> None:
        await ReserveSeats(self.store, self.clock)(
            id,
            tenant_id=self.buyer.tenant_id,
            order_id=ORDER,
            account_id=self.buyer.account_id,
            hold_token=None,
            until=self.clock.now() + timedelta(seconds=TTL_S),
        )

    async def sell(self, id: ReservationId) -> None:
        await self.reserve(id)
        await FinaliseReservation(self.store, self.clock)(id, tenant_id=self.buyer.tenant_id, order_id=ORDER)

    def news(self) -> list[Envelope]:
        """Return the events since the last call."""
        new = list(self.messages.events[self.taken :])
        self.taken += len(new)
        return new

    async def take(self, envelopes: Iterable[Envelope]) -> None:
        by_type = {each.event.event_type: each for each in SEATING_SUBSCRIPTIONS if each.handler is PublishMap}
        for envelope in envelopes:
            if envelope.type in by_type:
                assert await take_event(envelope, subscription=by_type[envelope.type], consumer=self.publish) is None

    async def told(self) -> list[MapEntry]:
        """Hand on the events since the last call, and return what the map was told of them."""
        await self.take(self.news())
        return await self.entries()

    async def changed(self) -> Envelope:
        """Return the event of a change of the plan's layout."""
        event = PlanChanged(
            plan_id=self.plan.id,
            operation_id=uuid4(),
            version_number=2,
            seats_version=2,
            seats_added=1,
            seats_removed=0,
        )
        async with self.store.begin(self.buyer.tenant_id) as tx:
            await tx.outbox.add(event, subject=self.plan.id, at=self.clock.now())
        return self.news()[-1]

    async def read(self, after: MapEventId) -> Sequence[MapEntry] | TooFarBehind:
        return await self.feed.read(self.buyer.tenant_id, self.plan.id, after=after, changes_max=100, wait_s=0)

    async def entries(self) -> list[MapEntry]:
        found = await self.read(self.told_until)
        assert not isinstance(found, TooFarBehind)
        self.told_until = found[-1].id if found else self.told_until
        return list(found)

    async def statuses(self) -> list[dict[SeatId, str]]:
        changes = [entry.change for entry in await self.told()]
        return [dict(change.statuses) for change in changes if isinstance(change, SeatsChanged)]


@pytest.fixture
async def watched() -> Watched:
    watched = Watched()
    await watched.open()
    return watched


async def test_each_step_of_a_sale_is_told_with_the_word_that_the_snapshot_has(watched: Watched) -> None:
    first, second = watched.seats("R1S1", "R1S2")
    id = await watched.hold("R1S1", "R1S2")
    assert await watched.statuses() == [{first: "HELD", second: "HELD"}]
    await watched.reserve(id)
    assert await watched.statuses() == [{first: "RESERVED", second: "RESERVED"}]
    await watched.sell(id)
    assert await watched.statuses() == [{first: "SOLD", second: "SOLD"}]


async def test_seats_given_back_are_told_as_available(watched: Watched) -> None:
    (seat,) = watched.seats("R1S1")
    await watched.release(await watched.hold("R1S1"))
    assert (await watched.statuses())[-1] == {seat: "AVAILABLE"}


async def test_an_ended_hold_is_told_when_the_sweep_finds_it(watched: Watched) -> None:
    (seat,) = watched.seats("R1S1")
    await watched.hold("R1S1")
    await watched.statuses()
    watched.clock.move(seconds=TTL_S)
    assert await watched.statuses() == []
    await ExpireReservations(watched.store, watched.store, watched.clock)()
    assert await watched.statuses() == [{seat: "AVAILABLE"}]


async def test_news_that_come_late_or_twice_or_out_of_turn_tell_how_the_seat_stands_now(watched: Watched) -> None:
    (seat,) = watched.seats("R1S1")
    await watched.release(await watched.hold("R1S1"))
    held, released = watched.news()
    await watched.take([released, held, held])
    assert await watched.statuses() == [{seat: "AVAILABLE"}] * 3
    await watched.hold("R1S1")
    await watched.take([released])
    assert await watched.statuses() == [{seat: "HELD"}] * 2


async def test_a_plan_taken_off_sale_is_told_and_one_that_is_on_sale_again_is_not(watched: Watched) -> None:
    deactivate, activate = (
        DeactivatePlan(watched.store, watched.clock),
        ActivatePlan(watched.store, watched.clock),
    )
    await deactivate(watched.plan.id, expected_version=None, caller=watched.manager)
    await deactivate(watched.plan.id, expected_version=None, caller=watched.manager)
    (event,) = watched.news()
    await watched.take([event])
    assert [entry.change for entry in await watched.told()] == [PlanClosed()]
    await activate(watched.plan.id, expected_version=None, caller=watched.manager)
    await watched.take([event])
    assert await watched.told() == []


async def test_a_plan_with_another_layout_has_everybody_read_the_map_again(watched: Watched) -> None:
    await watched.hold("R1S1")
    before = (await watched.told())[-1].id
    await watched.take([await watched.changed()])
    assert await watched.read(before) == TooFarBehind()
    seat_map = await watched.snapshot(watched.plan.id, caller=watched.buyer)
    assert seat_map.event_id is not None and await watched.read(seat_map.event_id) == []
    await watched.hold("R1S2")
    await watched.take(watched.news())
    found = await watched.read(seat_map.event_id)
    assert not isinstance(found, TooFarBehind) and len(found) == 1


async def test_a_change_of_the_layout_that_could_not_be_told_is_tried_again(watched: Watched) -> None:
    await watched.hold("R1S1")
    before = (await watched.told())[-1].id
    event = await watched.changed()
    watched.feed.away = True
    with pytest.raises(SeatMapUnavailableError):
        await watched.take([event])
    watched.feed.away = False
    assert await watched.read(before) == []
    await watched.take([event])
    assert await watched.read(before) == TooFarBehind()


async def test_without_the_stream_seats_are_held_events_are_taken_and_the_snapshot_has_no_event_id(
    watched: Watched,
) -> None:
    watched.feed.away = True
    await watched.hold("R1S1")
    await watched.take(watched.news())
    seat_map = await watched.snapshot(watched.plan.id, caller=watched.buyer)
    assert seat_map.event_id is None
    assert seat_map.letters[0] == "H"


async def test_a_snapshot_says_from_where_the_changes_go_on(watched: Watched) -> None:
    assert (await watched.snapshot(watched.plan.id, caller=watched.buyer)).event_id == BEGINNING
    await watched.hold("R1S1")
    last = (await watched.told())[-1].id
    assert (await watched.snapshot(watched.plan.id, caller=watched.buyer)).event_id == last


def test_every_change_of_a_seat_is_subscribed_to() -> None:
    wanted = {each.event.__name__ for each in SEATING_SUBSCRIPTIONS if each.handler is PublishMap}
    assert wanted == {
        "SeatsHeld",
        "HoldReleased",
        "HoldsExpired",
        "ReservationMade",
        "SeatsSold",
        "SeatsReturned",
        "SeatsBlocked",
        "SeatsUnblocked",
        "PlanDeactivated",
        "PlanChanged",
    }
