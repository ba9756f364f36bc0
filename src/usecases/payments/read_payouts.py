"""Shows payouts."""

from dataclasses import dataclass

from core.payments.errors import PayoutNotFoundError
from core.payments.payout import Payout, PayoutStatus
from core.shared.callers import SELLERS, Caller
from core.shared.ids import PayoutId
from ports.paging import Page, PageRequest
from ports.payments import PaymentTransactions


@dataclass(frozen=True, slots=True)
class ReadPayouts:
    """Open to whoever resold, for their own, and to staff who sell, for all; another person's is absent."""

    transactions: PaymentTransactions

    async def __call__(self, caller: Caller, page: PageRequest, status: PayoutStatus | None = None) -> Page[Payout]:
        """Return a page of payouts in the order of their ids."""
        seller = None if caller.role in SELLERS else caller.account_id
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.payouts.page(page, status=status, seller=seller)

    async def one(self, caller: Caller, payout_id: PayoutId) -> Payout:
        """Return the payout; raises PayoutNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            payout = await tx.payouts.find(payout_id)
        if payout is None or (payout.seller_account_id != caller.account_id and caller.role not in SELLERS):
            raise PayoutNotFoundError
        return payout
