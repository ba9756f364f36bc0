"""List orders, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.order import Order
from core.shared.callers import Caller
from core.shared.ids import OrderId
from ports.orders import OrderTransactions
from usecases.orders.access import sees_every_order


@dataclass(frozen=True, slots=True)
class ListOrders:
    """Open to everyone: buyers see their own orders, those who sell for the organisation all of its orders."""

    transactions: OrderTransactions

    async def __call__(self, caller: Caller, *, before: OrderId | None, orders_max: int) -> Sequence[Order]:
        """Return up to `orders_max` orders that come after `before` in the list."""
        account_id = None if sees_every_order(caller) else caller.account_id
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await tx.orders.page(account_id=account_id, before=before, orders_max=orders_max)
