"""Give an offered pass to another account."""

from dataclasses import dataclass
from uuid import UUID

from core.admission.errors import PassNotFoundError, PassNotOfferedError
from core.admission.offers import Handover
from core.admission.passes import Pass
from core.shared.ids import AccountId, PassId, TenantId
from ports.admission import AdmissionTransactions
from ports.clock import Clock
from ports.published.admission import PassHandedOver


@dataclass(frozen=True, slots=True)
class HandOverPass:
    """For resale, when a transfer was accepted. The code from before is void in the same transaction."""

    admission: AdmissionTransactions
    clock: Clock

    async def __call__(
        self, tenant_id: TenantId, pass_id: PassId, *, offer_id: UUID, to: AccountId, holder_name: str | None
    ) -> Pass:
        """Return the pass as it stands now; the same again changes nothing, even when it went on since.

        Raises PassNotFoundError, PassNotOfferedError also when the offer was accepted for another account, and what
        Pass.handed_over raises.
        """
        now = self.clock.now()
        async with self.admission.begin(tenant_id) as tx:
            found = await tx.passes.lock(pass_id)
            if found is None:
                raise PassNotFoundError
            before = await tx.handovers.handover(offer_id)
            if before is not None:
                if (before.pass_id, before.to_account_id) != (pass_id, to):
                    raise PassNotOfferedError
                return found
            given = found.handed_over(offer_id, to=to, holder_name=holder_name)
            await tx.passes.save(given)
            handover = Handover(
                offer_id=offer_id,
                pass_id=pass_id,
                from_account_id=found.account_id,
                to_account_id=to,
                revision=given.revision,
                at=now,
            )
            await tx.handovers.add_handover(handover)
            told = PassHandedOver(
                pass_id=pass_id,
                offer_id=offer_id,
                order_id=found.order_id,
                order_item_id=found.order_item_id,
                unit=found.unit,
                from_account_id=found.account_id,
                to_account_id=to,
                revision=given.revision,
            )
            await tx.outbox.add(told, subject=pass_id, at=now)
        return given
