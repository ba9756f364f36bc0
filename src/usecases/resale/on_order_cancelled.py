"""Put the passes of an order that ended back on the market."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import override

from core.resale.market import market
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import ResaleReservationConflictError
from core.resale.market.listing_status import ListingStatus
from core.shared.ids import ListingId, OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.admission import RESOLD, AdmissionApi
from ports.published.orders import OrderCancelled
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.listings import PurchaseEntry
from usecases.resale.deliveries import tenant_of
from usecases.resale.listing_news import save_and_announce

_CONSUMER = "resale.release_cancelled_order"
_GONE = "the pass is not the seller's to sell any more"


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
        passes = {listing.id: await self._pass_of(tenant_id, listing) for listing in sold if refunded}
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer=_CONSUMER, at=now):
                return
            for entry in sorted(entries, key=lambda entry: entry.listing.id):
                found = await tx.listings.locked_purchase(entry.purchase.id)
                assert found is not None, "no purchase is ever deleted"
                await self._release(tx, found, OrderId(event.order_id), passes=passes if refunded else None)

    async def _release(
        self,
        tx: ResaleTransaction,
        entry: PurchaseEntry,
        order_id: OrderId,
        *,
        passes: Mapping[ListingId, "_Pass"] | None,
    ) -> None:
        """Release what the order has; `passes` are those of the sold listings of a refunded order."""
        now, listing = self.clock.now(), entry.listing
        if passes is None:
            with suppress(ResaleReservationConflictError):
                after = market.release(listing, entry.purchase, order_id=order_id, now=now)
                await save_and_announce(tx, listing, after, now=now)
            return
        found = passes.get(listing.id, _Pass.SOLD_ON)
        if listing.status is not ListingStatus.SOLD or found is not _Pass.SOLD_ON:
            after = market.return_sale(listing, entry.purchase, order_id=order_id, now=now)
            if after is not listing and found is _Pass.GONE:
                after = listing.ended(_GONE, now)
            await save_and_announce(tx, listing, after, now=now)

    async def _pass_of(self, tenant_id: TenantId, listing: Listing) -> "_Pass":
        try:
            facts = await self.admission.pass_facts(tenant_id=tenant_id, pass_id=listing.subject.pass_id)
        except RefusedError:
            return _Pass.GONE
        if facts.void_reason == RESOLD:
            return _Pass.SOLD_ON
        return _Pass.SELLERS if facts.status != "VOID" and facts.offer_id == listing.id else _Pass.GONE


class _Pass(Enum):
    """What became of a listed pass: PassReissued tells of one that was sold on, nothing of one that is gone."""

    SELLERS = auto()
    SOLD_ON = auto()
    GONE = auto()
