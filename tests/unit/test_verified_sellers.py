"""Listings go on by themselves once evidence is accepted, and stop when it does not count any more."""

from datetime import timedelta
from uuid import UUID

import pytest

from core.resale.market.listing_status import ListingStatus
from core.resale.policies.policy import VerificationKind
from core.shared.ids import ListingId, VenueId
from core.shared.money import Money
from ports.published.refusals import LinkUnavailableError
from ports.published.resale import ListingOpened, ListingSuspended
from ports.resale.verification import Check, CheckAnswer
from tests.sellers_world import IDENTITY, Sellers
from usecases.resale.verify_sellers import Judgement

OPEN, RESERVED, ORDERED, SUSPENDED = (
    ListingStatus.OPEN,
    ListingStatus.RESERVED,
    ListingStatus.ORDERED,
    ListingStatus.SUSPENDED,
)
EXPLAINED = "The seller has to be verified before this can be sold: identity."


@pytest.fixture
def sellers() -> Sellers:
    return Sellers()


async def statuses(sellers: Sellers, ids: list[ListingId]) -> list[ListingStatus]:
    return [(await sellers.market.now_is(each)).status for each in ids]


async def suspended(sellers: Sellers) -> list[ListingId]:
    """List all passes, and have them all suspended as the seller's identity is asked for now."""
    ids = [listing.id for listing in await sellers.listed()]
    sellers.law.asks = True
    for listing_id in ids:
        await sellers.market.reconsider(sellers.market.tenant_id, listing_id)
    assert await statuses(sellers, ids) == [SUSPENDED] * 3
    return ids


async def test_listings_go_on_once_the_missing_evidence_is_accepted_and_not_before(sellers: Sellers) -> None:
    ids = await suspended(sellers)
    opened = len(sellers.market.told(ListingOpened))
    sellers.verifier.answers[VerificationKind.IDENTITY] = Check(answer=CheckAnswer.WAITS)
    brought = await sellers.brought()
    looked = await sellers.judged(brought, Judgement.IN_REVIEW)
    assert await sellers.news() == []
    assert await statuses(sellers, ids) == [SUSPENDED] * 3
    await sellers.judged(looked, Judgement.VERIFIED)
    [told] = await sellers.news()
    assert (told.account_id, told.venue_id, told.counts) == (sellers.market.seller.account_id, None, True)
    assert await statuses(sellers, ids) == [OPEN] * 3
    assert len(sellers.market.told(ListingOpened)) == opened + 3, "each once, however often it is heard"


async def test_evidence_that_is_taken_back_suspends_what_nobody_has_ordered(sellers: Sellers) -> None:
    sellers.law.asks = True
    verified = await sellers.judged(await sellers.brought(), Judgement.VERIFIED)
    first, second, third = await sellers.listed()
    await sellers.market.bought(second)
    await sellers.market.reserved(await sellers.market.bought(third), UUID(int=0x0D))
    await sellers.judged(verified, Judgement.REJECTED)
    told = await sellers.news()
    assert [event.counts for event in told] == [True, False]
    assert await statuses(sellers, [first.id, second.id, third.id]) == [SUSPENDED, SUSPENDED, ORDERED]
    news = sellers.market.told(ListingSuspended)
    assert {(event.cause, event.reason) for event in news} == {("unlawful", EXPLAINED)}
    assert sorted(event.listing_id for event in news) == sorted((first.id, second.id))


async def test_evidence_that_has_ended_suspends_once_the_sweep_has_seen_it(sellers: Sellers) -> None:
    sellers.law.asks = True
    end = sellers.market.clock.now() + timedelta(days=1)
    await sellers.judged(await sellers.brought(), Judgement.VERIFIED, expires_at=end)
    ids = [listing.id for listing in await sellers.listed()]
    await sellers.news()
    sellers.market.clock.move(seconds=86_400 - 1)
    assert (await sellers.expire(), await sellers.news()) == (0, [])
    sellers.market.clock.move(seconds=1)
    assert await sellers.expire() == 1
    assert [event.counts for event in await sellers.news()] == [False]
    assert await statuses(sellers, ids) == [SUSPENDED] * 3


async def test_a_verifier_that_accepts_at_once_lets_them_go_on_too(sellers: Sellers) -> None:
    ids = await suspended(sellers)
    sellers.verifier.answers[VerificationKind.IDENTITY] = Check(answer=CheckAnswer.VERIFIED)
    await sellers.brought()
    assert [event.counts for event in await sellers.news()] == [True]
    assert await statuses(sellers, ids) == [OPEN] * 3


@pytest.mark.parametrize("accepted", [False, True])
async def test_evidence_that_never_counted_is_no_news(sellers: Sellers, accepted: bool) -> None:
    brought = await sellers.brought()
    if accepted:
        await sellers.judged(brought, Judgement.VERIFIED)
    else:
        await sellers.judged(brought, Judgement.REJECTED)
    assert len(await sellers.news()) == accepted


async def test_only_listings_of_that_seller_at_that_venue_are_judged_again(sellers: Sellers) -> None:
    ids = await suspended(sellers)
    asked = len(sellers.law.asked)
    elsewhere = VenueId(UUID(int=0x7F))
    await sellers.judged(await sellers.brought(venue_id=elsewhere), Judgement.VERIFIED)
    [told] = await sellers.news()
    assert (told.venue_id, len(sellers.law.asked)) == (elsewhere, asked)
    others = await sellers.bring(IDENTITY, whole_number=None, venue_id=None, caller=sellers.market.buyer)
    await sellers.judged(others, Judgement.VERIFIED)
    await sellers.news()
    assert len(sellers.law.asked) == asked
    assert await statuses(sellers, ids) == [SUSPENDED] * 3
    here = (await sellers.market.now_is(ids[0])).subject.venue_id
    await sellers.judged(await sellers.brought(venue_id=here), Judgement.VERIFIED)
    await sellers.news()
    assert await statuses(sellers, ids) == [OPEN] * 3


async def test_what_is_stopped_for_another_reason_stays_stopped(sellers: Sellers) -> None:
    ids = await suspended(sellers)
    sellers.law.price_max = Money(0, "EUR")
    await sellers.judged(await sellers.brought(), Judgement.VERIFIED)
    await sellers.news()
    assert await statuses(sellers, ids) == [SUSPENDED] * 3
    suspension = (await sellers.market.now_is(ids[0])).suspension
    assert suspension is not None and "25.00 EUR" in suspension.reason, "the seller reads what stands in the way now"


async def test_while_admission_is_away_the_news_is_heard_again_later(
    sellers: Sellers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await suspended(sellers)
    await sellers.judged(await sellers.brought(), Judgement.VERIFIED)

    async def away(**_: object) -> None:
        raise LinkUnavailableError("admission is away")

    with monkeypatch.context() as cut:
        cut.setattr(sellers.market.admission, "pass_facts", away)
        with pytest.raises(LinkUnavailableError):
            await sellers.news()
    assert await statuses(sellers, ids) == [SUSPENDED] * 3
    sellers.heard.clear()
    await sellers.news()
    assert await statuses(sellers, ids) == [OPEN] * 3
