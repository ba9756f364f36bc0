"""Read one order."""

from dataclasses import dataclass

from core.orders.order import Order
from core.shared.callers import Caller
from core.shared.ids import OrderId
from ports.orders import OrderTransactions
from usecases.orders.access import visible_order


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """Open to the buyer of the order, and to those who sell for the organisation; to others it is not there."""

    transactions: OrderTransactions

    async def __call__(self, caller: Caller, order_id: OrderId) -> Order:
        """Return the order with its history; raises OrderNotFoundError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            return await visible_order(tx, caller, order_id)
