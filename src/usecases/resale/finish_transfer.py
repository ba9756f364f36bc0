"""Hand over a pass that was accepted."""

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
class FinishTransfer:
    """Part of accepting, and of the sweep, which goes on where a process died. May be repeated.

    Admission says first whose pass it is, once and for all; then it is written down here, in one transaction with the
    history of the pass.
    """

    resale: ResaleTransactions
    admission: AdmissionApi
    untie: UntieTransfer
    clock: Clock

    async def __call__(self, tenant_id: TenantId, transfer_id: TransferId) -> Transfer:
        """Return the transfer as ACCEPTED; one that is not ACCEPTING stays as it is.

        Raises RefusedError when admission does not hand the pass over: the transfer has lapsed then, for that reason.
        """
        async with self.resale.begin(tenant_id) as tx:
            transfer = await tx.transfers.get(transfer_id)
        if transfer is None:
            raise TransferNotFoundError
        if transfer.status is not TransferStatus.ACCEPTING:
            return transfer
        assert transfer.to_account is not None, "what is accepted has a recipient"
        refusal: RefusedError | None = None
        try:
            await self.admission.hand_over(
                tenant_id=tenant_id,
                pass_id=transfer.subject.pass_id,
                offer_id=transfer_id,
                to_account_id=transfer.to_account,
                holder_name=transfer.holder_name,
            )
        except RefusedError as refused:
            refusal = refused
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            await tx.history.lock(transfer.subject.lineage_id)
            found = await tx.transfers.locked(transfer_id)
            assert found is not None, "no transfer is ever deleted"
            if found.status is TransferStatus.ACCEPTING and refusal is None:
                found = await save_transfer(tx, found, found.accepted(now), now=now)
                await tx.history.append(found.entry(now))
            elif found.status is TransferStatus.ACCEPTING and refusal is not None:
                found = await save_transfer(tx, found, found.lapsed(refusal.message, now), now=now)
        if refusal is not None:
            await self.untie(tenant_id, found)
            raise refusal
        return found
