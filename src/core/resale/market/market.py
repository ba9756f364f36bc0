"""What buyers and their orders may do with a listing: pure rules on one picture at one moment.

`purchase` is the one that is asked about, as it was stored; the listing may have another buyer by now. Each returns the
listing after the command, and the very same object when a repeated command changes nothing.
"""

from dataclasses import replace
from datetime import datetime

from core.resale.market.listed import Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import (
    NotForSaleError,
    NotResaleHolderError,
    OwnListingError,
    ResaleReservationConflictError,
    ResaleReservationExpiredError,
)
from core.resale.market.listing_status import TAKEN, ListingStatus
from core.shared.holders import Holder
from core.shared.ids import OrderId

_KEPT = TAKEN | {ListingStatus.SOLD, ListingStatus.COMPLETED}


def buy(listing: Listing, purchase: Purchase, *, now: datetime) -> Listing:
    """Keep the listing for one buyer, until the purchase ends or the listing closes, whichever is first.

    Raises OwnListingError, and NotForSaleError for what is not open to this buyer.
    """
    if purchase.account_id == listing.seller_id:
        raise OwnListingError
    if not listing.is_for_sale(now) or not listing.is_offered_to(purchase.account_id, now):
        raise NotForSaleError
    return listing.reserved(replace(purchase, until=min(purchase.until, listing.terms.closes_at)), now)


def give_back(listing: Listing, purchase: Purchase, *, by: Holder, now: datetime) -> Listing:
    """End a purchase that no order has; one that has ended stays as it is.

    Raises NotResaleHolderError, and ResaleReservationConflictError for one that belongs to an order.
    """
    _must_hold(purchase, by)
    if not _has_it(listing, purchase, now):
        return listing
    if listing.status is not ListingStatus.RESERVED:
        raise ResaleReservationConflictError("The purchase belongs to an order by now. Cancel the order instead.")
    return listing.released(now)


def must_be_reservable(listing: Listing, purchase: Purchase, *, by: Holder, order_id: OrderId, now: datetime) -> bool:
    """Return whether the purchase still has to be turned into the order's; False when it is the order's already.

    Raises NotResaleHolderError, ResaleReservationConflictError, ResaleReservationExpiredError, NotForSaleError.
    """
    _must_hold(purchase, by)
    if purchase.order_id is not None:
        _must_belong(purchase, order_id)
        _must_have_it(listing, purchase, now)
        return False
    _must_have_it(listing, purchase, now)
    if listing.is_closed(now):
        raise NotForSaleError("The time to sell this pass is over.")
    return True


def reserve(
    listing: Listing, purchase: Purchase, *, by: Holder, order_id: OrderId, until: datetime, now: datetime
) -> Listing:
    """Turn a live purchase into the reservation of an order that lasts until `until`; raises as the above."""
    if not must_be_reservable(listing, purchase, by=by, order_id=order_id, now=now):
        return listing
    return listing.ordered(order_id, until=until, now=now)


def protect(listing: Listing, purchase: Purchase, *, order_id: OrderId, until: datetime, now: datetime) -> Listing:
    """Let a live reservation last until `until`, if that is later."""
    _must_belong(purchase, order_id)
    _must_have_it(listing, purchase, now)
    if listing.status is not ListingStatus.ORDERED or until <= purchase.until:
        return listing
    return listing.protected(until, now)


def finalise(listing: Listing, purchase: Purchase, *, order_id: OrderId, now: datetime) -> Listing:
    """Sell the pass to the order; never a silent success for a reservation that has ended."""
    _must_belong(purchase, order_id)
    _must_have_it(listing, purchase, now)
    return listing if listing.status is not ListingStatus.ORDERED else listing.sold(purchase, now)


def reclaim(listing: Listing, purchase: Purchase, *, order_id: OrderId, now: datetime) -> Listing:
    """Sell the listed pass although the reservation has ended; raises NotForSaleError when somebody else has it."""
    _must_belong(purchase, order_id)
    if _has_it(listing, purchase, now):
        return finalise(listing, purchase, order_id=order_id, now=now)
    if not listing.is_for_sale(now):
        raise NotForSaleError
    return listing.freed(now).sold(purchase, now)


def release(listing: Listing, purchase: Purchase, *, order_id: OrderId, now: datetime) -> Listing:
    """Put the pass of an unpaid order back on the market; what has ended stays as it is, what is sold stays sold."""
    _must_belong(purchase, order_id)
    if not _has_it(listing, purchase, now):
        return listing
    if listing.status is not ListingStatus.ORDERED:
        raise ResaleReservationConflictError("The pass is sold. Only a refund gives it back.")
    return listing.released(now)


def return_sale(listing: Listing, purchase: Purchase, *, order_id: OrderId, now: datetime) -> Listing:
    """Put the pass of a refunded order back on the market, as long as it is the seller's: before it was passed on."""
    if purchase.order_id != order_id or not _has_it(listing, purchase, now):
        return listing
    if listing.status not in {ListingStatus.ORDERED, ListingStatus.SOLD}:
        return listing
    return listing.released(now)


def _has_it(listing: Listing, purchase: Purchase, now: datetime) -> bool:
    """Tell whether the listing is this purchase's at this moment."""
    free = listing.freed(now)
    return free.status in _KEPT and free.purchase is not None and free.purchase.id == purchase.id


def _must_hold(purchase: Purchase, by: Holder) -> None:
    if not purchase.is_held_by(by):
        raise NotResaleHolderError


def _must_belong(purchase: Purchase, order_id: OrderId) -> None:
    if purchase.order_id != order_id:
        raise ResaleReservationConflictError


def _must_have_it(listing: Listing, purchase: Purchase, now: datetime) -> None:
    if not _has_it(listing, purchase, now):
        raise ResaleReservationExpiredError
