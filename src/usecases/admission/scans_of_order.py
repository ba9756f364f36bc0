"""Say what was seen at the gates of the passes of an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.admission.scans import Scan
from core.shared.ids import OrderId, TenantId
from ports.admission import AdmissionTransactions

SCANS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class ScansOfOrder:
    """For the other contexts, which have asked who may know."""

    admission: AdmissionTransactions

    async def __call__(self, tenant_id: TenantId, order_id: OrderId) -> Sequence[Scan]:
        """Return the first 1,000 scans of the order's passes in the order they were made."""
        async with self.admission.begin(tenant_id) as tx:
            return await tx.scans.of_order(order_id, scans_max=SCANS_MAX)
