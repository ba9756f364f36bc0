"""A pass goes back to the organiser for what it cost, and its buyer is paid when somebody else has it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from core.resale.law.rule import AppliesAt
from core.resale.market.listing_errors import NotForSaleError, NotReturnableError, UnlawfulResaleError
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.resale.policies.policy import Channel, ResalePolicy
from core.resale.policies.returns import chain_of
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.shared.ids import PassId
from core.shared.money import Money
from ports.published.admission import PassFacts
from ports.published.refusals import RefusedError
from ports.published.resale import ListingCompleted, ReturnCompleted
from tests.admission_builders import KICK_OFF
from tests.market_world import Market

ORDER = UUID(int=0x0D)


@pytest.fixture
def market() -> Market:
    return Market()


async def test_a_return_is_for_sale_at_what_the_admission_cost_and_admits_nobody(market: Market) -> None:
    listing = await market.returned()
    assert (listing.kind, listing.status, listing.price) == (
        ListingKind.RETURN,
        ListingStatus.OPEN,
        Money(2_500, "EUR"),
    )
    assert (market.law.asked, market.law.channels) == ([AppliesAt.LISTING], [Channel.RETURN])
    facts = await market.facts_of(listing)
    assert (facts.offer_id, facts.offer_kind) == (listing.id, "return")


async def test_what_a_voucher_took_off_and_fees_are_not_in_the_price(market: Market) -> None:
    market.sale = replace(market.sale, discount_minor=700, fees_minor=300, tax_minor=90)
    assert (await market.returned()).price == Money(1_800, "EUR")


async def test_what_cost_nothing_is_not_given_back(market: Market) -> None:
    market.sale = replace(market.sale, discount_minor=2_500)
    with pytest.raises(NotReturnableError, match="cost nothing"):
        await market.returned()


async def test_only_who_bought_the_pass_gives_it_back(market: Market) -> None:
    [first, *_] = await market.passes()
    with pytest.raises(RefusedError) as refused:
        await market.return_pass(market.buyer, first.id)
    assert refused.value.refusal_code == "admission.pass_not_found"
    market.orders.of_orders[market.sale.order_id] = market.buyer.account_id
    with pytest.raises(NotReturnableError, match="paid for by somebody else"):
        await market.return_pass(market.seller, first.id)


async def test_what_was_bought_of_a_holder_is_listed_and_not_given_back(market: Market) -> None:
    listing = await market.listed()
    await market.sold(listing, ORDER)
    await market.passed_on(listing, ORDER)
    market.orders.of_orders[ORDER] = market.buyer.account_id
    old = await market.facts_of(listing)
    [_, new_id] = [each.pass_id for each in await lineage(market, old)]
    with pytest.raises(NotReturnableError, match="bought of somebody else"):
        await market.return_pass(market.buyer, new_id)


async def lineage(market: Market, facts: PassFacts) -> list[HistoryEntry]:
    async with market.resale.begin(market.tenant_id) as tx:
        return [each.entry for each in await tx.history.entries(PassId(facts.lineage_id))]


async def test_the_law_is_asked_at_face_value_and_again_when_it_is_ordered(market: Market) -> None:
    listing = await market.returned()
    market.law.price_max = Money(2_499, "EUR")
    new = await market.bought(listing)
    with pytest.raises(RefusedError) as refused:
        await market.reserved(new, ORDER)
    assert refused.value.refusal_code == "resale.unlawful"
    assert market.law.channels == [Channel.RETURN, Channel.RETURN]
    with pytest.raises(UnlawfulResaleError):
        await market.returned(1)


async def test_its_holder_takes_it_back_while_nobody_has_ordered_it(market: Market) -> None:
    listing = await market.returned()
    await market.cancel(market.seller, listing.id)
    facts = await market.facts_of(listing)
    assert (facts.status, facts.offer_id) == ("VALID", None)
    assert (await market.returned()).status is ListingStatus.OPEN


async def test_what_nobody_buys_in_time_stays_its_holders(market: Market) -> None:
    await market.set_policy(ResalePolicy(resale_cutoff=timedelta(hours=2)))
    listing = await market.returned()
    assert listing.terms.closes_at == KICK_OFF - timedelta(hours=2)
    market.clock.moment = listing.terms.closes_at
    with pytest.raises(NotForSaleError):
        await market.bought(listing)
    await market.tend()
    assert (await market.now_is(listing.id)).status is ListingStatus.ENDED
    assert (await market.facts_of(listing)).offer_id is None


async def test_when_it_is_sold_orders_hears_what_is_due_to_whom_and_nobody_is_paid_out(market: Market) -> None:
    listing = await market.returned()
    await market.sold(listing, ORDER)
    await market.passed_on(listing, ORDER)
    [told], [completed] = market.told(ReturnCompleted), market.told(ListingCompleted)
    subject = listing.subject
    assert (told.origin_order_id, told.origin_order_item_id, told.origin_unit) == (
        subject.order_id,
        subject.order_item_id,
        subject.unit,
    )
    assert (told.order_id, told.account_id, told.price_minor) == (ORDER, market.seller.account_id, 2_500)
    assert completed.seller_minor == 0 and market.payments.made == {}
    [_, step] = await lineage(market, await market.facts_of(listing))
    assert step.kind is HistoryKind.RETURN


async def test_no_return_is_told_of_a_listing_that_its_holder_sold(market: Market) -> None:
    listing = await market.listed()
    await market.sold(listing, ORDER)
    await market.passed_on(listing, ORDER)
    assert market.told(ReturnCompleted) == []


def test_what_limits_holders_does_not_limit_returns() -> None:
    strict = ResalePolicy(
        allowed=False,
        multiplier_basis_points=5_000,
        price_max=Money(1, "EUR"),
        price_min=Money(100_000, "EUR"),
        transfers_max=0,
        royalty_basis_points=500,
        listing_cutoff=timedelta(days=1),
        approved_channels=frozenset({Channel.FAIRSEAT}),
    )
    kept = ResalePolicy(listing_cutoff=timedelta(days=1), approved_channels=frozenset({Channel.FAIRSEAT}))
    assert chain_of(Channel.RETURN, (strict,)) == (kept,)
    assert chain_of(Channel.FAIRSEAT, (strict,)) == (strict,)
