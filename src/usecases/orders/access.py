"""Whose order it is."""

from core.orders.errors import OrderNotFoundError
from core.orders.order import Order
from core.shared.callers import SELLERS, ApiScope, Caller
from core.shared.ids import OrderId, TenantId
from ports.orders import OrderTransaction, OrderTransactions


def sees_every_order(caller: Caller) -> bool:
    """Whether the caller sells for the organisation, and so reads and cancels the orders of all its buyers.

    A service whose key is for it reads them too; what changes orders is closed to keys.
    """
    return caller.role in SELLERS or caller.may(ApiScope.ORDERS_READ)


async def visible_order(tx: OrderTransaction, caller: Caller, order_id: OrderId) -> Order:
    """Return the order; raises OrderNotFoundError for none, and for another buyer's unless the caller is staff."""
    order = await tx.orders.get(order_id)
    if order is None or not (sees_every_order(caller) or order.account_id == caller.account_id):
        raise OrderNotFoundError
    return order


async def present_order(transactions: OrderTransactions, tenant_id: TenantId, order_id: OrderId) -> Order:
    """Return the order for work in the background, read in a transaction of its own; raises OrderNotFoundError."""
    async with transactions.begin(tenant_id) as tx:
        order = await tx.orders.get(order_id)
    if order is None:
        raise OrderNotFoundError
    return order


async def locked_order(tx: OrderTransaction, order_id: OrderId) -> Order:
    """Return the order, kept from others until the transaction ends; raises OrderNotFoundError."""
    order = await tx.orders.locked(order_id)
    if order is None:
        raise OrderNotFoundError
    return order


async def locked_with_origins(tx: OrderTransaction, order_id: OrderId) -> Order:
    """As `locked_order`, with the orders that its resold items come from; for whatever gives places back."""
    order = await tx.orders.locked_with_origins(order_id)
    if order is None:
        raise OrderNotFoundError
    return order
