"""Say what was decided about passes."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.resale.receipts.kept_verdict import KeptVerdict
from core.shared.ids import PassId, TenantId
from ports.resale import ResaleTransactions

VERDICTS_MAX = 100
"""Of one pass; the newest."""


@dataclass(frozen=True, slots=True)
class VerdictsOfPasses:
    """For other contexts, which have asked who may know."""

    resale: ResaleTransactions

    async def __call__(self, tenant_id: TenantId, pass_ids: Sequence[PassId]) -> Sequence[KeptVerdict]:
        """Return the kept verdicts about these passes, oldest first."""
        async with self.resale.begin(tenant_id) as tx:
            found = [
                verdict
                for pass_id in dict.fromkeys(pass_ids)
                for verdict in await tx.verdicts.of_pass(pass_id, verdicts_max=VERDICTS_MAX)
            ]
        return sorted(found, key=lambda verdict: (verdict.receipt.receipt.issued_at, verdict.id))
