"""How the payouts stand."""

from typing import override

from ports.health import HealthCheck, HealthReport
from ports.payments.payouts import UnsettledPayouts


class PayoutHealth(HealthCheck):
    """Counts the payouts that are not settled. They are shown, and do not make the service unfit to serve."""

    name = "payouts"

    def __init__(self, payouts: UnsettledPayouts) -> None:
        self._payouts = payouts

    @override
    async def check(self) -> HealthReport:
        backlog = await self._payouts.payout_backlog()
        facts = {"pending": backlog.pending, "owed": backlog.owed, "failed": backlog.failed}
        return HealthReport(self.name, ok=True, facts=facts)
