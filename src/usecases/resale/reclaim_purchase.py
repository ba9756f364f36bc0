"""Sell a listed pass to an order whose money came late."""

from dataclasses import dataclass

from core.resale.market import market
from core.resale.market.listing_errors import ResaleReservationNotFoundError
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class ReclaimPurchase:
    """For orders: the money came after the reservation had ended."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, purchase_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Sell the very same pass.

        Raises ResaleReservationNotFoundError, ResaleReservationConflictError, and NotForSaleError when somebody else
        has it by now, or it is not on the market any more.
        """
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            entry = await tx.listings.locked_purchase(purchase_id)
            if entry is None:
                raise ResaleReservationNotFoundError
            after = market.reclaim(entry.listing, entry.purchase, order_id=order_id, now=now)
            await save_and_announce(tx, entry.listing, after, now=now)
