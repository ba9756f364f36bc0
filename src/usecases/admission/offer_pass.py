"""Tie a pass to an offer."""

from dataclasses import dataclass
from uuid import UUID

from core.admission.errors import PassNotFoundError
from core.admission.offers import OfferKind, PassOffer
from core.admission.passes import Pass
from core.shared.ids import AccountId, PassId, TenantId
from ports.admission import AdmissionTransactions
from ports.clock import Clock


@dataclass(frozen=True, slots=True)
class OfferPass:
    """For resale, which has asked the law and the organiser. Of many offers at once one gets the pass."""

    admission: AdmissionTransactions
    clock: Clock

    async def __call__(
        self, tenant_id: TenantId, pass_id: PassId, *, by: AccountId, offer_id: UUID, kind: OfferKind
    ) -> Pass:
        """Return the pass as it is tied; the same offer again changes nothing.

        Raises PassNotFoundError, and what Pass.offered raises.
        """
        offer = PassOffer(offer_id, kind, self.clock.now())
        async with self.admission.begin(tenant_id) as tx:
            found = await tx.passes.lock(pass_id)
            if found is None:
                raise PassNotFoundError
            offered = found.offered(offer, by=by)
            await tx.passes.save(offered)
        return offered
