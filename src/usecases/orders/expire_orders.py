"""Sweep the orders whose time has come."""

import logging
from dataclasses import dataclass

from core.orders.terms import OrderTerms
from core.shared.errors import DomainError, UnavailableError
from ports.clock import Clock
from ports.orders import DueOrder, DueOrders, OrderTransactions
from usecases.orders.expire_order import ExpireOrder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """Done by the worker, across tenants: finds what timers forgot, and refunds that are still due.

    An order that fails, however it does, is put off, so that those behind it have their turn.
    """

    due_orders: DueOrders
    transactions: OrderTransactions
    expire: ExpireOrder
    clock: Clock
    terms: OrderTerms

    async def __call__(self) -> int:
        """Return how many orders were looked after; each is a step of its own, and one that fails stays due."""
        done = 0
        for each in await self.due_orders.due(now=self.clock.now(), orders_max=self.terms.sweep_orders_max):
            try:
                done += await self.expire(each.tenant_id, each.order_id)
            except (DomainError, UnavailableError) as error:
                # Somebody else changed it, or something cannot be reached: it is found again, the others go on.
                _log.warning("order %s stays due: %s", each.order_id, error)
                await self._put_off(each)
            except Exception:  # noqa: BLE001 - not swallowed: logged with its traceback, put off, and tried again
                # A fault in one order must not hold up the others.
                _log.exception("order %s stays due", each.order_id)
                await self._put_off(each)
        return done

    async def _put_off(self, due: DueOrder) -> None:
        async with self.transactions.begin(due.tenant_id) as tx:
            order = await tx.orders.locked(due.order_id)
            now = self.clock.now()
            if order is not None and order.is_due(now):
                await tx.orders.save(order.ask_again(self.terms.recheck(now=now), now=now))
