"""How a service's database and its outbox stand."""

from typing import override

from ports.clock import Clock
from ports.events import OutboxQueue
from ports.health import HealthCheck, HealthReport


class PostgresHealth(HealthCheck):
    """Asks the database for the backlog of its outbox; events given up are shown, and do not make it unfit."""

    def __init__(self, name: str, queue: OutboxQueue, clock: Clock) -> None:
        self.name = name
        self._queue = queue
        self._clock = clock

    @override
    async def check(self) -> HealthReport:
        depth = await self._queue.depth(now=self._clock.now())
        return HealthReport(
            self.name,
            ok=True,
            facts={
                "outbox_waiting": depth.waiting,
                "outbox_dead": depth.dead,
                "outbox_oldest_age_s": round(depth.oldest_age_s, 3),
            },
        )
