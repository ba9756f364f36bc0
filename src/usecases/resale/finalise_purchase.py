"""Sell a listed pass to the order that has it."""

from dataclasses import dataclass

from core.resale.market import market
from core.resale.market.listing_errors import ResaleReservationNotFoundError
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class FinalisePurchase:
    """For orders: the money is there."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, purchase_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Sell the pass; fine when it is sold to this order already.

        Raises ResaleReservationNotFoundError, ResaleReservationConflictError, ResaleReservationExpiredError.
        """
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            entry = await tx.listings.locked_purchase(purchase_id)
            if entry is None:
                raise ResaleReservationNotFoundError
            after = market.finalise(entry.listing, entry.purchase, order_id=order_id, now=now)
            await save_and_announce(tx, entry.listing, after, now=now)
