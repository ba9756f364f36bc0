"""Put the passes of an order that ended back on the market."""

from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from typing import override

from core.resale import market
from core.resale.listing import Listing
from core.resale.listing_errors import ResaleReservationConflictError
from core.resale.listing_status import ListingStatus
from core.shared.ids import ListingId, OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.admission import AdmissionApi
from ports.published.orders import OrderCancelled
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.listings import PurchaseEntry
from usecases.resale.deliveries import tenant_of
from usecases.resale.listing_news import save_and_announce

_CONSUMER = "resale.release_cancelled_order"


@dataclass(frozen=True, slots=True)
class ReleaseOrderedListings(Consumer[OrderCancelled]):
    """For events. What was sold comes back when the order was refunded, and only while the pass is its seller's."""

    resale: ResaleTransactions
    admission: AdmissionApi
    clock: Clock

    @override
    async def __call__(self, event: OrderCancelled, delivery: Delivery) -> None:
        tenant_id, refunded = tenant_of(delivery), event.reason == "refunded"
        ids = [ReservationId(id) for id in event.reservation_ids]
        async with self.resale.begin(tenant_id) as tx:
            entries = [entry for id in ids if (entry := await tx.listings.purchase(id)) is not None]
        if not entries:
            return
        sold = [entry.listing for entry in entries if entry.listing.status is ListingStatus.SOLD]
        sellers = {listing.id for listing in sold if refunded and await self._is_its_sellers(tenant_id, listing)}
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=_CONSUMER, at=now):
                return
            for entry in sorted(entries, key=lambda entry: entry.listing.id):
                found = await tx.listings.locked_purchase(entry.purchase.id)
                assert found is not None, "no purchase is ever deleted"
                await self._release(tx, found, OrderId(event.order_id), sellers=sellers if refunded else None)

    async def _release(
        self, tx: ResaleTransaction, entry: PurchaseEntry, order_id: OrderId, *, sellers: Set[ListingId] | None
    ) -> None:
        """Release what the order has; `sellers` are the sold listings of a refunded order that are the seller's."""
        now, listing = self.clock.now(), entry.listing
        if sellers is None:
            with suppress(ResaleReservationConflictError):
                after = market.release(listing, entry.purchase, order_id=order_id, now=now)
                await save_and_announce(tx, listing, after, now=now)
        elif listing.status is not ListingStatus.SOLD or listing.id in sellers:
            after = market.return_sale(listing, entry.purchase, order_id=order_id, now=now)
            await save_and_announce(tx, listing, after, now=now)

    async def _is_its_sellers(self, tenant_id: TenantId, listing: Listing) -> bool:
        try:
            facts = await self.admission.pass_facts(tenant_id=tenant_id, pass_id=listing.subject.pass_id)
        except RefusedError:
            return False
        return facts.status != "VOID" and facts.offer_id == listing.id
