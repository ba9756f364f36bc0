"""List what was sold at the box office."""

from dataclasses import dataclass

from core.orders.order import Order
from core.shared.callers import SELLERS, Caller
from ports.orders import OrderTransactions
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class ListBoxOfficeOrders:
    """Open to those who sell for the organisation."""

    transactions: OrderTransactions

    async def __call__(self, caller: Caller, page: PageRequest) -> Page[Order]:
        """Return a page of the box office's orders, those placed first coming first; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.orders.box_office_page(page)
