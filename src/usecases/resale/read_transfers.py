"""Read transfers: those that one offered, and those that were offered to one's address."""

from dataclasses import dataclass
from enum import StrEnum

from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_errors import TransferNotFoundError
from core.shared.callers import SELLERS, Caller
from core.shared.ids import TransferId
from ports.paging import Page, PageRequest
from ports.published.identity import IdentityApi
from ports.resale import ResaleTransactions
from usecases.resale.transfer_persons import email_of, recipient_email_of


class Box(StrEnum):
    """Which side of transfers somebody is on."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class ReadTransfers:
    """Both sides of a transfer, and staff who may act for customers; to others there is none."""

    resale: ResaleTransactions
    identity: IdentityApi

    async def one(self, caller: Caller, transfer_id: TransferId) -> Transfer:
        """Return a transfer; raises TransferNotFoundError, also for a recipient who has not verified the address."""
        async with self.resale.begin(caller.tenant_id) as tx:
            transfer = await tx.transfers.get(transfer_id)
        if transfer is None:
            raise TransferNotFoundError
        if caller.role in SELLERS or caller.account_id == transfer.from_account:
            return transfer
        if not transfer.is_offered_to(await email_of(self.identity, caller)):
            raise TransferNotFoundError
        return transfer

    async def page(self, caller: Caller, box: Box, page: PageRequest) -> Page[Transfer]:
        """Return the caller's own, oldest first; a guest has none coming in.

        Raises EmailUnverifiedError for what comes in to an account that has not verified its address.
        """
        if box is Box.OUT:
            async with self.resale.begin(caller.tenant_id) as tx:
                return await tx.transfers.sent(caller.account_id, page)
        email = await recipient_email_of(self.identity, caller)
        if email is None:
            return Page(items=(), next_after=None)
        async with self.resale.begin(caller.tenant_id) as tx:
            return await tx.transfers.received(email, page)
