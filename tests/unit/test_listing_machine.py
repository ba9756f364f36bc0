"""The machine of a listing: every change in every state, and what time alone does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.resale.market.listed import Cause, ListingStep, OfferedTo, PayoutStatus, closing_time, restrictions_of
from core.resale.market.listing import HISTORY_MAX, OPENING_S_MAX, RETRY_S, Listing
from core.resale.market.listing_errors import ForbiddenListingStepError, ListingOrderedError
from core.resale.market.listing_status import LIVE, OVER, TAKEN, TRANSITIONS, Change, ListingKind, ListingStatus
from core.resale.policies.policy import ResalePolicy
from core.shared.ids import AccountId
from core.shared.money import Money
from tests.market_builders import (
    BUYER,
    NOW,
    ORDER,
    OTHER,
    STARTS_AT,
    a_purchase,
    listing_that_is,
    open_listing,
    opening,
    some_terms,
)

UNTIL = NOW + timedelta(minutes=10)
EVERYWHERE = list(ListingStatus)
COMMANDS: dict[Change, Callable[[Listing], Listing]] = {
    Change.OPEN: lambda listing: listing.opened(NOW),
    Change.RESERVE: lambda listing: listing.reserved(a_purchase(2), NOW),
    Change.ORDER: lambda listing: replace(listing, purchase=a_purchase()).ordered(ORDER, until=UNTIL, now=NOW),
    Change.RELEASE: lambda listing: listing.released(NOW),
    Change.SELL: lambda listing: listing.sold(a_purchase(), NOW),
    Change.COMPLETE: lambda listing: listing.completed(ORDER, NOW),
    Change.FAIL: lambda listing: listing.failed("void", NOW),
    Change.CANCEL: lambda listing: listing.refused("void", NOW),
    Change.END: lambda listing: listing.ended("over", NOW),
    Change.SUSPEND: lambda listing: listing.suspended(Cause.UNLAWFUL, "a new law", NOW),
    Change.RESUME: lambda listing: listing.resumed(NOW),
}


def test_every_status_and_every_change_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(ListingStatus)
    assert {change for changes in TRANSITIONS.values() for change in changes} == set(Change) == set(COMMANDS)
    assert set(ListingStatus) == LIVE | OVER and TAKEN < LIVE


@pytest.mark.parametrize("status", EVERYWHERE)
@pytest.mark.parametrize("change", list(Change))
def test_each_change_does_what_the_table_says_or_is_refused(status: ListingStatus, change: Change) -> None:
    listing = listing_that_is(status)
    assert listing.status is status
    after = TRANSITIONS[status].get(change)
    if after is None:
        with pytest.raises(ForbiddenListingStepError):
            COMMANDS[change](listing)
        return
    moved = COMMANDS[change](listing)
    assert moved.status is after
    assert moved.version == listing.version + 1
    assert len(moved.history) == len(listing.history) + 1
    assert (moved.suspension is not None) == (after is ListingStatus.SUSPENDED)
    assert (moved.payout is not None) == (after is ListingStatus.COMPLETED)


@pytest.mark.parametrize("status", EVERYWHERE)
def test_a_seller_takes_back_all_that_no_buyer_has_ordered(status: ListingStatus) -> None:
    listing = listing_that_is(status)
    if status in {ListingStatus.ORDERED, ListingStatus.SOLD, ListingStatus.COMPLETED}:
        with pytest.raises(ListingOrderedError):
            listing.cancelled("by its seller", NOW)
    elif status in OVER:
        assert listing.cancelled("by its seller", NOW) is listing
    else:
        gone = listing.cancelled("by its seller", NOW)
        assert gone.status is ListingStatus.CANCELLED and gone.purchase is None


@pytest.mark.parametrize("status", sorted(TAKEN))
def test_what_a_buyer_keeps_is_free_exactly_at_its_time(status: ListingStatus) -> None:
    listing = listing_that_is(status)
    just_before = UNTIL - timedelta(microseconds=1)
    assert listing.freed(just_before) is listing and not listing.is_for_sale(just_before)
    assert listing.is_for_sale(UNTIL)
    free = listing.freed(UNTIL)
    assert free.purchase is None and free.version == listing.version
    assert free.history[-1].step is ListingStep.PURCHASE_ENDED and free.history[-1].at == UNTIL
    assert listing.tidied(just_before) is listing
    assert listing.tidied(UNTIL).version == listing.version + 1


def test_an_order_whose_time_is_over_keeps_no_seller_from_cancelling() -> None:
    ordered = listing_that_is(ListingStatus.ORDERED)
    with pytest.raises(ListingOrderedError):
        ordered.cancelled("", UNTIL - timedelta(microseconds=1))
    assert ordered.cancelled("", UNTIL).status is ListingStatus.CANCELLED


@pytest.mark.parametrize("status", EVERYWHERE)
def test_nobody_buys_once_the_listing_is_closed(status: ListingStatus) -> None:
    listing = listing_that_is(status)
    assert listing.is_for_sale(STARTS_AT - timedelta(microseconds=1)) == (status in {ListingStatus.OPEN, *TAKEN})
    assert not listing.is_for_sale(STARTS_AT)
    ends = status in {ListingStatus.OPEN, ListingStatus.SUSPENDED, *TAKEN}
    assert listing.status_at(STARTS_AT) is (ListingStatus.ENDED if ends else status)


@pytest.mark.parametrize(
    ("status", "due_at"),
    [
        (ListingStatus.OPENING, NOW + timedelta(seconds=OPENING_S_MAX)),
        (ListingStatus.OPEN, STARTS_AT),
        (ListingStatus.RESERVED, UNTIL),
        (ListingStatus.ORDERED, UNTIL),
        (ListingStatus.SOLD, None),
        (ListingStatus.COMPLETED, NOW),
        (ListingStatus.CANCELLED, NOW),
        (ListingStatus.ENDED, NOW),
        (ListingStatus.SUSPENDED, STARTS_AT),
        (ListingStatus.FAILED, NOW),
    ],
)
def test_the_sweep_looks_when_something_is_due(status: ListingStatus, due_at: datetime | None) -> None:
    assert listing_that_is(status).due_at == due_at


@pytest.mark.parametrize("status", sorted(OVER))
def test_a_listing_that_is_over_is_looked_after_until_its_pass_is_untied_and_paid(status: ListingStatus) -> None:
    listing = listing_that_is(status)
    assert listing.retry(NOW).due_at == NOW + timedelta(seconds=RETRY_S)
    untied = listing.untied(NOW)
    assert untied.due_at == (NOW if status is ListingStatus.COMPLETED else None)
    if status is ListingStatus.COMPLETED:
        answered = untied.answered(PayoutStatus.PENDING, "", NOW)
        assert answered.due_at is None
        assert answered.answered(PayoutStatus.PENDING, "", NOW) is answered
        paid = answered.answered(PayoutStatus.PAID, "3 days", NOW)
        assert paid.history[-1].detail == "paid: 3 days"


def test_a_completed_listing_owes_its_seller_the_price_without_the_fees() -> None:
    payout = listing_that_is(ListingStatus.COMPLETED).payout
    assert payout is not None and payout.order_id == ORDER and payout.status is PayoutStatus.DUE
    split = payout.split
    amounts = (split.seller.amount_minor, split.royalty.amount_minor, split.platform_fee.amount_minor)
    assert amounts == (5_580, 120, 300)
    again = listing_that_is(ListingStatus.COMPLETED).payout
    assert again is not None and again.id == payout.id, "the same listing is paid out once"


def test_a_return_to_the_organiser_owes_its_holder_nothing_here() -> None:
    returned = replace(listing_that_is(ListingStatus.SOLD), kind=ListingKind.RETURN).completed(ORDER, NOW)
    assert returned.payout is None


def test_whoever_comes_first_comes_first_until_its_time() -> None:
    offered = open_listing(offered_to=OfferedTo(BUYER, UNTIL))
    just_before = UNTIL - timedelta(microseconds=1)
    assert offered.is_offered_to(BUYER, just_before) and not offered.is_offered_to(OTHER, just_before)
    assert offered.is_offered_to(OTHER, UNTIL)
    assert open_listing().is_offered_to(AccountId(UUID(int=1)), NOW)


def test_the_history_tells_the_seller_of_every_step_and_never_of_the_buyer() -> None:
    done = listing_that_is(ListingStatus.COMPLETED)
    steps = [entry.step.value for entry in done.history]
    assert steps == ["listed", "opened", "reserved", "ordered", "sold", "completed"]
    assert str(BUYER) not in repr(done.history)


def test_the_history_keeps_its_beginning_and_a_limit() -> None:
    listing = opening().opened(NOW)
    for _ in range(HISTORY_MAX):
        listing = listing.reserved(a_purchase(), NOW).released(NOW)
    assert len(listing.history) == HISTORY_MAX
    assert listing.history[0].step is ListingStep.LISTED
    assert listing.history[-1].step is ListingStep.GIVEN_BACK


@pytest.mark.parametrize(
    ("cutoffs", "before"),
    [
        ([], timedelta()),
        ([timedelta(hours=4)], timedelta(hours=4)),
        ([timedelta(hours=4), timedelta(hours=6), None], timedelta(hours=6)),
        ([timedelta(hours=6), timedelta(hours=4)], timedelta(hours=6)),
        ([timedelta(hours=-4)], timedelta()),
    ],
)
def test_a_listing_closes_at_the_strictest_cutoff_and_as_the_event_begins(
    cutoffs: list[timedelta | None], before: timedelta
) -> None:
    chain = tuple(ResalePolicy(resale_cutoff=cutoff, listing_cutoff=timedelta(days=1)) for cutoff in cutoffs)
    assert closing_time(STARTS_AT, chain) == STARTS_AT - before


def test_a_buyer_is_told_what_the_organiser_asks_of_a_holder() -> None:
    assert restrictions_of(()) == ()
    chain = (ResalePolicy(transfers_max=3), ResalePolicy(transfers_max=2, names_holders=True, transfer_allowed=False))
    assert len(restrictions_of(chain)) == 3
    assert "2 times" in restrictions_of(chain)[1]


def test_a_purchase_is_cut_at_the_closing_time() -> None:
    terms = some_terms(closes_at=NOW + timedelta(minutes=3))
    assert opening(terms=terms).price == Money(6_000, "EUR")
    reserved = opening(terms=terms).opened(NOW).reserved(a_purchase(ttl_s=180), NOW)
    assert reserved.status_at(NOW + timedelta(minutes=3)) is ListingStatus.ENDED
