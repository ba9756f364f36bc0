"""The relay over the memory outbox: nothing is lost; a failing event is put off, then given up, and blocks nobody."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from adapters.memory.messaging import MemoryMessages
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.events import Envelope, Event, EventPublisher, PublishError, PublisherUnavailableError
from ports.ids import IdSource
from usecases.messaging.relay_outbox import RelayOutbox

TENANT = TenantId(UUID(int=1))


class DoorOpened(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.door.opened"

    number: int


class RandomIds(IdSource):
    def new(self) -> UUID:
        return uuid4()


class MovingClock(Clock):
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class ListeningPublisher(EventPublisher):
    """Keeps what it is given; refuses the numbers in `bad`, and everything while `away`."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.bad: set[int] = set()
        self.away = False

    async def publish(self, envelope: Envelope) -> None:
        if self.away:
            raise PublisherUnavailableError("no broker")
        number = envelope.decode(DoorOpened).number
        if number in self.bad:
            raise PublishError(f"number {number} cannot be published")
        self.numbers.append(number)


class Doors:
    """A relay with its outbox, publisher and clock."""

    def __init__(self) -> None:
        self.messages = MemoryMessages(ids=RandomIds())
        self.publisher = ListeningPublisher()
        self.clock = MovingClock()
        self.relay = RelayOutbox(
            queue=self.messages.queue, publisher=self.publisher, clock=self.clock, events_max=10, retries_max=2
        )

    async def open(self, *numbers: int) -> None:
        outbox = self.messages.outbox(TENANT)
        for number in numbers:
            await outbox.add(DoorOpened(number=number), subject=UUID(int=number), at=self.clock.now())


async def test_events_are_published_oldest_first_and_once() -> None:
    doors = Doors()
    await doors.open(1, 2, 3)
    assert await doors.relay() == 3
    assert await doors.relay() == 0
    assert doors.publisher.numbers == [1, 2, 3]


async def test_a_claim_takes_no_more_than_its_limit_and_the_next_takes_the_rest() -> None:
    doors = Doors()
    await doors.open(*range(11))
    assert await doors.relay() == 10
    assert await doors.relay() == 1
    assert doors.publisher.numbers == list(range(11))


async def test_a_failing_event_is_put_off_and_does_not_hold_up_the_others() -> None:
    doors = Doors()
    doors.publisher.bad = {2}
    await doors.open(1, 2, 3)
    assert await doors.relay() == 3
    assert doors.publisher.numbers == [1, 3]

    doors.publisher.bad = set()
    doors.clock.forward(0.9)
    assert await doors.relay() == 0
    doors.clock.forward(0.1)
    assert await doors.relay() == 1
    assert doors.publisher.numbers == [1, 3, 2]


async def test_an_event_is_given_up_after_its_retries_and_stays_visible() -> None:
    doors = Doors()
    doors.publisher.bad = {1}
    await doors.open(1)
    tries = 0
    for _ in range(10):
        tries += await doors.relay()
        doors.clock.forward(3600)
    assert tries == 3
    depth = await doors.messages.queue.depth(now=doors.clock.now())
    assert (depth.waiting, depth.dead) == (0, 1)


async def test_while_the_broker_is_away_no_event_is_blamed() -> None:
    doors = Doors()
    await doors.open(1, 2)
    doors.publisher.away = True
    for _ in range(50):
        with pytest.raises(PublisherUnavailableError):
            await doors.relay()
    doors.publisher.away = False
    assert await doors.relay() == 2
    assert doors.publisher.numbers == [1, 2]


async def test_what_was_published_before_the_broker_went_away_is_not_published_again() -> None:
    doors = Doors()
    await doors.open(1, 2)

    class Fleeting(ListeningPublisher):
        async def publish(self, envelope: Envelope) -> None:
            await super().publish(envelope)
            self.away = True

    fleeting = Fleeting()
    relay = RelayOutbox(queue=doors.messages.queue, publisher=fleeting, clock=doors.clock)
    with pytest.raises(PublisherUnavailableError):
        await relay()
    fleeting.away = False
    assert await relay() == 1
    assert fleeting.numbers == [1, 2]


async def test_a_relay_stops_in_time_before_its_lease_runs_out() -> None:
    doors = Doors()
    await doors.open(1, 2, 3)

    class Slow(ListeningPublisher):
        async def publish(self, envelope: Envelope) -> None:
            await super().publish(envelope)
            doors.clock.forward(20)

    slow = Slow()
    relay = RelayOutbox(queue=doors.messages.queue, publisher=slow, clock=doors.clock, lease_s=60)
    assert await relay() == 2
    assert await relay() == 1
    assert slow.numbers == [1, 2, 3]
