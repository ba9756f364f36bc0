"""Put the pass of an unpaid order back on the market."""

from dataclasses import dataclass

from core.resale.market import market
from core.resale.market.listing_errors import ResaleReservationNotFoundError
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class ReleasePurchase:
    """For orders: the order will not be paid."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, purchase_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Give the pass back to the market; fine when it is released or the reservation has ended.

        Raises ResaleReservationNotFoundError, and ResaleReservationConflictError for another order's or a sold pass.
        """
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            entry = await tx.listings.locked_purchase(purchase_id)
            if entry is None:
                raise ResaleReservationNotFoundError
            after = market.release(entry.listing, entry.purchase, order_id=order_id, now=now)
            await save_and_announce(tx, entry.listing, after, now=now)
