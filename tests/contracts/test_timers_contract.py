"""What timers promise, held in memory and by Redis alike."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.memory.expiration import MemoryTimers
from adapters.redis.client import redis_client
from adapters.redis.timers import RedisTimers
from core.expiration.timer import Timer, TimerKind
from core.shared.ids import TenantId
from ports.expiration import Timers

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANT = TenantId(UUID(int=1))
FIRST, SECOND, THIRD = (UUID(int=number) for number in (11, 12, 13))


@pytest.fixture(params=["memory", "redis"])
async def timers(request: pytest.FixtureRequest) -> AsyncIterator[Timers]:
    if request.param == "memory":
        yield MemoryTimers()
        return
    client = redis_client(request.getfixturevalue("valkey_url"))
    yield RedisTimers(client, prefix=f"test:{uuid4()}")
    await client.aclose()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def timer(subject: UUID = FIRST, *, due: float = 60, kind: TimerKind = "reservation") -> Timer:
    return Timer(kind, subject, TENANT, at(due))


async def claim(timers: Timers, seconds: float, *, timers_max: int = 10) -> list[Timer]:
    return list(await timers.claim_due(now=at(seconds), timers_max=timers_max, lease_s=30))


async def test_a_timer_is_due_exactly_at_its_time_and_comes_as_it_was(timers: Timers) -> None:
    await timers.schedule(timer())
    assert await claim(timers, 59.999) == []
    assert await claim(timers, 60) == [timer()]


async def test_a_timer_never_comes_before_its_time_by_rounding(timers: Timers) -> None:
    await timers.schedule(timer(due=60.0004))
    assert await claim(timers, 60) == []
    assert len(await claim(timers, 60.001)) == 1


async def test_timers_come_in_the_order_of_their_times_and_no_more_than_asked_for(timers: Timers) -> None:
    for subject, due in ((FIRST, 30), (SECOND, 10), (THIRD, 20)):
        await timers.schedule(timer(subject, due=due))
    assert [each.subject_id for each in await claim(timers, 60, timers_max=2)] == [SECOND, THIRD]
    assert [each.subject_id for each in await claim(timers, 60, timers_max=2)] == [FIRST]


async def test_of_two_times_for_one_subject_the_later_stands(timers: Timers) -> None:
    for due in (60, 90, 70):
        await timers.schedule(timer(due=due))
    assert await claim(timers, 89) == []
    assert await claim(timers, 90) == [timer(due=90)]
    assert await claim(timers, 91) == []


async def test_an_order_and_a_reservation_of_one_id_are_two_subjects(timers: Timers) -> None:
    await timers.schedule(timer(kind="order"))
    await timers.schedule(timer(kind="reservation"))
    assert {each.kind for each in await claim(timers, 60)} == {"order", "reservation"}


async def test_an_acknowledged_timer_never_comes_back(timers: Timers) -> None:
    await timers.schedule(timer())
    (claimed,) = await claim(timers, 60)
    await timers.acknowledge(claimed)
    assert await claim(timers, 100_000) == []


async def test_a_timer_whose_worker_died_comes_back_exactly_when_its_lease_ends_and_first(timers: Timers) -> None:
    await timers.schedule(timer())
    await claim(timers, 60)
    await timers.schedule(timer(SECOND, due=5))
    assert await claim(timers, 89.999, timers_max=0) == []
    assert [each.subject_id for each in await claim(timers, 90, timers_max=1)] == [FIRST]
    assert [each.subject_id for each in await claim(timers, 90)] == [SECOND]


async def test_a_claimed_timer_that_is_put_off_fires_again_at_the_later_time(timers: Timers) -> None:
    await timers.schedule(timer())
    (claimed,) = await claim(timers, 60)
    await timers.schedule(timer(due=80))
    await timers.acknowledge(claimed)
    assert await claim(timers, 79) == []
    assert await claim(timers, 80) == [timer(due=80)]


async def test_the_acknowledgement_of_an_earlier_time_leaves_the_later_claim(timers: Timers) -> None:
    await timers.schedule(timer())
    (early,) = await claim(timers, 60)
    await timers.schedule(timer(due=80))
    assert await claim(timers, 80) == [timer(due=80)]
    await timers.acknowledge(early)
    assert await claim(timers, 110) == [timer(due=80)]


async def test_a_late_lease_and_a_new_time_of_one_subject_are_one_timer(timers: Timers) -> None:
    await timers.schedule(timer())
    await claim(timers, 60)
    await timers.schedule(timer(due=80))
    (only,) = await claim(timers, 100)
    assert only == timer(due=80)
    await timers.acknowledge(only)
    assert await claim(timers, 1000) == []


async def test_a_cancelled_timer_does_not_come(timers: Timers) -> None:
    await timers.schedule(timer())
    await timers.schedule(timer(SECOND))
    await timers.cancel("reservation", FIRST, tenant_id=TENANT)
    assert [each.subject_id for each in await claim(timers, 60)] == [SECOND]
    await timers.cancel("reservation", SECOND, tenant_id=TENANT)
    assert await claim(timers, 1000) == []


async def test_cancelling_or_acknowledging_what_is_gone_does_nothing(timers: Timers) -> None:
    await timers.cancel("order", FIRST, tenant_id=TENANT)
    await timers.acknowledge(timer())
    assert await claim(timers, 1000) == []


async def test_a_timer_is_armed_until_it_was_told(timers: Timers) -> None:
    await timers.schedule(timer(), timer(SECOND, due=30))
    named = [(TENANT, subject) for subject in (FIRST, SECOND, THIRD)]
    assert await timers.armed("reservation", named) == {(TENANT, FIRST), (TENANT, SECOND)}
    assert await timers.armed("order", named) == set()
    assert await timers.armed("reservation", []) == set()
    (leased,) = await claim(timers, 30)
    assert await timers.armed("reservation", named) == {(TENANT, FIRST), (TENANT, SECOND)}
    await timers.acknowledge(leased)
    assert await timers.armed("reservation", named) == {(TENANT, FIRST)}
