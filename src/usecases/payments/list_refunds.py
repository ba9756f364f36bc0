"""Lists refunds."""

from dataclasses import dataclass

from core.payments.refund import Refund, RefundStatus
from core.shared.callers import SELLERS, Caller
from ports.paging import Page, PageRequest
from ports.payments import PaymentTransactions


@dataclass(frozen=True, slots=True)
class ListRefunds:
    """Open to staff who sell: all refunds of the organisation, or those of one status; the failed ones are work."""

    transactions: PaymentTransactions

    async def __call__(self, caller: Caller, page: PageRequest, status: RefundStatus | None = None) -> Page[Refund]:
        """Return a page of refunds in the order of their ids; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.refunds.page(page, status=status)
