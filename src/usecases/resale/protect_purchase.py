"""Keep a pass for an order whose payment is being processed."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.market import market
from core.resale.market.listing_errors import ResaleReservationNotFoundError
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class ProtectPurchase:
    """For orders: a payment is being processed."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(
        self, purchase_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId, until: datetime
    ) -> None:
        """Let the reservation last until `until`, if that is later.

        Raises ResaleReservationNotFoundError, ResaleReservationConflictError, ResaleReservationExpiredError.
        """
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            entry = await tx.listings.locked_purchase(purchase_id)
            if entry is None:
                raise ResaleReservationNotFoundError
            after = market.protect(entry.listing, entry.purchase, order_id=order_id, until=until, now=now)
            await save_and_announce(tx, entry.listing, after, now=now)
