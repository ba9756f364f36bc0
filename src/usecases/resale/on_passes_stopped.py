"""Suspend or end the listings of passes that admit nobody any more, and let them go on when they do again."""

from dataclasses import dataclass
from typing import override

from core.resale.market.listed import Cause
from core.resale.market.listing_status import ListingStatus
from core.shared.ids import PassId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.admission import PassesResumed, PassesStopped
from ports.resale import ResaleTransactions
from usecases.resale.deliveries import tenant_of
from usecases.resale.listing_news import save_and_announce
from usecases.resale.reconsider_listing import ReconsiderListing


@dataclass(frozen=True, slots=True)
class StopListings(Consumer[PassesStopped]):
    """For events. A listing that is SOLD is left alone: whoever keeps passes tells how that ends."""

    resale: ResaleTransactions
    clock: Clock

    @override
    async def __call__(self, event: PassesStopped, delivery: Delivery) -> None:
        now = self.clock.now()
        async with self.resale.begin(tenant_of(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="resale.stop_listings", at=now):
                return
            for listing_id in await tx.listings.live_of_passes([PassId(id) for id in event.pass_ids]):
                listing = await tx.listings.locked(listing_id)
                if listing is None or not listing.is_live or listing.status is ListingStatus.SOLD:
                    continue
                after = listing.ended(f"the pass is void: {event.reason}", now) if event.over else listing
                if not event.over and listing.status is not ListingStatus.SUSPENDED:
                    after = listing.suspended(Cause.PASS_STOPPED, f"the pass is stopped: {event.reason}", now)
                await save_and_announce(tx, listing, after, now=now)


@dataclass(frozen=True, slots=True)
class ResumeListings(Consumer[PassesResumed]):
    """For events. What was suspended with its pass is judged again, as whatever is on the market has to be lawful."""

    resale: ResaleTransactions
    reconsider: ReconsiderListing
    clock: Clock

    @override
    async def __call__(self, event: PassesResumed, delivery: Delivery) -> None:
        tenant_id = tenant_of(delivery)
        async with self.resale.begin(tenant_id) as tx:
            ids = await tx.listings.live_of_passes([PassId(id) for id in event.pass_ids])
        for listing_id in ids:  # the same again finds the same, so that no inbox is needed
            await self.reconsider(tenant_id, listing_id)
