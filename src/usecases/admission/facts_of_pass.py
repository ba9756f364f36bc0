"""Say all that is known of one pass."""

from dataclasses import dataclass

from core.admission.errors import PassNotFoundError
from core.admission.passes import Pass
from core.shared.ids import PassId, TenantId
from ports.admission import AdmissionTransactions


@dataclass(frozen=True, slots=True)
class FactsOfPass:
    """For the other contexts, which have asked who may know."""

    admission: AdmissionTransactions

    async def __call__(self, tenant_id: TenantId, pass_id: PassId) -> Pass:
        """Return the pass, over or not; raises PassNotFoundError."""
        async with self.admission.begin(tenant_id) as tx:
            found = await tx.passes.get(pass_id)
        if found is None:
            raise PassNotFoundError
        return found
