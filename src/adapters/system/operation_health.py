"""How the long operations stand."""

from typing import override

from ports.clock import Clock
from ports.health import HealthCheck, HealthReport
from ports.operations import DueOperations

UNTOUCHED_MAX_S = 900.0
"""For so long nobody has worked on one that could go on: no worker is at work, or each that takes it dies."""


class OperationHealth(HealthCheck):
    """Counts the operations that are not over, and how far they are. Serving needs none of them."""

    name = "operations"
    needed = False

    def __init__(self, operations: DueOperations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    @override
    async def check(self) -> HealthReport:
        backlog = await self._operations.backlog(now=self._clock.now())
        return HealthReport(
            self.name,
            ok=backlog.untouched_s <= UNTOUCHED_MAX_S,
            facts={
                "pending": backlog.pending,
                "in_progress": backlog.in_progress,
                "done": backlog.done,
                "total": backlog.total,
                "untouched_s": round(backlog.untouched_s, 3),
            },
        )
