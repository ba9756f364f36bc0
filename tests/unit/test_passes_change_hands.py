"""A pass changes hands: offered, withdrawn, handed over, sold on; and what refunds and disputes do to that."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from core.admission.code import REVISION_MAX
from core.admission.errors import (
    NotPassHolderError,
    PassEventOverError,
    PassFrozenError,
    PassNotFoundError,
    PassNotOfferedError,
    PassNotValidError,
    PassOfferedError,
    PassRevisionsSpentError,
    PassScannedError,
    PassVoidError,
    SupersededCodeError,
)
from core.admission.offers import OfferKind
from core.admission.passes import Pass, PassStatus
from core.shared.callers import Caller
from core.shared.ids import AccountId, PassId
from ports.events import Event
from ports.paging import PageRequest
from ports.published.admission import (
    ORDER_OVER,
    PassesIssued,
    PassesResumed,
    PassesStopped,
    PassHandedOver,
    PassNotReissued,
    PassReissued,
)
from ports.published.refusals import RefusedError
from tests.admission_builders import KICK_OFF, NOON, Gatehouse, Sale, resale_of

OFFER = UUID(int=0x0FFE)


@pytest.fixture
def gate() -> Gatehouse:
    return Gatehouse()


async def issued(gate: Gatehouse, sale: Sale) -> list[Pass]:
    await gate.issue(sale.completed, sale.delivery())
    return [each.admission for each in await gate.of_order(sale.staff(), sale.order_id)]


async def offered(gate: Gatehouse, sale: Sale, offer_id: UUID = OFFER, kind: OfferKind = OfferKind.LISTING) -> Pass:
    [first, *_] = await issued(gate, sale)
    return await gate.offer(sale.tenant_id, first.id, by=sale.account_id, offer_id=offer_id, kind=kind)


async def now_is(gate: Gatehouse, sale: Sale, pass_id: PassId) -> Pass:
    return (await gate.read(sale.staff(), pass_id)).admission


def told[E: Event](gate: Gatehouse, kind: type[E]) -> list[E]:
    return [each.decode(kind) for each in gate.messages.events if each.type == kind.event_type]


async def test_an_offered_pass_shows_no_code_until_it_is_withdrawn(gate: Gatehouse) -> None:
    sale = Sale()
    [first, _] = await issued(gate, sale)
    before = (await gate.read(sale.buyer, first.id)).code
    found = await offered(gate, sale)

    shown = await gate.read(sale.buyer, found.id)
    assert shown.code is None and shown.admission.offer is not None
    assert (shown.admission.status, shown.admission.offer.offer_id) == (PassStatus.VALID, OFFER)
    with pytest.raises(PassNotValidError, match="offered"):
        await gate.svg(sale.buyer, found.id)

    for _ in range(2):
        await gate.withdraw(sale.tenant_id, found.id, offer_id=uuid7())
        assert (await gate.read(sale.buyer, found.id)).code is None
    for _ in range(2):
        await gate.withdraw(sale.tenant_id, found.id, offer_id=OFFER)
        assert (await gate.read(sale.buyer, found.id)).code == before


async def test_the_same_offer_again_is_fine_and_another_is_refused(gate: Gatehouse) -> None:
    sale = Sale()
    first = await offered(gate, sale)
    gate.clock.moment += timedelta(hours=1)
    again = await gate.offer(sale.tenant_id, first.id, by=sale.account_id, offer_id=OFFER, kind=OfferKind.LISTING)
    assert again == first
    with pytest.raises(PassOfferedError):
        await gate.offer(sale.tenant_id, first.id, by=sale.account_id, offer_id=uuid7(), kind=OfferKind.TRANSFER)


async def test_only_its_holder_may_offer_a_pass_and_only_one_of_the_organisation(gate: Gatehouse) -> None:
    sale = Sale()
    [first, _] = await issued(gate, sale)
    arguments: dict[str, Any] = {"offer_id": OFFER, "kind": OfferKind.LISTING}
    with pytest.raises(NotPassHolderError):
        await gate.offer(sale.tenant_id, first.id, by=AccountId(uuid7()), **arguments)
    for tenant_id, pass_id in ((sale.tenant_id, PassId(uuid7())), (Sale().tenant_id, first.id)):
        with pytest.raises(PassNotFoundError):
            await gate.offer(tenant_id, pass_id, by=sale.account_id, **arguments)
        with pytest.raises(PassNotFoundError):
            await gate.withdraw(tenant_id, pass_id, offer_id=OFFER)
        with pytest.raises(PassNotFoundError):
            await gate.hand_over(tenant_id, pass_id, offer_id=OFFER, to=AccountId(uuid7()), holder_name=None)


@pytest.mark.parametrize("ago_s", [0, 1])
async def test_a_pass_can_be_offered_until_the_event_is_over(gate: Gatehouse, ago_s: int) -> None:
    sale = Sale()
    gate.clock.moment = KICK_OFF + timedelta(hours=2, seconds=ago_s - 1)
    if ago_s:
        with pytest.raises(PassEventOverError):
            await offered(gate, sale)
    else:
        assert (await offered(gate, sale)).offer is not None


async def test_what_is_void_frozen_or_scanned_is_not_offered(gate: Gatehouse) -> None:
    sale = Sale(seats=3)
    frozen, void, scanned = await issued(gate, sale)
    async with gate.admission.begin(sale.tenant_id) as tx:
        await tx.passes.save(frozen.frozen(at=NOON, reason="disputed"))
        await tx.passes.save(void.voided(at=NOON))
        await tx.passes.save(replace(scanned, scanned_at=NOON))
    for each, error in ((frozen, PassFrozenError), (void, PassVoidError), (scanned, PassScannedError)):
        with pytest.raises(error):
            await gate.offer(sale.tenant_id, each.id, by=sale.account_id, offer_id=OFFER, kind=OfferKind.LISTING)


async def test_a_transfer_gives_the_pass_to_another_account_with_another_code(gate: Gatehouse) -> None:
    sale, friend = Sale(), AccountId(uuid7())
    [first, _] = await issued(gate, sale)
    before = (await gate.read(sale.buyer, first.id)).code or ""
    await offered(gate, sale, kind=OfferKind.TRANSFER)

    given = await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name="Ada L.")
    assert await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name="Ada L.") == given
    assert (given.account_id, given.revision, given.offer, given.holder_name) == (friend, 2, None, "Ada L.")
    assert given.paid_minor == first.paid_minor and given.lineage_id == first.id
    with pytest.raises(PassNotFoundError):
        await gate.read(sale.buyer, first.id)
    holder = Caller(account_id=friend, tenant_id=sale.tenant_id)
    code = (await gate.read(holder, first.id)).code or ""
    keys = await gate.public_keys(holder)
    assert gate.verify(code, keys, {first.id: 2}).revision == 2
    assert gate.verify(before, keys).revision == gate.verify(before, keys, {}).revision == 1
    with pytest.raises(SupersededCodeError):
        gate.verify(before, keys, {first.id: 2})
    [news] = told(gate, PassHandedOver)
    assert (news.from_account_id, news.to_account_id, news.revision) == (sale.account_id, friend, 2)


async def test_an_offer_is_accepted_once_and_by_one_account(gate: Gatehouse) -> None:
    sale, friend, other = Sale(), AccountId(uuid7()), AccountId(uuid7())
    first = await offered(gate, sale)
    with pytest.raises(PassNotOfferedError):
        await gate.hand_over(sale.tenant_id, first.id, offer_id=uuid7(), to=friend, holder_name=None)
    await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name=None)
    with pytest.raises(PassNotOfferedError):
        await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=other, holder_name=None)
    second = uuid7()
    await gate.offer(sale.tenant_id, first.id, by=friend, offer_id=second, kind=OfferKind.TRANSFER)
    await gate.hand_over(sale.tenant_id, first.id, offer_id=second, to=other, holder_name=None)
    again = await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name=None)
    assert (again.account_id, again.revision) == (other, 3)
    assert len(told(gate, PassHandedOver)) == 2


async def test_a_pass_changes_hands_as_often_as_its_codes_can_count(gate: Gatehouse) -> None:
    sale, friend = Sale(), AccountId(uuid7())
    first = await offered(gate, sale)
    async with gate.admission.begin(sale.tenant_id) as tx:
        await tx.passes.save(replace(first, revision=REVISION_MAX - 1))
    given = await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name=None)
    assert given.revision == REVISION_MAX
    await gate.offer(sale.tenant_id, first.id, by=friend, offer_id=UUID(int=2), kind=OfferKind.TRANSFER)
    with pytest.raises(PassRevisionsSpentError):
        await gate.hand_over(sale.tenant_id, first.id, offer_id=UUID(int=2), to=friend, holder_name=None)


async def test_a_disputed_offer_waits_and_one_that_was_refunded_has_ended(gate: Gatehouse) -> None:
    sale, friend = Sale(), AccountId(uuid7())
    first = await offered(gate, sale)
    both = tuple(each.admission.id for each in await gate.of_order(sale.buyer, sale.order_id))
    await gate.freeze(sale.disputed(), sale.delivery())
    with pytest.raises(PassFrozenError):
        await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name=None)
    await gate.decide(sale.decided("won"), sale.delivery())
    assert (await now_is(gate, sale, first.id)).offer == first.offer

    for _ in range(2):
        await gate.void_on_cancelled(sale.refunded, sale.delivery())

    ended = await now_is(gate, sale, first.id)
    assert (ended.status, ended.offer) == (PassStatus.VOID, None)
    with pytest.raises(PassVoidError):
        await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=friend, holder_name=None)
    assert told(gate, PassesStopped) == [
        PassesStopped(pass_ids=both, reason="disputed", over=False),
        PassesStopped(pass_ids=both, reason="refunded", over=True),
    ]
    assert told(gate, PassesResumed) == [PassesResumed(pass_ids=both)]


async def test_returned_items_and_lost_disputes_are_told_with_their_reason(gate: Gatehouse) -> None:
    sale = Sale()
    first, second = await issued(gate, sale)
    await gate.void_on_returned(sale.returned((first.order_item_id, 1)), sale.delivery())
    await gate.decide(sale.decided("lost"), sale.delivery())
    assert told(gate, PassesStopped) == [
        PassesStopped(pass_ids=(first.id,), reason="customer_request", over=True),
        PassesStopped(pass_ids=(second.id,), reason="dispute_lost", over=True),
    ]


async def test_a_sold_pass_ends_and_the_buyer_gets_one_of_the_new_order(gate: Gatehouse) -> None:
    sale = Sale()
    old = await offered(gate, sale)
    resale = resale_of(old, OFFER, price_minor=2_900, tenant_id=sale.tenant_id)

    for _ in range(2):
        await gate.issue(resale.completed, resale.delivery())

    ended = await now_is(gate, sale, old.id)
    assert (ended.status, ended.void_reason, ended.offer) == (PassStatus.VOID, "resold", None)
    shown = await gate.read(sale.buyer, old.id)
    assert shown.code is None
    [bought] = await gate.of_order(resale.buyer, resale.order_id)
    new = bought.admission
    assert bought.code is not None
    assert (new.event, new.seat, new.face_value, new.first_sale) == (
        old.event,
        old.seat,
        old.face_value,
        old.first_sale,
    )
    assert (new.paid_minor, new.revision, new.unit, new.resold_from, new.lineage_id) == (2_900, 1, 1, old.id, old.id)
    [news] = told(gate, PassReissued)
    assert (news.old_pass_id, news.pass_id, news.listing_id, news.price_minor) == (old.id, new.id, OFFER, 2_900)
    assert (news.from_account_id, news.to_account_id) == (sale.account_id, resale.account_id)
    assert told(gate, PassesIssued)[-1].pass_ids == (new.id,)
    assert told(gate, PassesStopped) == []

    await gate.void_on_cancelled(sale.refunded, sale.delivery())
    assert (await gate.read(resale.buyer, new.id)).code is not None, "the origin order has no say in it any more"


async def test_a_pass_that_was_sold_on_twice_is_still_reckoned_from_its_first_sale(gate: Gatehouse) -> None:
    sale = Sale()
    old = await offered(gate, sale)
    first = resale_of(old, OFFER, price_minor=2_600, tenant_id=sale.tenant_id)
    await gate.issue(first.completed, first.delivery())
    [between] = await gate.of_order(first.buyer, first.order_id)
    listing = uuid7()
    again = await gate.offer(
        sale.tenant_id, between.admission.id, by=first.account_id, offer_id=listing, kind=OfferKind.LISTING
    )
    second = resale_of(again, listing, price_minor=2_700, tenant_id=sale.tenant_id)
    await gate.issue(second.completed, second.delivery())
    [last] = await gate.of_order(second.buyer, second.order_id)
    assert (last.admission.face_value, last.admission.first_sale) == (old.face_value, old.first_sale)
    assert (last.admission.lineage_id, last.admission.resold_from) == (old.id, between.admission.id)


@pytest.mark.parametrize("why", ["withdrawn", "another listing", "refunded", "frozen", "nowhere", "currency"])
async def test_what_is_not_for_sale_any_more_is_not_sold_and_never_will_be(gate: Gatehouse, why: str) -> None:
    sale, listing = Sale(), UUID(int=1)
    old = await offered(gate, sale, listing)
    resale = resale_of(old, listing, tenant_id=sale.tenant_id)
    match why:
        case "withdrawn":
            await gate.withdraw(sale.tenant_id, old.id, offer_id=listing)
        case "another listing":
            resale = resale_of(old, OFFER, tenant_id=sale.tenant_id)
        case "refunded":
            await gate.void_on_cancelled(sale.refunded, sale.delivery())
        case "frozen":
            await gate.freeze(sale.disputed(), sale.delivery())
        case "nowhere":
            resale = resale_of(replace(old, id=PassId(uuid7())), listing, tenant_id=sale.tenant_id)
        case _:
            resale = replace(resale, currency="CHF")
    before = await now_is(gate, sale, old.id)

    await gate.issue(resale.completed, resale.delivery())
    if why == "withdrawn":
        await gate.offer(sale.tenant_id, old.id, by=sale.account_id, offer_id=listing, kind=OfferKind.LISTING)
        before = await now_is(gate, sale, old.id)
    await gate.issue(resale.completed, resale.delivery())

    assert await now_is(gate, sale, old.id) == before
    assert await gate.of_order(resale.buyer, resale.order_id) == []
    [news] = told(gate, PassNotReissued)
    assert (news.order_item_id, news.listing_id) == (resale.completed.resold[0].order_item_id, resale.listing_id)
    assert news.reason == {
        "refunded": "admission.pass_void",
        "frozen": "admission.pass_frozen",
        "nowhere": "admission.pass_not_found",
        "currency": "admission.other_currency",
    }.get(why, "admission.pass_not_offered")
    assert told(gate, PassReissued) == []


async def _refund(gate: Gatehouse, resale: Sale, how: str) -> None:
    match how:
        case "whole order":
            await gate.void_on_cancelled(resale.refunded, resale.delivery())
        case "item":
            units = (resale.completed.resold[0].order_item_id, 1)
            await gate.void_on_returned(resale.returned(units), resale.delivery())
        case _:
            await gate.decide(resale.decided("lost"), resale.delivery())


@pytest.mark.parametrize("how", ["whole order", "item", "lost dispute"])
async def test_a_refund_after_a_resale_ends_the_pass_of_its_buyer(gate: Gatehouse, how: str) -> None:
    sale = Sale()
    old = await offered(gate, sale)
    resale = resale_of(old, OFFER, tenant_id=sale.tenant_id)
    await gate.issue(resale.completed, resale.delivery())
    await _refund(gate, resale, how)

    assert (await now_is(gate, sale, old.id)).void_reason == "resold"
    [bought] = await gate.of_order(resale.buyer, resale.order_id)
    assert (bought.admission.status, bought.code) == (PassStatus.VOID, None)
    assert [each.pass_id for each in told(gate, PassReissued)] == [bought.admission.id]
    assert [(each.pass_ids, each.over) for each in told(gate, PassesStopped)] == [((bought.admission.id,), True)]


@pytest.mark.parametrize("how", ["whole order", "item", "lost dispute"])
async def test_whose_buyer_had_the_money_back_before_the_sale_was_heard_of_keeps_the_pass(
    gate: Gatehouse, how: str
) -> None:
    """There is nothing left to pay the seller with, so that nothing is taken from them."""
    sale = Sale()
    old = await offered(gate, sale)
    resale = resale_of(old, OFFER, tenant_id=sale.tenant_id)
    await _refund(gate, resale, how)
    for _ in range(2):
        await gate.issue(resale.completed, resale.delivery())

    assert await now_is(gate, sale, old.id) == old, "for sale still, by the same listing"
    assert await gate.of_order(resale.buyer, resale.order_id) == []
    assert [each.reason for each in told(gate, PassNotReissued)] == [ORDER_OVER]
    assert told(gate, PassReissued) == told(gate, PassesStopped) == []


async def test_a_resale_whose_payment_is_disputed_already_gives_a_frozen_pass(gate: Gatehouse) -> None:
    sale = Sale()
    resale = resale_of(await offered(gate, sale), OFFER, tenant_id=sale.tenant_id)
    await gate.freeze(resale.disputed(), resale.delivery())
    await gate.issue(resale.completed, resale.delivery())
    [bought] = await gate.of_order(resale.buyer, resale.order_id)
    assert (bought.admission.status, bought.code) == (PassStatus.FROZEN, None)
    assert [(each.reason, each.over) for each in told(gate, PassesStopped)] == [("disputed", False)]
    await gate.decide(resale.decided("won"), resale.delivery())
    [bought] = await gate.of_order(resale.buyer, resale.order_id)
    assert bought.code is not None


async def test_one_lists_what_is_ones_own_of_whatever_order_the_newest_first(gate: Gatehouse) -> None:
    sale = Sale()
    other = Sale(seats=1, tenant_id=sale.tenant_id, account_id=sale.account_id)
    first, second = await issued(gate, sale)
    [third] = await issued(gate, other)
    await gate.void_on_cancelled(other.refunded, other.delivery())
    await gate.offer(sale.tenant_id, first.id, by=sale.account_id, offer_id=OFFER, kind=OfferKind.TRANSFER)
    await gate.hand_over(sale.tenant_id, first.id, offer_id=OFFER, to=sale.stranger.account_id, holder_name=None)

    page = await gate.mine(sale.buyer, PageRequest(limit=1), None)
    rest = await gate.mine(sale.buyer, PageRequest(limit=1, after=page.next_after), None)
    valid = await gate.mine(sale.buyer, PageRequest(), PassStatus.VALID)

    assert [each.admission.id for each in (*page.items, *rest.items)] == [third.id, second.id]
    assert rest.next_after is None
    assert [(each.admission.id, each.code is None) for each in valid.items] == [(second.id, False)]
    assert (await gate.mine(sale.stranger, PageRequest(), None)).items == ()


async def test_the_others_are_told_all_that_a_change_of_hands_rests_on(gate: Gatehouse) -> None:
    sale = Sale(seats=1, places=1, fees_minor=300, discount_minor=500, tax_minor=57)
    seated, standing = await issued(gate, sale)
    facts = await gate.api.pass_facts(tenant_id=sale.tenant_id, pass_id=seated.id)
    assert (facts.face_minor, facts.discount_minor, facts.mandatory_fees_minor) == (2500, 500, 300)
    assert (facts.tax_minor, facts.optional_minor, facts.paid_minor) == (57, 0, 2357)
    assert (facts.currency, facts.fee_printed, facts.complimentary) == ("EUR", False, False)
    assert (facts.seat_label, facts.seat_section, facts.seat_row, facts.seat_number) == ("A-1-1", "A", "1", "1")
    assert (facts.first_sold_at, facts.issued_at, facts.lineage_id) == (NOON, NOON, seated.id)
    assert (facts.offer_id, facts.offer_kind, facts.scanned_at, facts.holder_name) == (None, None, None, None)
    facts = await gate.api.pass_facts(tenant_id=sale.tenant_id, pass_id=standing.id)
    assert (facts.seat_id, facts.seat_label, facts.face_minor, facts.paid_minor) == (None, None, 1200, 1057)


async def test_the_others_offer_and_give_through_the_link_and_hear_refusals_by_their_code(gate: Gatehouse) -> None:
    sale, friend = Sale(), uuid7()
    [first, _] = await issued(gate, sale)
    ours: dict[str, UUID] = {"tenant_id": sale.tenant_id, "pass_id": first.id}
    facts = await gate.api.offer(**ours, account_id=sale.account_id, offer_id=OFFER, kind="transfer")
    assert (facts.offer_id, facts.offer_kind) == (OFFER, "transfer")
    with pytest.raises(RefusedError) as refused:
        await gate.api.offer(**ours, account_id=friend, offer_id=uuid7(), kind="listing")
    assert refused.value.refusal_code == "admission.not_holder"
    await gate.api.withdraw(**ours, offer_id=OFFER)
    with pytest.raises(RefusedError) as refused:
        await gate.api.hand_over(**ours, offer_id=OFFER, to_account_id=friend, holder_name=None)
    assert refused.value.refusal_code == "admission.pass_not_offered"
    await gate.api.offer(**ours, account_id=sale.account_id, offer_id=OFFER, kind="transfer")
    facts = await gate.api.hand_over(**ours, offer_id=OFFER, to_account_id=friend, holder_name="Ada L.")
    assert (facts.account_id, facts.holder_name, facts.revision, facts.offer_id) == (friend, "Ada L.", 2, None)
    with pytest.raises(RefusedError) as refused:
        await gate.api.pass_facts(tenant_id=sale.tenant_id, pass_id=uuid7())
    assert refused.value.refusal_code == "admission.pass_not_found"
