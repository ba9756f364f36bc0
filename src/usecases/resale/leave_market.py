"""Take everything off the market that a person offered, and let go of what was offered to them."""

from contextlib import suppress
from dataclasses import dataclass

from core.resale.market.listing_errors import ListingNotFoundError, ListingOrderedError
from core.resale.transfers.transfer_errors import TransferNotFoundError, TransferStepError
from core.shared.callers import Caller
from core.shared.ids import AccountId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from ports.resale.persons import OffersOfPerson
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.end_transfer import WithdrawTransfer
from usecases.resale.transfer_news import save_transfer
from usecases.resale.untie_transfer import UntieTransfer
from usecases.resale.wait_for_returns import LeaveWaitingList


@dataclass(frozen=True, slots=True)
class LeaveMarket:
    """For the erasure of a person. What a buyer has ordered already goes its way."""

    resale: ResaleTransactions
    offers: OffersOfPerson
    cancel: CancelListing
    withdraw: WithdrawTransfer
    untie: UntieTransfer
    leave: LeaveWaitingList
    clock: Clock

    async def __call__(self, account_id: AccountId, *, email: str | None) -> None:
        """End listings, transfers and places on waiting lists; safe to repeat."""
        found = await self.offers.live(account_id, email=email)
        for tenant_id, listing_id in found.listings:
            with suppress(ListingNotFoundError, ListingOrderedError):
                await self.cancel(Caller(account_id, tenant_id), listing_id)
        for tenant_id, transfer_id in found.sent:
            with suppress(TransferNotFoundError, TransferStepError):
                await self.withdraw(Caller(account_id, tenant_id), transfer_id)
        for tenant_id, ticket_id in found.waiting:
            await self.leave(Caller(account_id, tenant_id), ticket_id)
        for tenant_id, transfer_id in found.received:
            now = self.clock.now()
            async with self.resale.begin(tenant_id) as tx:
                transfer = await tx.transfers.locked(transfer_id)
                if transfer is None:
                    continue
                with suppress(TransferStepError):
                    transfer = await save_transfer(tx, transfer, transfer.declined(now), now=now)
            await self.untie(tenant_id, transfer)
