"""Passes are listed, bought and taken off the market."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.resale.law.rule import AppliesAt, Duty
from core.resale.market.listed import Cause, PayoutStatus
from core.resale.market.listing import OPENING_S_MAX
from core.resale.market.listing_errors import (
    AlreadyListedError,
    ListingNotFoundError,
    ListingOrderedError,
    NotForSaleError,
    NotResaleHolderError,
    OwnListingError,
    PersonBlockedError,
    ResaleReservationConflictError,
    ResaleReservationNotFoundError,
    TooManyListingsError,
    TooManyPurchasesError,
    UnlawfulResaleError,
    VerificationRequiredError,
)
from core.resale.market.listing_status import ListingStatus
from core.resale.market.market_terms import MarketTerms
from core.resale.policies.policy import ResalePolicy, VerificationKind
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import ListingId, PassId, ReservationId, TenantId
from core.shared.money import MixedCurrenciesError, Money
from ports.paging import PageRequest
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.resale import ListingEnded, ListingOpened, ListingReserved
from ports.resale.listings import ListingOrder
from tests.admission_builders import KICK_OFF
from tests.market_world import Market
from usecases.resale.buy_listing import NewPurchase
from usecases.resale.read_listings import ListingWish

ORDER = UUID(int=0x0D)


@pytest.fixture
def market() -> Market:
    return Market()


async def shown(market: Market, caller: Caller, wish: ListingWish) -> list[ListingId]:
    return [each.listing.id for each in (await market.list(caller, wish, PageRequest())).items]


async def test_a_listed_pass_is_on_the_market_and_admits_nobody(market: Market) -> None:
    new = await market.new_listing()
    listing = new.listing
    assert listing.status is ListingStatus.OPEN and new.verdict.allowed
    assert market.law.asked == [AppliesAt.LISTING]
    assert listing.terms.duties == (Duty.DISCLOSE_FACE_VALUE,) and listing.terms.closes_at == KICK_OFF
    facts = await market.facts_of(listing)
    assert (facts.offer_id, facts.offer_kind) == (listing.id, "listing")
    assert [told.listing_id for told in market.told(ListingOpened)] == [listing.id]


async def test_the_organisers_policy_is_part_of_the_terms(market: Market) -> None:
    policy = ResalePolicy(
        resale_cutoff=timedelta(hours=4), names_holders=True, platform_fee_basis_points=500, royalty_basis_points=100
    )
    await market.set_policy(policy)
    terms = (await market.listed()).terms
    assert terms.closes_at == KICK_OFF - timedelta(hours=4) and len(terms.restrictions) == 1
    assert (terms.fees.platform_basis_points, terms.fees.royalty_basis_points) == (500, 100)


async def test_an_unlawful_price_is_not_listed_and_says_why(market: Market) -> None:
    market.law.price_max = Money(2_500, "EUR")
    with pytest.raises(UnlawfulResaleError) as refused:
        await market.listed(price_minor=2_501)
    [problem] = refused.value.problems
    assert problem.pointer == "/price" and problem.message.startswith("resale.price_too_high: ")
    assert (await market.listed(price_minor=2_500)).status is ListingStatus.OPEN


async def test_what_a_seller_has_to_bring_first_is_named(market: Market) -> None:
    market.law.requires = (VerificationKind.IDENTITY, VerificationKind.TRADER_TRACEABILITY)
    with pytest.raises(VerificationRequiredError, match="identity, trader_traceability") as refused:
        await market.listed()
    told = [problem.message for problem in refused.value.problems]
    assert told[0] == "identity: bring it by POST /seller-verifications" and "sellerTrader: false" in told[1]
    assert await market.tend() == 0, "nothing was recorded"


async def test_what_a_seller_has_to_bring_stops_an_order_too_and_is_asked_for_by_their_word(market: Market) -> None:
    [first, *_] = await market.passes()
    listing = (await market.create(market.seller, first.id, Money(3_000, "EUR"), seller_trader=False)).listing
    new = await market.bought(listing)
    market.law.requires = (VerificationKind.IDENTITY,)
    with pytest.raises(RefusedError) as refused:
        await market.reserved(new, ORDER)
    assert refused.value.refusal_code == "resale.verification_required"
    assert market.law.words[-1] is False, "what the seller said when listing is said again"
    held = await market.now_is(listing.id)
    assert held.suspension is not None and "identity" in held.suspension.reason
    market.law.requires = ()
    resumed = await market.reconsider(market.tenant_id, listing.id)
    assert resumed is not None and resumed.status is ListingStatus.OPEN


async def test_nobody_buys_or_orders_from_a_blocked_seller(market: Market) -> None:
    bought, left = await market.listed(), await market.listed(number=1)
    new = await market.bought(bought)
    until = market.clock.now() + timedelta(minutes=1)
    await market.block(market.seller, until=until)
    with pytest.raises(NotForSaleError) as refused:
        await market.bought(left, market.other)
    assert "Bought for others" not in refused.value.message, "why is between the seller and the organiser"
    with pytest.raises(RefusedError) as away:
        await market.reserved(new, ORDER)
    assert away.value.refusal_code == "resale.not_for_sale"
    market.clock.moment = until
    await market.reserved(new, ORDER)


async def test_only_the_holder_of_a_pass_lists_it(market: Market) -> None:
    [first, *_] = await market.passes()
    price = Money(3_000, "EUR")
    for caller, pass_id in (
        (market.buyer, first.id),
        (market.sale.staff(Role.OWNER), first.id),
        (market.seller, PassId(uuid4())),
        (replace(market.seller, tenant_id=TenantId(uuid4())), first.id),
    ):
        with pytest.raises(RefusedError) as refused:
            await market.create(caller, pass_id, price)
        assert refused.value.refusal_code == "admission.pass_not_found"


async def test_a_guest_cannot_be_paid_and_so_cannot_sell(market: Market) -> None:
    [first, *_] = await market.passes()
    with pytest.raises(ForbiddenError):
        await market.create(replace(market.seller, guest=True), first.id, Money(3_000, "EUR"))


async def test_a_pass_is_listed_in_the_money_it_was_sold_for(market: Market) -> None:
    [first, *_] = await market.passes()
    with pytest.raises(MixedCurrenciesError):
        await market.create(market.seller, first.id, Money(3_000, "USD"))


async def test_a_pass_is_listed_once_however_many_try(market: Market) -> None:
    [first, *_] = await market.passes()
    tries = (market.create(market.seller, first.id, Money(3_000 + number, "EUR")) for number in range(20))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, AlreadyListedError) for result in results) == 19


async def test_a_pass_that_admission_does_not_tie_is_not_listed(market: Market) -> None:
    [first, *_] = await market.passes()
    await market.gatehouse.api.offer(
        tenant_id=market.tenant_id,
        pass_id=first.id,
        account_id=market.seller.account_id,
        offer_id=uuid4(),
        kind="transfer",
    )
    with pytest.raises(RefusedError) as refused:
        await market.listed()
    assert refused.value.refusal_code == "admission.pass_offered"
    [listing] = (await market.list(market.seller, ListingWish(mine=True), PageRequest())).items
    assert listing.status is ListingStatus.CANCELLED


async def test_a_seller_lists_so_many_passes_of_an_event_and_in_all() -> None:
    for terms in (MarketTerms(listings_per_event_max=2), MarketTerms(listings_max=2)):
        market = Market(terms=terms)
        await market.listed(number=0)
        second = await market.listed(number=1)
        with pytest.raises(TooManyListingsError):
            await market.listed(number=2)
        await market.cancel(market.seller, second.id)
        assert (await market.listed(number=2)).status is ListingStatus.OPEN


async def test_whoever_is_blocked_neither_sells_nor_buys_until_the_block_ends(market: Market) -> None:
    listing = await market.listed()
    until = market.clock.now() + timedelta(days=1)
    for caller in (market.seller, market.buyer):
        await market.block(caller, until=until)
    with pytest.raises(PersonBlockedError, match="2026-11-22T12:00:00Z: Bought for others"):
        await market.listed(number=1)
    with pytest.raises(PersonBlockedError):
        await market.bought(listing)
    market.clock.moment = until
    assert (await market.listed(number=1)).status is ListingStatus.OPEN
    assert (await market.bought(listing)).listing.status is ListingStatus.RESERVED
    await market.block(market.other, until=None)
    with pytest.raises(PersonBlockedError, match="until further notice"):
        await market.bought(listing, market.other)


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_listing_whose_process_died_goes_on_by_itself(market: Market, cut: str) -> None:
    market.admission.cut = "before" if cut == "before" else "after"
    with pytest.raises(LinkUnavailableError):
        await market.listed()
    market.admission.cut = "no"
    [left] = (await market.list(market.seller, ListingWish(mine=True), PageRequest())).items
    assert left.status is ListingStatus.OPENING
    assert await market.tend() == 0
    market.clock.move(seconds=OPENING_S_MAX)
    assert await market.tend() == 1
    assert (await market.now_is(left.listing.id)).status is ListingStatus.OPEN


async def test_a_listing_that_is_left_behind_is_undone_if_it_cannot_go_on(market: Market) -> None:
    market.admission.cut = "before"
    with pytest.raises(LinkUnavailableError):
        await market.listed()
    market.admission.cut = "no"
    await market.gatehouse.void_on_cancelled(market.sale.refunded, market.sale.delivery())
    market.clock.move(seconds=OPENING_S_MAX)
    assert await market.tend() == 1
    [left] = (await market.list(market.seller, ListingWish(mine=True), PageRequest())).items
    assert left.status is ListingStatus.CANCELLED and not left.listing.offer_tied


async def test_what_cannot_be_done_yet_is_tried_again_later(market: Market) -> None:
    market.admission.cut = "before"
    with pytest.raises(LinkUnavailableError):
        await market.listed()
    market.clock.move(seconds=OPENING_S_MAX)
    assert await market.tend() == 0
    assert await market.tend() == 0, "it waits for its time, and nothing else waits for it"
    market.admission.cut = "no"
    market.clock.move(seconds=OPENING_S_MAX)
    assert await market.tend() == 1


async def test_a_cancelled_listing_gives_the_pass_back(market: Market) -> None:
    listing = await market.listed()
    gone = await market.cancel(market.seller, listing.id)
    assert gone.status is ListingStatus.CANCELLED
    assert (await market.facts_of(listing)).offer_id is None
    assert await market.cancel(market.seller, listing.id) == await market.now_is(listing.id)
    [told] = market.told(ListingEnded)
    assert (told.how, told.reason) == ("cancelled", "by its seller")
    assert await market.tend() == 0, "nothing is left to do"


async def test_the_pass_comes_back_later_while_admission_is_away(market: Market) -> None:
    listing = await market.listed()
    market.admission.cut = "before"
    await market.cancel(market.seller, listing.id)
    assert (await market.facts_of(listing)).offer_id == listing.id
    market.admission.cut = "no"
    assert await market.tend() == 1
    assert (await market.facts_of(listing)).offer_id is None


async def test_seller_and_staff_who_sell_cancel_and_nobody_else(market: Market) -> None:
    listing = await market.listed()
    for caller in (market.buyer, market.sale.staff(Role.SCANNER), replace(market.seller, tenant_id=TenantId(uuid4()))):
        with pytest.raises(ListingNotFoundError):
            await market.cancel(caller, listing.id)
    gone = await market.cancel(market.sale.staff(Role.BOX_OFFICE), listing.id)
    assert gone.history[-1].detail == "by the organiser"


async def test_what_a_buyer_has_ordered_is_not_cancelled(market: Market) -> None:
    listing = await market.listed()
    new = await market.bought(listing)
    await market.reserved(new, ORDER)
    with pytest.raises(ListingOrderedError):
        await market.cancel(market.seller, listing.id)
    market.clock.move(seconds=15 * 60)
    assert (await market.cancel(market.seller, listing.id)).status is ListingStatus.CANCELLED


async def test_a_purchase_lasts_as_long_as_a_hold_and_is_the_same_when_asked_again(market: Market) -> None:
    listing = await market.listed()
    new = await market.bought(listing)
    assert new.purchase.until == market.clock.now() + timedelta(minutes=10) and new.hold_token
    again = await market.bought(listing)
    assert again.purchase == new.purchase and again.hold_token is None
    assert [told.order_id for told in market.told(ListingReserved)] == [None]
    with pytest.raises(NotForSaleError):
        await market.bought(listing, market.other)
    market.clock.moment = new.purchase.until
    assert (await market.bought(listing, market.other)).purchase.id != new.purchase.id


async def test_of_fifty_buyers_one_gets_it(market: Market) -> None:
    listing = await market.listed()
    buyers = [market.sale.stranger for _ in range(50)]
    results = await asyncio.gather(*(market.buy(each, listing.id) for each in buyers), return_exceptions=True)
    assert sum(isinstance(result, NewPurchase) for result in results) == 1
    assert sum(isinstance(result, NotForSaleError) for result in results) == 49


async def test_nobody_buys_their_own_or_what_is_not_there(market: Market) -> None:
    listing = await market.listed()
    with pytest.raises(OwnListingError):
        await market.bought(listing, market.seller)
    with pytest.raises(ListingNotFoundError):
        await market.buy(market.buyer, ListingId(uuid4()))
    with pytest.raises(ListingNotFoundError):
        await market.buy(replace(market.buyer, tenant_id=TenantId(uuid4())), listing.id)


async def test_a_buyer_keeps_so_many_at_a_time() -> None:
    market = Market(terms=MarketTerms(purchases_max=1))
    first, second = await market.listed(number=0), await market.listed(number=1)
    new = await market.bought(first)
    with pytest.raises(TooManyPurchasesError):
        await market.bought(second)
    await market.give_back(market.buyer, new.purchase.id, hold_token=None)
    assert (await market.bought(second)).listing.status is ListingStatus.RESERVED


async def test_a_purchase_is_given_back_by_its_buyer_or_by_its_token(market: Market) -> None:
    listing = await market.listed()
    new = await market.bought(listing)
    with pytest.raises(NotResaleHolderError):
        await market.give_back(market.other, new.purchase.id, hold_token="wrong")
    with pytest.raises(ResaleReservationNotFoundError):
        await market.give_back(market.buyer, ReservationId(uuid4()), hold_token=None)
    for _ in range(2):
        await market.give_back(market.other, new.purchase.id, hold_token=new.hold_token)
    assert (await market.now_is(listing.id)).status is ListingStatus.OPEN
    again = await market.bought(listing)
    await market.reserved(again, ORDER)
    with pytest.raises(ResaleReservationConflictError):
        await market.give_back(market.buyer, again.purchase.id, hold_token=None)


async def test_everybody_sees_what_is_for_sale_and_the_seller_and_staff_see_all(market: Market) -> None:
    dear = await market.listed(price_minor=5_000, number=0)
    cheap = await market.listed(price_minor=1_000, number=1)
    gone = await market.listed(number=2)
    await market.cancel(market.seller, gone.id)
    everybody = ListingWish()
    assert await shown(market, market.buyer, everybody) == [dear.id, cheap.id]
    assert await shown(market, market.buyer, ListingWish(order=ListingOrder.PRICE)) == [cheap.id, dear.id]
    assert await shown(market, market.seller, ListingWish(mine=True)) == [dear.id, cheap.id, gone.id]
    assert await shown(market, market.buyer, ListingWish(mine=True)) == []
    assert await shown(market, market.sale.staff(), everybody) == [dear.id, cheap.id, gone.id]
    cancelled = ListingWish(statuses=frozenset({ListingStatus.CANCELLED}))
    assert await shown(market, market.sale.staff(), cancelled) == [gone.id]
    with pytest.raises(ForbiddenError):
        await shown(market, market.buyer, cancelled)
    await market.bought(cheap)
    assert await shown(market, market.other, everybody) == [dear.id]


async def test_a_listing_is_read_in_full_by_its_seller_and_staff(market: Market) -> None:
    listing = await market.listed()
    assert not (await market.read(market.buyer, listing.id)).in_full
    assert (await market.read(market.seller, listing.id)).in_full
    assert (await market.read(market.sale.staff(), listing.id)).in_full
    await market.bought(listing)
    assert (await market.read(market.buyer, listing.id)).status is ListingStatus.RESERVED
    with pytest.raises(ListingNotFoundError):
        await market.read(market.other, listing.id)
    with pytest.raises(ListingNotFoundError):
        await market.read(market.buyer, ListingId(uuid4()))


async def test_listings_end_in_batches_as_their_time_is_over() -> None:
    market = Market(terms=MarketTerms(sweep_listings_max=2))
    listings = [await market.listed(number=number) for number in range(3)]
    bought = await market.bought(listings[0])
    market.clock.moment = KICK_OFF - timedelta(seconds=1)
    assert await market.tend() == 1, "what nobody ordered is tidied up"
    assert (await market.now_is(bought.listing.id)).status is ListingStatus.OPEN
    market.clock.moment = KICK_OFF
    assert [await market.tend(), await market.tend(), await market.tend()] == [2, 1, 0]
    for listing in listings:
        assert (await market.now_is(listing.id)).status is ListingStatus.ENDED
        assert (await market.facts_of(listing)).offer_id is None


async def test_a_suspended_listing_ends_too(market: Market) -> None:
    listing = await market.listed()
    market.law.price_max = Money(1, "EUR")
    suspended = await market.reconsider(market.tenant_id, listing.id)
    assert suspended is not None and suspended.suspension is not None
    assert suspended.suspension.cause is Cause.UNLAWFUL
    market.clock.moment = KICK_OFF
    await market.tend()
    assert (await market.now_is(listing.id)).status is ListingStatus.ENDED


def test_a_payout_status_of_payments_is_one_of_ours() -> None:
    assert {"pending", "paid", "owed", "failed", "reversed"} < {status.value for status in PayoutStatus}
