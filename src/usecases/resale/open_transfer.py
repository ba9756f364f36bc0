"""Tie a pass to a recorded transfer."""

from dataclasses import dataclass

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_errors import TransferNotFoundError
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.ids import TenantId, TransferId
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from usecases.resale.transfer_news import save_transfer
from usecases.resale.untie_transfer import UntieTransfer


@dataclass(frozen=True, slots=True)
class OpenTransfer:
    """Part of offering a pass, and of the sweep, which goes on where a process died. May be repeated."""

    resale: ResaleTransactions
    admission: AdmissionApi
    untie: UntieTransfer
    clock: Clock

    async def __call__(self, tenant_id: TenantId, transfer_id: TransferId) -> Transfer:
        """Tie the pass and offer it; one that is further already stays as it is.

        Raises RefusedError when admission does not let the pass be tied: the transfer has lapsed then, and nobody was
        told of it.
        """
        async with self.resale.begin(tenant_id) as tx:
            transfer = await tx.transfers.get(transfer_id)
        if transfer is None:
            raise TransferNotFoundError
        if transfer.status is not TransferStatus.OPENING:
            return transfer
        refusal: RefusedError | None = None
        try:
            await self.admission.offer(
                tenant_id=tenant_id,
                pass_id=transfer.subject.pass_id,
                account_id=transfer.from_account,
                offer_id=transfer_id,
                kind="transfer",
            )
        except RefusedError as refused:
            refusal = refused
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            found = await tx.transfers.locked(transfer_id)
            assert found is not None, "no transfer is ever deleted"
            if found.status is TransferStatus.OPENING:
                after = found.offered(now) if refusal is None else found.lapsed(refusal.message, now)
                found = await save_transfer(tx, found, after, now=now)
        if not found.is_live:  # Refused; or somebody else ended it meanwhile, and what was tied just now is untied.
            await self.untie(tenant_id, found)
        if refusal is not None:
            raise refusal
        return found
