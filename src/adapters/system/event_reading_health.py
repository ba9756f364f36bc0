"""How the reading of Stripe's list of events stands."""

from typing import override

from ports.clock import Clock
from ports.health import HealthCheck, HealthReport
from ports.published.webhooks import STRIPE
from ports.webhooks import EventReadings

AGE_MAX_S = 3600.0
"""For so long no pass has ended: Stripe does not answer, the key may not read events, or no worker is at work."""


class EventReadingHealth(HealthCheck):
    """Tells how long ago the list was last read to its end; `-1` where no worker has begun to.

    Serving does not need it, nor do webhooks that come.
    """

    name = "event_reading"
    needed = False

    def __init__(self, readings: EventReadings, clock: Clock) -> None:
        self._readings = readings
        self._clock = clock

    @override
    async def check(self) -> HealthReport:
        read_at = await self._readings.read_at(STRIPE)
        if read_at is None:
            return HealthReport(self.name, ok=True, facts={"age_s": -1.0})
        age_s = max((self._clock.now() - read_at).total_seconds(), 0.0)
        return HealthReport(self.name, ok=age_s <= AGE_MAX_S, facts={"age_s": round(age_s, 3)})
