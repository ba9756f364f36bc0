"""How the refunds stand."""

from typing import override

from ports.health import HealthCheck, HealthReport
from ports.payments import UnsettledRefunds


class RefundHealth(HealthCheck):
    """Counts the refunds that have not arrived. They are shown, and do not make the service unfit to serve."""

    name = "refunds"

    def __init__(self, refunds: UnsettledRefunds) -> None:
        self._refunds = refunds

    @override
    async def check(self) -> HealthReport:
        backlog = await self._refunds.backlog()
        return HealthReport(self.name, ok=True, facts={"pending": backlog.pending, "failed": backlog.failed})
