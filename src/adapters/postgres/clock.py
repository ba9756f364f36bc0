"""Time as the database's machine has it, so that all processes that share a database decide by one clock."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import override

from adapters.postgres.pool import Pool, driver_errors_translated
from ports.clock import Clock

_log = logging.getLogger(__name__)

SAMPLES = 3
ROUND_TRIP_MAX_S = 0.25
"""An answer that took longer tells too little of the moment that it is about."""
STEP_MAX_S = 1.0
"""A clock that is further off is believed when it says the same twice."""
_AGREEMENT_S = 0.5


class DatabaseClock(Clock):
    """This process's own steady clock, set by the database's: `measure` is called at the start and now and then.

    A look is taken for the middle of its round trip, so it is wrong by half of that at most; the quickest of a few
    counts. Until the first one succeeds the machine's own clock is right; later on an absent or slow database changes
    nothing, and neither does a step of the machine's clock. Time never goes backwards: where the database is behind,
    it stands still until the database has caught up.
    """

    def __init__(
        self,
        pool: Pool,
        system: Clock,
        *,
        steady: Callable[[], float] = time.monotonic,
        round_trip_max_s: float = ROUND_TRIP_MAX_S,
    ) -> None:
        self._pool = pool
        self._steady = steady
        self._round_trip_max_s = round_trip_max_s
        self._base = system.now().timestamp() - steady()
        self._suspect: float | None = None
        self._last = 0.0
        self.error_s: float | None = None
        """How far the clock may be from the database's, when it was set last; None for never."""

    @override
    def now(self) -> datetime:
        self._last = max(self._last, self._steady() + self._base)
        return datetime.fromtimestamp(self._last, UTC)

    async def measure(self) -> int:
        """Look at the database's clock and follow it; return 0. Raises StoreUnavailableError."""
        async with driver_errors_translated(), self._pool.acquire() as connection:
            looks: list[tuple[float, float]] = []
            for _ in range(SAMPLES):
                sent = self._steady()
                answer: datetime = await connection.fetchval("select clock_timestamp()")
                received = self._steady()
                looks.append((received - sent, answer.timestamp() - (sent + received) / 2))
        round_trip_s, base = min(looks)
        if round_trip_s <= self._round_trip_max_s:
            self._follow(base, error_s=round_trip_s / 2)
        return 0

    def _follow(self, base: float, *, error_s: float) -> None:
        step = base - self._base
        if abs(step) > STEP_MAX_S:
            suspect, self._suspect = self._suspect, base
            if suspect is None or abs(suspect - base) > _AGREEMENT_S:
                return
            _log.warning("the database's clock is %+.3f s from ours, and is followed", step)
        self._suspect = None
        if self.error_s is None or abs(step) > error_s:  # else the two agree as well as can be told
            self._base = base
            self.error_s = error_s
