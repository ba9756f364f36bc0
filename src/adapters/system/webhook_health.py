"""How the webhook inbox stands."""

from typing import override

from ports.clock import Clock
from ports.health import HealthCheck, HealthReport
from ports.webhooks import WebhookQueue

AGE_MAX_S = 900.0
"""One that has had no effect for so long has failed many times, or no worker is at work."""


class WebhookHealth(HealthCheck):
    """Counts the webhooks that had no effect yet, by status. It is not ok while the oldest is older than `age_max_s`.

    Serving needs none of them: sweeps find what a webhook would have told.
    """

    name = "webhooks"
    needed = False

    def __init__(self, queue: WebhookQueue, clock: Clock, *, age_max_s: float = AGE_MAX_S) -> None:
        self._queue = queue
        self._clock = clock
        self._age_max_s = age_max_s

    @override
    async def check(self) -> HealthReport:
        backlog = await self._queue.backlog(now=self._clock.now())
        return HealthReport(
            self.name,
            ok=backlog.oldest_age_s <= self._age_max_s,
            facts={
                "unhandled": backlog.unhandled,
                "received": backlog.received,
                "processing": backlog.processing,
                "retrying": backlog.retrying,
                "failed": backlog.failed,
                "oldest_age_s": round(backlog.oldest_age_s, 3),
            },
        )
