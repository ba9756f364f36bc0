"""Sweep the transfers that something is due for."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from core.resale.transfers.transfer import TIME_OVER
from core.resale.transfers.transfer_rules import TransferTerms
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import TenantId, TransferId
from ports.clock import Clock
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from ports.resale.transfers import DueTransfers
from usecases.resale.finish_transfer import FinishTransfer
from usecases.resale.open_transfer import OpenTransfer
from usecases.resale.transfer_news import save_transfer
from usecases.resale.untie_transfer import UntieTransfer

_LOG = logging.getLogger("fairseat.resale")


@dataclass(frozen=True, slots=True)
class TendTransfer:
    """Does what is due for one transfer: ties the pass, hands it over, lets the offer lapse, gives the pass back."""

    resale: ResaleTransactions
    open: OpenTransfer
    finish: FinishTransfer
    untie: UntieTransfer
    clock: Clock

    async def __call__(self, tenant_id: TenantId, transfer_id: TransferId) -> None:
        """Do all that is due; may be repeated. Raises LinkUnavailableError while admission cannot be asked."""
        with suppress(RefusedError):  # it has lapsed then, and is looked after below
            await self.open(tenant_id, transfer_id)
            await self.finish(tenant_id, transfer_id)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            transfer = await tx.transfers.locked(transfer_id)
            assert transfer is not None, "no transfer is ever deleted"
            if transfer.is_live and transfer.status_at(now) is TransferStatus.LAPSED:
                transfer = await save_transfer(tx, transfer, transfer.lapsed(TIME_OVER, now), now=now)
        if transfer.offer_tied:
            await self.untie(tenant_id, transfer)


@dataclass(frozen=True, slots=True)
class TendTransfers:
    """Done by the worker, across tenants: goes on where a process died, and ends what its time has come for."""

    due_transfers: DueTransfers
    tend: TendTransfer
    resale: ResaleTransactions
    clock: Clock
    terms: TransferTerms

    async def __call__(self) -> int:
        """Return how many transfers were looked after; one that fails is looked at again later, behind the others."""
        done = 0
        due = await self.due_transfers.due(now=self.clock.now(), transfers_max=self.terms.sweep_transfers_max)
        for tenant_id, transfer_id in due:
            try:
                await self.tend(tenant_id, transfer_id)
            except (DomainError, UnavailableError) as error:
                _LOG.warning("transfer %s stays due: %s", transfer_id, error)
                await self._put_off(tenant_id, transfer_id)
            else:
                done += 1
        return done

    async def _put_off(self, tenant_id: TenantId, transfer_id: TransferId) -> None:
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            transfer = await tx.transfers.locked(transfer_id)
            if transfer is not None:
                await save_transfer(tx, transfer, transfer.retry(now), now=now)
