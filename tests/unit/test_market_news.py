"""What the market does when it hears of orders, passes and payouts."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID, uuid4

import msgspec
import pytest

from core.resale.market.listed import Cause, PayoutStatus
from core.resale.market.listing import RETRY_S, Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.policy import ResalePolicy
from core.resale.transfers.history import HistoryKind
from core.shared.money import Money
from ports.events import Delivery
from ports.published.admission import ORDER_OVER, PassesResumed, PassesStopped, PassNotReissued
from ports.published.orders import OrderCancelled
from ports.published.payments import PayoutSettled
from ports.published.resale import ListingCompleted, ListingEnded, ListingOpened, ListingSuspended
from tests.admission_builders import KICK_OFF
from tests.market_world import Market

ORDER = UUID(int=0x0D)
FEES = ResalePolicy(platform_fee_basis_points=500, royalty_basis_points=200)


@pytest.fixture
def market() -> Market:
    return Market()


async def sold(market: Market) -> Listing:
    await market.set_policy(FEES)
    listing = await market.listed()
    await market.sold(listing, ORDER)
    return listing


async def cancelled(market: Market, listing: Listing, reason: str, *, order_id: UUID = ORDER) -> None:
    purchase = (await market.now_is(listing.id)).purchase
    ids = (uuid4(), purchase.id) if purchase is not None else (uuid4(),)
    event = OrderCancelled(order_id=order_id, reservation_ids=ids, reason=reason)
    delivery = market.sale.delivery()
    for _ in range(2):
        await market.on_order_cancelled(event, delivery)


def stopped(listing: Listing, *, over: bool) -> PassesStopped:
    return PassesStopped(pass_ids=(uuid4(), listing.subject.pass_id), reason="disputed", over=over)


async def test_the_seller_is_paid_once_the_buyer_has_a_pass(market: Market) -> None:
    listing = await sold(market)
    assert market.payments.made == {}
    await market.passed_on(listing, ORDER)
    done = await market.now_is(listing.id)
    assert done.status is ListingStatus.COMPLETED and done.payout is not None
    assert market.payments.made == {done.payout.id: (2_790, 60, 150)}
    assert done.payout.status is PayoutStatus.PENDING
    [told] = market.told(ListingCompleted)
    assert (told.order_id, told.seller_minor, told.price_minor) == (ORDER, 2_790, 3_000)
    await market.tend()
    assert (await market.now_is(listing.id)).due_at is None, "nothing is left to do"


async def test_the_change_of_hands_goes_into_the_history_of_the_pass(market: Market) -> None:
    listing = await sold(market)
    await market.passed_on(listing, ORDER)
    async with market.resale.begin(market.tenant_id) as tx:
        begun, kept = await tx.history.entries(listing.subject.lineage_id)
    assert (begun.entry.kind, begun.entry.to_account) == (HistoryKind.PURCHASE, market.seller.account_id)
    assert begun.entry.price == Money(2_500, "EUR"), "what the first buyer paid, and not what was asked for it now"
    entry = kept.entry
    assert (entry.kind, entry.old_pass_id) == (HistoryKind.RESALE, listing.subject.pass_id)
    assert (entry.from_account, entry.to_account) == (market.seller.account_id, market.buyer.account_id)
    assert (entry.price, entry.verdict_id) == (Money(3_000, "EUR"), listing.terms.verdict_id)
    assert entry.components == listing.subject.components and entry.place is not None


async def test_news_that_comes_twice_pays_once(market: Market) -> None:
    listing = await sold(market)
    await market.passed_on(listing, ORDER)
    await market.passed_on(listing, ORDER)
    assert len(market.payments.made) == len(market.told(ListingCompleted)) == 1
    async with market.resale.begin(market.tenant_id) as tx:
        kinds = [each.entry.kind for each in await tx.history.entries(listing.subject.lineage_id)]
    assert kinds == [HistoryKind.PURCHASE, HistoryKind.RESALE]


async def test_the_seller_is_paid_later_while_payments_is_away(market: Market) -> None:
    listing = await sold(market)
    market.payments.reachable = False
    await market.passed_on(listing, ORDER)
    assert await market.tend() == 0
    market.payments.reachable = True
    assert await market.tend() == 0, "not before its time"
    market.clock.move(seconds=RETRY_S)
    assert await market.tend() == 1
    done = await market.now_is(listing.id)
    assert done.payout is not None and done.payout.status is PayoutStatus.PENDING and not done.offer_tied


async def test_a_refused_payout_is_told_to_the_seller_and_not_asked_again(market: Market) -> None:
    listing = await sold(market)
    market.payments.refuses = True
    await market.passed_on(listing, ORDER)
    done = await market.now_is(listing.id)
    assert done.payout is not None and done.payout.status is PayoutStatus.REFUSED
    assert done.history[-1].detail == "refused: The money went back."
    market.payments.refuses = False
    await market.tend()
    assert market.payments.made == {}


async def test_the_seller_reads_what_became_of_the_payout(market: Market) -> None:
    listing = await sold(market)
    await market.passed_on(listing, ORDER)
    payout = (await market.now_is(listing.id)).payout
    assert payout is not None
    event = PayoutSettled(
        payout_id=payout.id,
        order_id=ORDER,
        seller_account_id=market.seller.account_id,
        amount_minor=2_790,
        currency="EUR",
        status="paid",
        settled_at=market.clock.now(),
        failure=None,
    )
    await market.on_payout(event, market.sale.delivery())
    another = msgspec.structs.replace(event, payout_id=uuid4(), status="failed", failure="none of the market's")
    await market.on_payout(another, market.sale.delivery())
    done = await market.now_is(listing.id)
    assert done.payout is not None and done.payout.status is PayoutStatus.PAID


async def test_of_news_of_a_payout_in_any_order_the_newest_counts(market: Market) -> None:
    told = [("failed", 1), ("owed", 2), ("failed", 3), ("paid", 4)]
    for first, second, third in permutations(told, 3):
        market = Market()
        listing = await sold(market)
        await market.passed_on(listing, ORDER)
        payout = (await market.now_is(listing.id)).payout
        assert payout is not None
        for status, minute in (first, second, third):
            event = PayoutSettled(
                payout_id=payout.id,
                order_id=ORDER,
                seller_account_id=market.seller.account_id,
                amount_minor=2_790,
                currency="EUR",
                status=status,  # type: ignore[arg-type]  # one of the words above
                settled_at=market.clock.now() + timedelta(minutes=minute),
                failure=None,
            )
            await market.on_payout(event, market.sale.delivery())
        newest = max((first, second, third), key=lambda news: news[1])
        payout = (await market.now_is(listing.id)).payout
        assert payout is not None and payout.status == newest[0]


async def test_a_sale_without_a_pass_fails_and_gives_the_pass_back(market: Market) -> None:
    listing = await sold(market)
    event = PassNotReissued(
        listing_id=listing.id,
        old_pass_id=listing.subject.pass_id,
        order_id=ORDER,
        order_item_id=uuid4(),
        reason="admission.pass_void",
    )
    await market.on_not_reissued(msgspec.structs.replace(event, order_id=uuid4()), market.sale.delivery())
    assert (await market.now_is(listing.id)).status is ListingStatus.SOLD, "another order's failure is not its own"
    for _ in range(2):
        await market.on_not_reissued(event, market.sale.delivery())
    assert (await market.now_is(listing.id)).status is ListingStatus.FAILED
    assert [told.how for told in market.told(ListingEnded)] == ["failed"]
    await market.tend()
    assert not (await market.now_is(listing.id)).offer_tied


@pytest.mark.parametrize("refund_first", [True, False])
async def test_whose_buyer_had_the_money_back_before_there_was_a_pass_sells_it_to_somebody_else(
    market: Market, *, refund_first: bool
) -> None:
    listing = await sold(market)
    if refund_first:
        await cancelled(market, listing, "refunded")
    event = PassNotReissued(
        listing_id=listing.id,
        old_pass_id=listing.subject.pass_id,
        order_id=ORDER,
        order_item_id=uuid4(),
        reason=ORDER_OVER,
    )
    delivery = market.sale.delivery()
    for _ in range(2):
        await market.on_not_reissued(event, delivery)
    await cancelled(market, listing, "refunded")
    await market.tend()
    again = await market.now_is(listing.id)
    assert (again.status, again.purchase, again.payout) == (ListingStatus.OPEN, None, None)
    facts = await market.facts_of(listing)
    assert (facts.status, facts.offer_id) == ("VALID", listing.id)
    assert (await market.bought(again, market.other)).purchase.account_id == market.other.account_id


@pytest.mark.parametrize("reason", ["cancelled", "expired", "refunded"])
async def test_an_order_that_ended_puts_the_pass_back_on_the_market(market: Market, reason: str) -> None:
    listing = await market.listed()
    await market.reserved(await market.bought(listing), ORDER)
    await cancelled(market, listing, reason, order_id=uuid4())
    assert (await market.now_is(listing.id)).status is ListingStatus.ORDERED, "it was another order"
    await cancelled(market, listing, reason)
    assert (await market.now_is(listing.id)).status is ListingStatus.OPEN
    assert len(market.told(ListingOpened)) == 2


@pytest.mark.parametrize(
    ("reason", "status"),
    [("cancelled", ListingStatus.SOLD), ("expired", ListingStatus.SOLD), ("refunded", ListingStatus.OPEN)],
)
async def test_what_was_sold_comes_back_by_a_refund_alone(market: Market, reason: str, status: ListingStatus) -> None:
    listing = await sold(market)
    await cancelled(market, listing, reason)
    assert (await market.now_is(listing.id)).status is status


async def test_what_was_passed_on_does_not_come_back(market: Market) -> None:
    listing = await sold(market)
    await market.passed_on(listing, ORDER)
    await cancelled(market, listing, "refunded")
    assert (await market.now_is(listing.id)).status is ListingStatus.COMPLETED


async def test_a_refund_that_is_heard_of_before_the_new_pass_leaves_it_to_admission(market: Market) -> None:
    listing = await sold(market)
    resold = market.on_reissued
    market.on_reissued = NotYet()  # type: ignore[assignment]  # the news is on its way
    await market.passed_on(listing, ORDER)
    await cancelled(market, listing, "refunded")
    assert (await market.now_is(listing.id)).status is ListingStatus.SOLD
    market.on_reissued = resold
    await market.passed_on(listing, ORDER)
    assert (await market.now_is(listing.id)).status is ListingStatus.COMPLETED


@pytest.mark.parametrize("gone", ["lost to the bank", "untied"])
async def test_a_sold_listing_ends_with_its_refunded_order_when_its_pass_is_gone(market: Market, gone: str) -> None:
    """Its order was never confirmed, so that no word of a pass will come."""
    listing = await sold(market)
    if gone == "untied":
        await market.gatehouse.api.withdraw(
            tenant_id=market.tenant_id, pass_id=listing.subject.pass_id, offer_id=listing.id
        )
    else:
        await market.gatehouse.decide(market.sale.decided("lost"), market.sale.delivery())
    await cancelled(market, listing, "refunded", order_id=uuid4())
    assert (await market.now_is(listing.id)).status is ListingStatus.SOLD, "it is another order's"
    await cancelled(market, listing, "refunded")
    assert (await market.now_is(listing.id)).status is ListingStatus.ENDED


class NotYet:
    async def __call__(self, event: object, delivery: Delivery) -> None:
        """Hear nothing."""


async def test_a_frozen_pass_suspends_its_listing_and_goes_on_when_it_is_valid_again(market: Market) -> None:
    listing = await market.listed()
    await market.bought(listing)
    await market.gatehouse.freeze(market.sale.disputed(), market.sale.delivery())
    for _ in range(2):
        await market.on_stopped(stopped(listing, over=False), market.sale.delivery())
    held = await market.now_is(listing.id)
    assert held.status is ListingStatus.SUSPENDED and held.purchase is None
    assert held.suspension is not None and held.suspension.cause is Cause.PASS_STOPPED
    [told] = market.told(ListingSuspended)
    assert (told.cause, told.seller_account_id) == ("pass_stopped", market.seller.account_id)

    resumed = PassesResumed(pass_ids=(listing.subject.pass_id,))
    await market.on_resumed(resumed, market.sale.delivery())
    assert (await market.now_is(listing.id)).status is ListingStatus.SUSPENDED, "the pass is frozen still"
    await market.gatehouse.decide(market.sale.decided("won"), market.sale.delivery())
    market.law.price_max = Money(1, "EUR")
    await market.on_resumed(resumed, market.sale.delivery())
    held = await market.now_is(listing.id)
    assert held.suspension is not None and held.suspension.cause is Cause.UNLAWFUL, "it is judged again"
    market.law.price_max = None
    for _ in range(2):
        await market.on_resumed(resumed, market.sale.delivery())
    assert (await market.now_is(listing.id)).status is ListingStatus.OPEN


async def test_a_void_pass_ends_its_listing(market: Market) -> None:
    listing = await market.listed()
    await market.reserved(await market.bought(listing), ORDER)
    for _ in range(2):
        await market.on_stopped(stopped(listing, over=True), market.sale.delivery())
    ended = await market.now_is(listing.id)
    assert ended.status is ListingStatus.ENDED and "disputed" in ended.history[-1].detail


@pytest.mark.parametrize("over", [True, False])
async def test_what_is_sold_is_left_to_admission(market: Market, *, over: bool) -> None:
    listing = await sold(market)
    await market.on_stopped(stopped(listing, over=over), market.sale.delivery())
    assert (await market.now_is(listing.id)).status is ListingStatus.SOLD


async def test_a_listing_whose_pass_is_gone_ends_when_it_is_looked_at_again(market: Market) -> None:
    listing = await market.listed()
    await market.gatehouse.api.withdraw(
        tenant_id=market.tenant_id, pass_id=listing.subject.pass_id, offer_id=listing.id
    )
    ended = await market.reconsider(market.tenant_id, listing.id)
    assert ended is not None and ended.status is ListingStatus.ENDED
    assert await market.reconsider(market.tenant_id, listing.id) == ended


async def test_what_a_buyer_has_ordered_goes_on_although_the_law_has_changed(market: Market) -> None:
    listing = await market.listed()
    await market.reserved(await market.bought(listing), ORDER)
    market.law.price_max = Money(1, "EUR")
    kept = await market.reconsider(market.tenant_id, listing.id)
    assert kept is not None and kept.status is ListingStatus.ORDERED
    market.clock.moment = KICK_OFF - timedelta(days=1)
    assert kept.status_at(market.clock.now()) is ListingStatus.OPEN


async def test_news_of_nobodys_is_a_fault(market: Market) -> None:
    listing = await market.listed()
    with pytest.raises(ValueError, match="names no tenant"):
        await market.on_stopped(stopped(listing, over=True), replace_tenant(market.sale.delivery()))


def replace_tenant(delivery: Delivery) -> Delivery:
    return Delivery(event_id=delivery.event_id, tenant_id=None)
