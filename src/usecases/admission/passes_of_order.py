"""Say what is known of the passes of an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.admission.passes import Pass
from core.shared.ids import OrderId, TenantId
from ports.admission import AdmissionTransactions


@dataclass(frozen=True, slots=True)
class PassesOfOrder:
    """For the other contexts, which have asked who may know."""

    admission: AdmissionTransactions

    async def __call__(self, tenant_id: TenantId, order_id: OrderId) -> Sequence[Pass]:
        """Return the passes by id, those that are over as well; none for an order that was never heard of."""
        async with self.admission.begin(tenant_id) as tx:
            return await tx.passes.of_order(order_id)
