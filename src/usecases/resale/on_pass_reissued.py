"""Complete a listing whose buyer has a pass, and end one whose buyer gets none."""

import logging
from dataclasses import dataclass
from typing import override

from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import AccountId, ListingId, OrderId, PassId
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.admission import ORDER_OVER, PassNotReissued, PassReissued
from ports.published.resale import ListingCompleted, ReturnCompleted
from ports.resale import ResaleTransactions
from usecases.resale.deliveries import tenant_of
from usecases.resale.listing_news import save_and_announce
from usecases.resale.pay_seller import PaySeller

_LOG = logging.getLogger("fairseat.resale")


@dataclass(frozen=True, slots=True)
class CompleteListing(Consumer[PassReissued]):
    """For events. The change of hands goes into the history of the pass with the listing, then the seller is paid.

    Who gave the pass back to the organiser is paid by orders, which hears of it.
    """

    resale: ResaleTransactions
    pay: PaySeller
    clock: Clock

    @override
    async def __call__(self, event: PassReissued, delivery: Delivery) -> None:
        tenant_id, listing_id = tenant_of(delivery), ListingId(event.listing_id)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="resale.complete_listing", at=now):
                return
            listing = await tx.listings.locked(listing_id)
            if listing is None or listing.status is ListingStatus.COMPLETED:
                return
            after = listing.completed(OrderId(event.order_id), now)
            await save_and_announce(tx, listing, after, now=now)
            await tx.history.append(
                HistoryEntry(
                    lineage_id=after.subject.lineage_id,
                    kind=HistoryKind.RESALE if after.kind is ListingKind.LISTING else HistoryKind.RETURN,
                    at=now,
                    ticket_id=after.subject.ticket_id,
                    pass_id=PassId(event.pass_id),
                    old_pass_id=PassId(event.old_pass_id),
                    from_account=AccountId(event.from_account_id),
                    to_account=AccountId(event.to_account_id),
                    price=after.price,
                    components=after.subject.components,
                    place=after.subject.place,
                    verdict_id=after.terms.verdict_id,
                )
            )
            await tx.outbox.add(_told(after, event), subject=listing_id, at=now)
            if after.kind is ListingKind.RETURN:
                await tx.outbox.add(_returned(after, event), subject=listing_id, at=now)
        try:
            await self.pay(tenant_id, listing_id)
        except (DomainError, UnavailableError) as error:
            _LOG.warning("the seller of listing %s is paid later: %s", listing_id, error)


@dataclass(frozen=True, slots=True)
class FailListing(Consumer[PassNotReissued]):
    """For events. The pass was not the listing's to sell any more; orders gives the buyer the money back.

    If only the money went back before the pass was sold on, the pass is the seller's, and on the market again.
    """

    resale: ResaleTransactions
    clock: Clock

    @override
    async def __call__(self, event: PassNotReissued, delivery: Delivery) -> None:
        now = self.clock.now()
        async with self.resale.begin(tenant_of(delivery)) as tx:
            if not await tx.inbox.accept(delivery.event_id, consumer="resale.fail_listing", at=now):
                return
            listing = await tx.listings.locked(ListingId(event.listing_id))
            if listing is not None and _is_of(listing, OrderId(event.order_id)):
                order_over = event.reason == ORDER_OVER
                after = listing.released(now) if order_over else listing.failed(event.reason, now)
                await save_and_announce(tx, listing, after, now=now)


def _is_of(listing: Listing, order_id: OrderId) -> bool:
    """Tell whether the listing lives, and it was this order that had it: a later buyer's sale is not its affair."""
    return listing.status is ListingStatus.SOLD and (
        listing.purchase is not None and listing.purchase.order_id == order_id
    )


def _told(listing: Listing, event: PassReissued) -> ListingCompleted:
    return ListingCompleted(
        listing_id=listing.id,
        ticket_id=listing.subject.ticket_id,
        order_id=event.order_id,
        seller_account_id=listing.seller_id,
        price_minor=listing.price.amount_minor,
        seller_minor=listing.payout.split.seller.amount_minor if listing.payout is not None else 0,
        currency=listing.price.currency,
    )


def _returned(listing: Listing, event: PassReissued) -> ReturnCompleted:
    return ReturnCompleted(
        listing_id=listing.id,
        ticket_id=listing.subject.ticket_id,
        order_id=event.order_id,
        origin_order_id=listing.subject.order_id,
        origin_order_item_id=listing.subject.order_item_id,
        origin_unit=listing.subject.unit,
        account_id=listing.seller_id,
        price_minor=listing.price.amount_minor,
        currency=listing.price.currency,
    )
