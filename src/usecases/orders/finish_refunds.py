"""Sweep the refunds whose money has to be asked for."""

import logging
from dataclasses import dataclass

from core.orders.terms import OrderTerms
from core.shared.errors import DomainError, UnavailableError
from ports.clock import Clock
from ports.orders import DueRefunds
from usecases.orders.finish_refund import FinishRefund

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishRefunds:
    """Done by the worker, across tenants: goes on where a process died, or where nobody could be asked."""

    due_refunds: DueRefunds
    finish: FinishRefund
    clock: Clock
    terms: OrderTerms

    async def __call__(self) -> int:
        """Return how many refunds were looked after; each is a step of its own, and one that fails stays due."""
        done = 0
        for each in await self.due_refunds.due(now=self.clock.now(), refunds_max=self.terms.sweep_orders_max):
            try:
                await self.finish(each.tenant_id, each.order_id, each.refund_id)
            except (DomainError, UnavailableError) as error:
                LOG.warning("refund %s stays due: %s", each.refund_id, error)
            else:
                done += 1
        return done
