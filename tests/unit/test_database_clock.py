"""A clock that follows another one across a network, as slow and as wrong as it may be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from adapters.memory.clock import MemoryClock
from adapters.postgres.clock import ROUND_TRIP_MAX_S, SAMPLES, STEP_MAX_S, DatabaseClock
from ports.stores import StoreUnavailableError

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@dataclass
class Database:
    """A database whose clock is `ahead_s` of the true time, at the far end of a wire; True time is `seconds`."""

    ahead_s: float = 0.0
    there_s: float = 0.01
    back_s: float = 0.01
    seconds: float = 1000.0
    away: bool = False
    lies: list[float] = field(default_factory=list[float])

    def acquire(self) -> Any:
        @asynccontextmanager
        async def connection() -> AsyncIterator[Database]:
            if self.away:
                raise ConnectionError("away")
            yield self

        return connection()

    async def fetchval(self, _: str) -> datetime:
        self.seconds += self.there_s
        answer = self.now(self.ahead_s + (self.lies.pop() if self.lies else 0.0))
        self.seconds += self.back_s
        return answer

    def now(self, ahead_s: float = 0.0) -> datetime:
        return NOW + timedelta(seconds=self.seconds + ahead_s)

    def clock(self, skew_s: float) -> DatabaseClock:
        """Return the clock of a process whose machine is this much ahead of the true time."""
        system = MemoryClock(self.now(skew_s))
        return DatabaseClock(cast("Any", self), system, steady=lambda: self.seconds)


def off_s(clock: DatabaseClock, database: Database) -> float:
    """Return how far the clock is ahead of the database's."""
    return (clock.now() - database.now(database.ahead_s)).total_seconds()


@pytest.mark.parametrize("skew_s", [-3600.0, -5.0, -0.5, 0.0, 0.5, 5.0, 3600.0])
async def test_a_machine_whose_clock_is_wrong_follows_the_database(skew_s: float) -> None:
    database = Database()
    clock = database.clock(skew_s)
    await clock.measure()
    await clock.measure()
    assert off_s(clock, database) == pytest.approx(0.0, abs=1e-3)
    database.seconds += 100
    assert off_s(clock, database) == pytest.approx(0.0, abs=1e-3)


async def test_before_the_first_look_the_clock_of_the_machine_is_right() -> None:
    assert off_s(Database().clock(5.0), Database()) == pytest.approx(5.0)


@pytest.mark.parametrize("there_s, back_s", [(0.2, 0.0), (0.0, 0.2), (0.1, 0.1)])
async def test_a_wire_that_is_slower_one_way_misleads_by_half_the_round_trip_at_most(
    there_s: float, back_s: float
) -> None:
    database = Database(there_s=there_s, back_s=back_s)
    clock = database.clock(0.9)
    await clock.measure()
    assert abs(off_s(clock, database)) <= (there_s + back_s) / 2 + 1e-6
    assert clock.error_s == pytest.approx((there_s + back_s) / 2)


async def test_an_answer_that_took_too_long_is_not_heard() -> None:
    database = Database(there_s=ROUND_TRIP_MAX_S, back_s=0.001)
    clock = database.clock(-0.5)
    await clock.measure()
    assert off_s(clock, database) == pytest.approx(-0.5)
    database.there_s = ROUND_TRIP_MAX_S - 0.002
    await clock.measure()
    assert abs(off_s(clock, database)) <= ROUND_TRIP_MAX_S / 2


async def test_one_wrong_answer_is_not_believed_and_the_same_twice_is() -> None:
    database = Database()
    clock = database.clock(0.0)
    await clock.measure()
    for lie_s in (-4000.0, STEP_MAX_S + 1, 4000.0):
        database.lies = [lie_s] * SAMPLES
        await clock.measure()
        assert off_s(clock, database) == pytest.approx(0.0, abs=0.02)
    database.ahead_s = 30.0
    await clock.measure()
    await clock.measure()
    assert off_s(clock, database) == pytest.approx(0.0, abs=0.02)


async def test_time_stands_still_until_a_database_that_is_behind_has_caught_up() -> None:
    database = Database(ahead_s=-4.0)
    clock = database.clock(0.0)
    before = clock.now()
    await clock.measure()
    await clock.measure()
    assert clock.now() == before
    database.seconds += 3.0
    assert clock.now() == before
    database.seconds += 2.0
    assert clock.now() > before
    assert off_s(clock, database) == pytest.approx(0.0, abs=0.02)


async def test_a_database_that_is_away_changes_nothing() -> None:
    database = Database()
    clock = database.clock(5.0)
    await clock.measure()
    await clock.measure()
    database.away = True
    with pytest.raises(StoreUnavailableError):
        await clock.measure()
    database.seconds += 1000
    assert off_s(clock, database) == pytest.approx(0.0, abs=1e-3)
