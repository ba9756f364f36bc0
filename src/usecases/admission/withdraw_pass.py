"""Untie a pass from an offer."""

from dataclasses import dataclass
from uuid import UUID

from core.admission.errors import PassNotFoundError
from core.shared.ids import PassId, TenantId
from ports.admission import AdmissionTransactions


@dataclass(frozen=True, slots=True)
class WithdrawPass:
    """For resale, when an offer has ended without a change of hands. What is not tied to that offer stays as it is."""

    admission: AdmissionTransactions

    async def __call__(self, tenant_id: TenantId, pass_id: PassId, *, offer_id: UUID) -> None:
        """Untie it; raises PassNotFoundError."""
        async with self.admission.begin(tenant_id) as tx:
            found = await tx.passes.lock(pass_id)
            if found is None:
                raise PassNotFoundError
            await tx.passes.save(found.withdrawn(offer_id))
