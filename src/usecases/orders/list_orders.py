"""List orders."""

from dataclasses import dataclass

from core.orders.order import Order
from core.shared.callers import Caller
from ports.orders import OrderTransactions
from ports.paging import Page, PageRequest
from usecases.orders.access import sees_every_order


@dataclass(frozen=True, slots=True)
class ListOrders:
    """Open to everyone: buyers see their own orders, those who sell for the organisation all of its orders."""

    transactions: OrderTransactions

    async def __call__(self, caller: Caller, page: PageRequest) -> Page[Order]:
        """Return a page of orders, those placed first coming first."""
        account_id = None if sees_every_order(caller) else caller.account_id
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.orders.page(page, account_id=account_id)
