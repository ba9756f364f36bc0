"""How the webhook inbox stands."""

from typing import override

from ports.clock import Clock
from ports.health import HealthCheck, HealthReport
from ports.webhooks import WebhookQueue


class WebhookHealth(HealthCheck):
    """Counts the webhooks that had no effect yet. They are shown, and do not make the service unfit to serve."""

    name = "webhooks"

    def __init__(self, queue: WebhookQueue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock

    @override
    async def check(self) -> HealthReport:
        backlog = await self._queue.backlog(now=self._clock.now())
        return HealthReport(
            self.name,
            ok=True,
            facts={
                "unhandled": backlog.unhandled,
                "retrying": backlog.retrying,
                "failed": backlog.failed,
                "oldest_age_s": round(backlog.oldest_age_s, 3),
            },
        )
