"""What buyers and their orders may do with a listing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.resale.market import market
from core.resale.market.listed import Cause, OfferedTo, Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import (
    NotForSaleError,
    NotResaleHolderError,
    OwnListingError,
    ResaleReservationConflictError,
    ResaleReservationExpiredError,
)
from core.resale.market.listing_status import TAKEN, ListingStatus
from core.shared.holders import Holder, token_digest
from tests.market_builders import (
    BUYER,
    BY_BUYER,
    BY_OTHER,
    NOW,
    ORDER,
    OTHER,
    OTHER_ORDER,
    SELLER,
    STARTS_AT,
    TOKEN,
    a_purchase,
    listing_that_is,
    open_listing,
    some_terms,
)

UNTIL = NOW + timedelta(minutes=10)
LATER = NOW + timedelta(minutes=15)
JUST_BEFORE = UNTIL - timedelta(microseconds=1)


def purchase_of(listing: Listing) -> Purchase:
    assert listing.purchase is not None
    return listing.purchase


RESERVED = listing_that_is(ListingStatus.RESERVED)
ORDERED = listing_that_is(ListingStatus.ORDERED)
SOLD = listing_that_is(ListingStatus.SOLD)


@pytest.mark.parametrize("status", list(ListingStatus))
def test_only_what_is_open_is_bought(status: ListingStatus) -> None:
    listing = listing_that_is(status)
    if status is ListingStatus.OPEN:
        assert market.buy(listing, a_purchase(), now=NOW).status is ListingStatus.RESERVED
    else:
        with pytest.raises(NotForSaleError):
            market.buy(listing, a_purchase(2, by=OTHER), now=NOW)


@pytest.mark.parametrize("status", sorted(TAKEN))
def test_the_next_buyer_has_it_exactly_when_the_first_has_not(status: ListingStatus) -> None:
    listing = listing_that_is(status)
    with pytest.raises(NotForSaleError):
        market.buy(listing, a_purchase(2, by=OTHER), now=JUST_BEFORE)
    taken = market.buy(listing, a_purchase(2, by=OTHER, now=UNTIL), now=UNTIL)
    assert taken.status is ListingStatus.RESERVED and purchase_of(taken).account_id == OTHER


def test_nobody_buys_from_themselves() -> None:
    with pytest.raises(OwnListingError):
        market.buy(open_listing(), a_purchase(by=SELLER), now=NOW)


def test_nobody_buys_before_whoever_it_is_offered_to() -> None:
    offered = open_listing(offered_to=OfferedTo(OTHER, UNTIL))
    with pytest.raises(NotForSaleError):
        market.buy(offered, a_purchase(), now=JUST_BEFORE)
    assert market.buy(offered, a_purchase(by=OTHER), now=JUST_BEFORE).status is ListingStatus.RESERVED
    assert market.buy(offered, a_purchase(), now=UNTIL).status is ListingStatus.RESERVED


def test_a_purchase_never_outlasts_the_listing() -> None:
    closes_at = NOW + timedelta(minutes=3)
    bought = market.buy(open_listing(terms=some_terms(closes_at=closes_at)), a_purchase(), now=NOW)
    assert purchase_of(bought).until == closes_at


def test_a_buyer_gives_back_what_no_order_has() -> None:
    given = market.give_back(RESERVED, purchase_of(RESERVED), by=BY_BUYER, now=NOW)
    assert given.status is ListingStatus.OPEN and given.purchase is None
    assert market.give_back(given, purchase_of(RESERVED), by=BY_BUYER, now=NOW) is given
    assert market.give_back(RESERVED, purchase_of(RESERVED), by=BY_BUYER, now=UNTIL) is RESERVED
    for ordered in (ORDERED, SOLD):
        with pytest.raises(ResaleReservationConflictError):
            market.give_back(ordered, purchase_of(ordered), by=BY_BUYER, now=NOW)


def test_a_purchase_is_its_buyers_or_whose_token_it_is() -> None:
    purchase = purchase_of(RESERVED)
    with pytest.raises(NotResaleHolderError):
        market.give_back(RESERVED, purchase, by=BY_OTHER, now=NOW)
    with pytest.raises(NotResaleHolderError):
        market.reserve(RESERVED, purchase, by=Holder(OTHER, token_digest("x")), order_id=ORDER, until=LATER, now=NOW)
    shown = Holder(OTHER, token_digest(TOKEN))
    assert market.reserve(RESERVED, purchase, by=shown, order_id=ORDER, until=LATER, now=NOW).status.value == "ORDERED"


def test_an_order_takes_over_a_purchase_once() -> None:
    ordered = market.reserve(RESERVED, purchase_of(RESERVED), by=BY_BUYER, order_id=ORDER, until=LATER, now=NOW)
    purchase = purchase_of(ordered)
    assert ordered.status is ListingStatus.ORDERED and (purchase.order_id, purchase.until) == (ORDER, LATER)
    assert market.reserve(ordered, purchase, by=BY_BUYER, order_id=ORDER, until=LATER, now=NOW) is ordered
    with pytest.raises(ResaleReservationConflictError):
        market.reserve(ordered, purchase, by=BY_BUYER, order_id=OTHER_ORDER, until=LATER, now=NOW)
    with pytest.raises(ResaleReservationExpiredError):
        market.reserve(ordered, purchase, by=BY_BUYER, order_id=ORDER, until=LATER, now=LATER)


def test_an_order_takes_over_nothing_that_has_ended() -> None:
    purchase = purchase_of(RESERVED)
    assert market.reserve(RESERVED, purchase, by=BY_BUYER, order_id=ORDER, until=LATER, now=JUST_BEFORE) != RESERVED
    with pytest.raises(ResaleReservationExpiredError):
        market.reserve(RESERVED, purchase, by=BY_BUYER, order_id=ORDER, until=LATER, now=UNTIL)
    suspended = RESERVED.suspended(Cause.UNLAWFUL, "a new law", NOW)
    with pytest.raises(ResaleReservationExpiredError):
        market.reserve(suspended, purchase, by=BY_BUYER, order_id=ORDER, until=LATER, now=NOW)
    late = replace(RESERVED, terms=some_terms(closes_at=NOW))
    with pytest.raises(NotForSaleError):
        market.reserve(late, purchase, by=BY_BUYER, order_id=ORDER, until=LATER, now=NOW)


def test_a_reservation_only_ever_lasts_longer() -> None:
    purchase = purchase_of(ORDERED)
    longer = market.protect(ORDERED, purchase, order_id=ORDER, until=LATER, now=NOW)
    assert purchase_of(longer).until == LATER and longer.version == ORDERED.version + 1
    assert longer.due_at == LATER
    assert market.protect(ORDERED, purchase, order_id=ORDER, until=purchase.until, now=NOW) is ORDERED
    assert market.protect(SOLD, purchase_of(SOLD), order_id=ORDER, until=LATER, now=NOW) is SOLD
    with pytest.raises(ResaleReservationExpiredError):
        market.protect(ORDERED, purchase, order_id=ORDER, until=LATER, now=UNTIL)
    with pytest.raises(ResaleReservationConflictError):
        market.protect(ORDERED, purchase, order_id=OTHER_ORDER, until=LATER, now=NOW)


def test_a_pass_is_sold_to_its_order_and_never_silently_after_its_time() -> None:
    purchase = purchase_of(ORDERED)
    sold = market.finalise(ORDERED, purchase, order_id=ORDER, now=JUST_BEFORE)
    assert sold.status is ListingStatus.SOLD
    assert market.finalise(sold, purchase_of(sold), order_id=ORDER, now=STARTS_AT) is sold
    completed = sold.completed(ORDER, NOW)
    assert market.finalise(completed, purchase_of(completed), order_id=ORDER, now=NOW) is completed
    with pytest.raises(ResaleReservationExpiredError):
        market.finalise(ORDERED, purchase, order_id=ORDER, now=UNTIL)
    with pytest.raises(ResaleReservationConflictError):
        market.finalise(ORDERED, purchase, order_id=OTHER_ORDER, now=NOW)


def test_money_that_comes_late_buys_what_is_still_there() -> None:
    purchase = purchase_of(ORDERED)
    again = market.reclaim(ORDERED, purchase, order_id=ORDER, now=UNTIL)
    assert again.status is ListingStatus.SOLD and purchase_of(again) == purchase
    assert market.reclaim(again, purchase, order_id=ORDER, now=UNTIL) is again
    assert market.reclaim(ORDERED.tidied(UNTIL), purchase, order_id=ORDER, now=UNTIL).status is ListingStatus.SOLD
    assert market.reclaim(ORDERED, purchase, order_id=ORDER, now=NOW).status is ListingStatus.SOLD


@pytest.mark.parametrize(
    "gone",
    [
        ORDERED.freed(UNTIL).reserved(a_purchase(2, by=OTHER, now=UNTIL), UNTIL),
        ORDERED.cancelled("by its seller", UNTIL),
        ORDERED.suspended(Cause.UNLAWFUL, "a new law", NOW),
        ORDERED.ended("the pass is void", NOW),
        replace(ORDERED, terms=some_terms(closes_at=UNTIL)),
    ],
    ids=["bought", "cancelled", "suspended", "ended", "closed"],
)
def test_money_that_comes_late_does_not_buy_what_has_gone(gone: Listing) -> None:
    with pytest.raises(NotForSaleError):
        market.reclaim(gone, purchase_of(ORDERED), order_id=ORDER, now=UNTIL)


def test_nobody_claims_a_purchase_that_was_no_orders() -> None:
    with pytest.raises(ResaleReservationConflictError):
        market.reclaim(RESERVED, purchase_of(RESERVED), order_id=ORDER, now=UNTIL)


def test_an_unpaid_order_puts_the_pass_back_on_the_market() -> None:
    purchase = purchase_of(ORDERED)
    released = market.release(ORDERED, purchase, order_id=ORDER, now=NOW)
    assert released.status is ListingStatus.OPEN and released.purchase is None
    assert market.release(released, purchase, order_id=ORDER, now=NOW) is released
    assert market.release(ORDERED, purchase, order_id=ORDER, now=UNTIL) is ORDERED
    for sold in (SOLD, SOLD.completed(ORDER, NOW)):
        with pytest.raises(ResaleReservationConflictError):
            market.release(sold, purchase_of(sold), order_id=ORDER, now=NOW)


def test_a_refund_before_the_pass_was_passed_on_puts_it_back() -> None:
    assert market.return_sale(SOLD, purchase_of(SOLD), order_id=ORDER, now=NOW).status is ListingStatus.OPEN
    assert market.return_sale(ORDERED, purchase_of(ORDERED), order_id=ORDER, now=NOW).status is ListingStatus.OPEN
    completed = SOLD.completed(ORDER, NOW)
    for untouched in (completed, ORDERED.released(NOW), RESERVED):
        assert market.return_sale(untouched, purchase_of(SOLD), order_id=ORDER, now=NOW) is untouched
    assert market.return_sale(SOLD, purchase_of(SOLD), order_id=OTHER_ORDER, now=NOW) is SOLD


def test_a_purchase_that_was_superseded_moves_nothing_of_its_successor() -> None:
    superseded = ORDERED.freed(UNTIL).reserved(a_purchase(2, by=OTHER, now=UNTIL), UNTIL)
    first = purchase_of(ORDERED)
    assert market.release(superseded, first, order_id=ORDER, now=UNTIL) is superseded
    assert market.give_back(superseded, first, by=Holder(BUYER), now=UNTIL) is superseded
    with pytest.raises(ResaleReservationExpiredError):
        market.finalise(superseded, first, order_id=ORDER, now=UNTIL)
