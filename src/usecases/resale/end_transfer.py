"""Decline a pass that was offered, or take the offer back."""

import logging
from dataclasses import dataclass

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_errors import TransferNeedsAccountError, TransferNotFoundError
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.callers import Caller
from core.shared.errors import UnavailableError
from core.shared.ids import TenantId, TransferId
from ports.clock import Clock
from ports.published.identity import IdentityApi
from ports.resale import ResaleTransactions
from usecases.resale.transfer_news import save_transfer
from usecases.resale.transfer_persons import recipient_email_of
from usecases.resale.untie_transfer import UntieTransfer

_LOG = logging.getLogger("fairseat.resale")


@dataclass(frozen=True, slots=True)
class DeclineTransfer:
    """Open to the account with the address that the pass was offered to."""

    resale: ResaleTransactions
    identity: IdentityApi
    untie: UntieTransfer
    clock: Clock

    async def __call__(self, caller: Caller, transfer_id: TransferId) -> Transfer:
        """Return the transfer as DECLINED; the pass is its holder's again.

        Declining again changes nothing. Raises TransferNotFoundError, TransferNeedsAccountError for a guest,
        EmailUnverifiedError, and TransferStepError when it is accepted or over.
        """
        if caller.guest:
            raise TransferNeedsAccountError
        email = await recipient_email_of(self.identity, caller)
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            transfer = await tx.transfers.locked(transfer_id)
            if transfer is None or not transfer.is_offered_to(email):
                raise TransferNotFoundError
            if transfer.status is not TransferStatus.DECLINED:
                transfer = await save_transfer(tx, transfer, transfer.declined(now), now=now)
        return await _given_back(self.untie, caller.tenant_id, transfer)


@dataclass(frozen=True, slots=True)
class WithdrawTransfer:
    """Open to whoever offered the pass."""

    resale: ResaleTransactions
    untie: UntieTransfer
    clock: Clock

    async def __call__(self, caller: Caller, transfer_id: TransferId) -> Transfer:
        """Return the transfer as WITHDRAWN; the pass is valid again.

        One that ended without a change of hands stays as it is. Raises TransferNotFoundError, and TransferStepError
        while the pass is being tied or handed over, and once it is accepted.
        """
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            transfer = await tx.transfers.locked(transfer_id)
            if transfer is None or transfer.from_account != caller.account_id:
                raise TransferNotFoundError
            over = transfer.status_at(now) in {
                TransferStatus.DECLINED,
                TransferStatus.LAPSED,
                TransferStatus.WITHDRAWN,
            }
            if not over:
                transfer = await save_transfer(tx, transfer, transfer.withdrawn(now), now=now)
        return await _given_back(self.untie, caller.tenant_id, transfer)


async def _given_back(untie: UntieTransfer, tenant_id: TenantId, transfer: Transfer) -> Transfer:
    """Untie the pass; that it could not be done is no reason to tell anybody that the transfer did not end."""
    if transfer.offer_tied:
        try:
            await untie(tenant_id, transfer)
        except UnavailableError as error:
            _LOG.warning("the sweep will untie the pass of transfer %s: %s", transfer.id, error)
    return transfer
