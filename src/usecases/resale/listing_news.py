"""Store a changed listing, and tell the others what became of it."""

from datetime import datetime
from typing import Literal

from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from ports.events import Event
from ports.published.resale import (
    ListingEnded,
    ListingOpened,
    ListingReserved,
    ListingSold,
    ListingSuspended,
)
from ports.resale import ResaleTransaction


async def save_and_announce(tx: ResaleTransaction, before: Listing, after: Listing, *, now: datetime) -> Listing:
    """Store what changed, and return it; the very same listing is neither stored nor told of."""
    if after is before:
        return after
    await tx.listings.save(after)
    if after.status is not before.status and (event := news_of(after)) is not None:
        await tx.outbox.add(event, subject=after.id, at=now)
    return after


def news_of(listing: Listing) -> Event | None:
    """Return what the others are told of a listing that has just come to its status; None for nothing."""
    match listing.status:
        case ListingStatus.OPENING | ListingStatus.COMPLETED:  # the latter is told by whoever heard of the new pass
            return None
        case ListingStatus.OPEN:
            return ListingOpened(
                listing_id=listing.id,
                ticket_id=listing.subject.ticket_id,
                price_minor=listing.price.amount_minor,
                currency=listing.price.currency,
                closes_at=listing.terms.closes_at,
            )
        case ListingStatus.RESERVED | ListingStatus.ORDERED:
            return _reserved(listing)
        case ListingStatus.SOLD:
            return _sold(listing)
        case ListingStatus.CANCELLED:
            return _ended(listing, "cancelled")
        case ListingStatus.ENDED:
            return _ended(listing, "ended")
        case ListingStatus.FAILED:
            return _ended(listing, "failed")
        case ListingStatus.SUSPENDED:
            return _suspended(listing)


def _reserved(listing: Listing) -> ListingReserved:
    purchase = listing.purchase
    assert purchase is not None, "what is reserved has a buyer"
    return ListingReserved(
        listing_id=listing.id,
        ticket_id=listing.subject.ticket_id,
        purchase_id=purchase.id,
        order_id=purchase.order_id,
        expires_at=purchase.until,
    )


def _sold(listing: Listing) -> ListingSold:
    purchase = listing.purchase
    assert purchase is not None and purchase.order_id is not None, "what is sold has an order"
    return ListingSold(
        listing_id=listing.id,
        ticket_id=listing.subject.ticket_id,
        purchase_id=purchase.id,
        order_id=purchase.order_id,
    )


def _ended(listing: Listing, how: Literal["cancelled", "ended", "failed"]) -> ListingEnded:
    return ListingEnded(
        listing_id=listing.id,
        ticket_id=listing.subject.ticket_id,
        seller_account_id=listing.seller_id,
        how=how,
        reason=listing.history[-1].detail,
    )


def _suspended(listing: Listing) -> ListingSuspended:
    assert listing.suspension is not None, "what is suspended says why"
    return ListingSuspended(
        listing_id=listing.id,
        ticket_id=listing.subject.ticket_id,
        seller_account_id=listing.seller_id,
        cause=listing.suspension.cause.value,
        reason=listing.suspension.reason,
    )
