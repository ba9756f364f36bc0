"""Timers over the memory adapter: set by news of others, told at least once, and never in the way of anything else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.memory.expiration import MemoryTimers
from core.expiration.timer import Timer
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.events import Delivery, Envelope, EventPublisher, PublishError, PublisherUnavailableError
from ports.expiration import TimersUnavailableError
from ports.published.expiration import TimerFired
from ports.published.orders import OrderCreated
from ports.published.seating import HoldExtended, NewHold, ReservationMade, SeatsHeld
from usecases.expiration.fire_due_timers import FireDueTimers
from usecases.expiration.schedule_timer import Ending, ScheduleTimer

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANT = TenantId(UUID(int=1))
RESERVATION = UUID(int=2)
ORDER = UUID(int=3)
DELIVERY = Delivery(event_id=UUID(int=9), tenant_id=TENANT)


class MovingClock(Clock):
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class Listener(EventPublisher):
    def __init__(self) -> None:
        self.heard: list[Envelope] = []
        self.trouble: Exception | None = None

    async def publish(self, envelope: Envelope) -> None:
        if self.trouble:
            raise self.trouble
        self.heard.append(envelope)

    def fired(self) -> list[TimerFired]:
        return [envelope.decode(TimerFired) for envelope in self.heard]


class Bench:
    """Timers, the use cases over them, a listener and a clock."""

    def __init__(self) -> None:
        self.timers = MemoryTimers()
        self.listener = Listener()
        self.clock = MovingClock()
        self.schedule = ScheduleTimer(self.timers)
        self.fire = FireDueTimers(timers=self.timers, publisher=self.listener, clock=self.clock)

    def after(self, seconds: float) -> None:
        self.clock.moment = NOON + timedelta(seconds=seconds)


def held(seconds: float) -> SeatsHeld:
    until = NOON + timedelta(seconds=seconds)
    hold = NewHold(reservation_id=RESERVATION, seat_ids=(uuid4(),), expires_at=until)
    return SeatsHeld(plan_id=uuid4(), holds=(hold,))


def extended(seconds: float) -> HoldExtended:
    return HoldExtended(reservation_id=RESERVATION, plan_id=uuid4(), expires_at=NOON + timedelta(seconds=seconds))


def reserved(seconds: float) -> ReservationMade:
    until = NOON + timedelta(seconds=seconds)
    return ReservationMade(reservation_id=RESERVATION, plan_id=uuid4(), order_id=ORDER, expires_at=until)


def ordered(seconds: float) -> OrderCreated:
    return OrderCreated(
        order_id=ORDER,
        account_id=uuid4(),
        reservation_ids=(RESERVATION,),
        total_minor=1200,
        currency="EUR",
        expires_at=NOON + timedelta(seconds=seconds),
    )


@pytest.mark.parametrize(
    ("event", "kind", "subject"),
    [
        (held(60), "reservation", RESERVATION),
        (extended(60), "reservation", RESERVATION),
        (reserved(60), "reservation", RESERVATION),
        (ordered(60), "order", ORDER),
    ],
)
async def test_whatever_announces_an_end_is_told_when_it_comes(event: Ending, kind: str, subject: UUID) -> None:
    bench = Bench()
    await bench.schedule(event, DELIVERY)
    bench.after(59.999)
    assert await bench.fire() == 0
    bench.after(60)
    assert await bench.fire() == 1
    (fired,) = bench.listener.fired()
    assert (fired.kind, fired.subject_id, fired.due_at) == (kind, subject, NOON + timedelta(seconds=60))
    assert bench.listener.heard[0].tenantid == TENANT


@pytest.mark.parametrize("news", [[held(60), extended(90)], [extended(90), held(60)]], ids=["in order", "out of order"])
async def test_the_later_time_stands_in_whatever_order_the_news_come(news: list[Ending]) -> None:
    bench = Bench()
    for event in news:
        await bench.schedule(event, DELIVERY)
    bench.after(89)
    assert await bench.fire() == 0
    bench.after(90)
    assert await bench.fire() == 1
    bench.after(1000)
    assert await bench.fire() == 0


async def test_a_timer_that_could_not_be_told_fires_again_after_its_lease_as_the_same_event() -> None:
    bench = Bench()
    await bench.schedule(held(60), DELIVERY)
    bench.after(60)
    bench.listener.trouble = PublishError("seating failed")
    assert await bench.fire() == 0

    bench.listener.trouble = None
    bench.after(89)
    assert await bench.fire() == 0
    bench.after(90)
    assert await bench.fire() == 1
    await bench.schedule(held(60), DELIVERY)
    assert await bench.fire() == 1
    first, second = bench.listener.heard
    assert first.id == second.id


async def test_a_timer_that_can_never_be_told_is_dropped_after_an_hour() -> None:
    bench = Bench()
    await bench.schedule(held(60), DELIVERY)
    bench.listener.trouble = PublishError("seating fails")
    bench.after(60 + 3599)
    assert await bench.fire() == 0
    bench.after(60 + 3600 + 30)
    assert await bench.fire() == 1
    bench.listener.trouble = None
    bench.after(60 + 7200)
    assert await bench.fire() == 0


async def test_while_nothing_can_be_told_no_timer_is_dropped() -> None:
    bench = Bench()
    await bench.schedule(held(60), DELIVERY)
    bench.listener.trouble = PublisherUnavailableError("no broker")
    bench.after(60 + 7200)
    with pytest.raises(PublisherUnavailableError):
        await bench.fire()
    bench.listener.trouble = None
    bench.after(60 + 7200 + 30)
    assert await bench.fire() == 1


async def test_with_the_timers_away_the_news_is_taken_all_the_same() -> None:
    class AwayTimers(MemoryTimers):
        async def schedule(self, *timers: Timer) -> None:
            raise TimersUnavailableError("nobody answers")

    await ScheduleTimer(AwayTimers())(held(60), DELIVERY)


async def test_news_without_a_tenant_is_a_failure() -> None:
    with pytest.raises(ValueError, match="names no tenant"):
        await Bench().schedule(held(60), Delivery(event_id=UUID(int=9), tenant_id=None))
