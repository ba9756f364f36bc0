"""Events whose webhooks never came are found in the provider's list: over the memory adapters."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.event_readings import MemoryEventList, MemoryEventReadings
from adapters.memory.webhooks import MemoryWebhooks
from adapters.system.event_reading_health import AGE_MAX_S, EventReadingHealth
from core.shared.errors import UnavailableError
from core.webhooks.reading import FIRST_LOOK, OVERLAP
from core.webhooks.webhook import Webhook, complete
from ports.published.webhooks import STRIPE
from ports.webhooks import VerifiedEvent
from usecases.webhooks.arrived import arrived
from usecases.webhooks.read_missed_events import GRACE_S, LEASE_S, PAGES_MAX, WAITING_MAX, ReadMissedEvents

INTERVAL_S = 300.0
GRACE = timedelta(seconds=GRACE_S)
SECOND = timedelta(seconds=1)


class House:
    """The reading, with pages of two events. `clock` is ours; events bear the provider's times."""

    def __init__(self) -> None:
        self.clock = MemoryClock(datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
        self.events = MemoryEventList(page_size=2)
        self.rows = MemoryWebhooks()
        self.readings = MemoryEventReadings()
        self.ids = MemoryIds()
        self.read = ReadMissedEvents(
            STRIPE, self.events, self.readings, self.rows, self.rows, self.clock, self.ids, INTERVAL_S
        )
        self.health = EventReadingHealth(self.readings, self.clock)

    def event(self, event_id: str, at: datetime) -> VerifiedEvent:
        return VerifiedEvent(event_id, "refund.updated", None, None, at, f'{{"id": "{event_id}"}}')

    def happened(self, *event_ids: str, ago_s: float = 3600) -> None:
        for event_id in event_ids:
            self.events.happened(self.event(event_id, self.clock.now() - timedelta(seconds=ago_s)))

    async def webhook(self, event_id: str) -> bool:
        event = self.event(event_id, self.clock.now())
        return await self.rows.put(arrived(event, source=STRIPE, id=self.ids.new(), now=self.clock.now()))

    async def stored(self) -> list[str]:
        return [row.event_id for row in reversed(await self.rows.list(status=None, webhooks_max=10_000))]

    async def handle_all(self) -> list[Webhook]:
        taken = await self.rows.take(now=self.clock.now(), webhooks_max=10_000, lease_s=60)
        for webhook in taken:
            await self.rows.settle(webhook, complete(webhook, now=self.clock.now()))
        return list(taken)

    async def next_pass(self) -> None:
        """Let the interval go by and read to the end."""
        self.clock.move(seconds=INTERVAL_S)
        while await self.read():
            await self.handle_all()


@pytest.fixture
def house() -> House:
    return House()


async def test_what_never_came_is_put_in_once_the_oldest_first(house: House) -> None:
    for number in range(5):
        house.happened(f"evt_{number}", ago_s=3600 - number)
    await house.webhook("evt_3")
    assert await house.read() == 3
    assert await house.read() == 0
    assert sorted(await house.stored()) == [f"evt_{number}" for number in range(5)]
    await house.next_pass()
    assert len(await house.stored()) == 5
    assert not await house.webhook("evt_0")


async def test_it_reads_again_when_its_interval_is_over_and_not_before(house: House) -> None:
    assert await house.read() == 1
    house.happened("evt_1", ago_s=GRACE_S)
    house.clock.move(seconds=INTERVAL_S - 1)
    assert (await house.read(), house.events.calls) == (0, 1)
    house.clock.move(seconds=1)
    assert (await house.read(), house.events.calls) == (1, 2)
    assert await house.stored() == ["evt_1"]


async def test_a_young_event_is_left_to_its_webhook(house: House) -> None:
    house.happened("evt_young", ago_s=GRACE_S)
    house.happened("evt_old", ago_s=GRACE_S + 1)
    await house.read()
    assert await house.stored() == ["evt_old"]
    await house.next_pass()
    assert await house.stored() == ["evt_old", "evt_young"]


async def test_an_installation_that_never_read_looks_back_a_bounded_time(house: House) -> None:
    reach_s = (FIRST_LOOK + OVERLAP).total_seconds()
    house.happened("evt_too_old", ago_s=reach_s + 1)
    house.happened("evt_old", ago_s=reach_s)
    await house.read()
    assert await house.stored() == ["evt_old"]


async def test_an_event_that_the_provider_lists_late_is_found(house: House) -> None:
    house.happened("evt_seen", ago_s=3600)
    await house.read()
    overlap_s = OVERLAP.total_seconds()
    house.happened("evt_late", ago_s=3600 + overlap_s)
    house.happened("evt_too_late", ago_s=3600 + overlap_s + 1)
    await house.next_pass()
    assert await house.stored() == ["evt_seen", "evt_late"]


async def test_a_long_list_is_read_in_rounds_and_what_happens_meanwhile_in_the_next_pass(house: House) -> None:
    every = [f"evt_{number}" for number in range(2 * PAGES_MAX + 3)]
    for number, event_id in enumerate(every):
        house.happened(event_id, ago_s=7200 - number)
    assert await house.read() == PAGES_MAX
    house.happened("evt_meanwhile", ago_s=GRACE_S + 1)
    assert await house.read() == 2
    assert sorted(await house.stored()) == sorted(every)
    await house.next_pass()
    assert sorted(await house.stored()) == sorted([*every, "evt_meanwhile"])


async def test_a_reader_that_dies_within_a_pass_is_followed_where_it_was(house: House) -> None:
    for number in range(6):
        house.happened(f"evt_{number}", ago_s=3600 - number)
    taken = await house.readings.take(STRIPE, now=house.clock.now(), lease_s=LEASE_S)
    assert taken is not None
    await house.read._page(taken, last=False)
    assert await house.read() == 0
    house.clock.move(seconds=LEASE_S)
    assert (await house.read(), house.events.calls) == (2, 3)
    assert len(await house.stored()) == 6


async def test_a_pass_whose_place_is_not_listed_any_more_begins_anew(house: House) -> None:
    for number in range(5):
        house.happened(f"evt_{number}", ago_s=3600 - number)
    taken = await house.readings.take(STRIPE, now=house.clock.now(), lease_s=0)
    assert taken is not None
    below = await house.read._page(taken, last=True)
    assert below is not None and below.after == "evt_3"
    house.events.forget("evt_3")
    await house.read()
    assert sorted(await house.stored()) == [f"evt_{number}" for number in range(5)]


async def test_an_outage_loses_nothing_and_health_says_so(house: House) -> None:
    assert ((await house.health.check()).ok, (await house.health.check()).facts) == (True, {"age_s": -1.0})
    house.events.away = True
    house.happened("evt_lost")
    for _ in range(10):
        with pytest.raises(UnavailableError):
            await house.read()
        house.clock.move(seconds=AGE_MAX_S / 10)
    assert (await house.health.check()).ok
    house.clock.move(seconds=1)
    report = await house.health.check()
    assert (report.ok, house.health.needed, report.facts["age_s"]) == (False, False, AGE_MAX_S + 1)
    house.events.away = False
    await house.read()
    assert await house.stored() == ["evt_lost"]
    assert (await house.health.check()).ok


@pytest.mark.parametrize("wrong", [timedelta(days=400), timedelta(hours=-5), timedelta(minutes=-20)])
@pytest.mark.parametrize("from_the_first", [True, False])
async def test_a_wrong_clock_of_ours_makes_it_late_and_loses_nothing(
    house: House, wrong: timedelta, *, from_the_first: bool
) -> None:
    true = house.clock.now()
    house.happened("evt_0")
    if from_the_first:
        house.clock.moment = true + wrong
    await house.read()
    for number in range(1, 13):  # an hour of it, by the provider's clock
        true += timedelta(seconds=INTERVAL_S)
        house.events.happened(house.event(f"evt_{number}", true - SECOND))
        house.clock.moment = true + wrong
        while await house.read():
            await house.handle_all()
    house.clock.moment = true
    await house.next_pass()
    assert sorted(await house.stored()) == sorted(f"evt_{number}" for number in range(13))


async def test_no_round_begins_while_much_waits_for_its_effect(house: House) -> None:
    for number in range(WAITING_MAX):
        await house.webhook(f"evt_{number}")
    house.happened("evt_missed")
    assert (await house.read(), house.events.calls) == (0, 0)
    (first, *_) = await house.rows.take(now=house.clock.now(), webhooks_max=1, lease_s=60)
    await house.rows.settle(first, complete(first, now=house.clock.now()))
    assert await house.read() == 1
