"""Tell a seller what became of the money."""

from dataclasses import dataclass
from typing import override

from core.resale.market.listed import PayoutStatus
from core.shared.ids import PayoutId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.payments import PayoutSettled
from ports.resale import ResaleTransactions
from usecases.resale.deliveries import tenant_of
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class NotePayout(Consumer[PayoutSettled]):
    """For events, in any order. A payout that is none of the market's is left alone."""

    resale: ResaleTransactions
    clock: Clock

    @override
    async def __call__(self, event: PayoutSettled, delivery: Delivery) -> None:
        now = self.clock.now()
        async with self.resale.begin(tenant_of(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="resale.note_payout", at=now):
                return
            listing_id = await tx.listings.of_payout(PayoutId(event.payout_id))
            listing = await tx.listings.locked(listing_id) if listing_id is not None else None
            if listing is not None:
                after = listing.answered(
                    PayoutStatus(event.status), event.failure or "", now, settled_at=event.settled_at
                )
                await save_and_announce(tx, listing, after, now=now)
