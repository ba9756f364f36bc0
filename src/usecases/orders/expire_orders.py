"""Sweep the orders whose time has come."""

import logging
from dataclasses import dataclass

from core.orders.terms import OrderTerms
from core.shared.errors import DomainError, UnavailableError
from ports.clock import Clock
from ports.orders import DueOrders
from usecases.orders.expire_order import ExpireOrder

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """Done by the worker, across tenants: finds what timers forgot, and refunds that are still due."""

    due_orders: DueOrders
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
                LOG.warning("order %s stays due: %s", each.order_id, error)
        return done
