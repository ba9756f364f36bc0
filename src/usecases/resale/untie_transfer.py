"""Give a pass back whose transfer is over."""

from contextlib import suppress
from dataclasses import dataclass

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.ids import TenantId
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from usecases.resale.transfer_news import save_transfer


@dataclass(frozen=True, slots=True)
class UntieTransfer:
    """Part of whatever ends a transfer, and of the sweep, which repeats it until admission has answered."""

    resale: ResaleTransactions
    admission: AdmissionApi
    clock: Clock

    async def __call__(self, tenant_id: TenantId, transfer: Transfer) -> None:
        """Untie the pass from a transfer that is over; one that lives, or was accepted, stays as it is.

        Raises LinkUnavailableError while admission cannot be asked.
        """
        if transfer.is_live or transfer.status is TransferStatus.ACCEPTED:
            return
        with suppress(RefusedError):  # no such pass, so nothing is tied
            await self.admission.withdraw(tenant_id=tenant_id, pass_id=transfer.subject.pass_id, offer_id=transfer.id)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            found = await tx.transfers.locked(transfer.id)
            if found is not None and not found.is_live and found.offer_tied:
                await save_transfer(tx, found, found.untied(now), now=now)
