"""Payouts: what leaves escrow, to whom, when it waits, and what becomes of it when the money goes back."""

from datetime import date

import pytest

from core.payments.errors import (
    AmountMismatchError,
    NotInEscrowError,
    PaymentNotFoundError,
    PayoutAccountsOffError,
    PayoutConflictError,
    PayoutNotFoundError,
    PayoutNotOwedError,
    PayoutTooLargeError,
)
from core.payments.ledger import PostingKind
from core.payments.movements import DifferenceKind
from core.payments.payout import PayoutStatus
from core.payments.platform_fee import ConnectTerms
from core.payments.refund import RefundStatus
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, InvalidInputError
from ports.paging import PageRequest
from tests.payments_world import PaymentsWorld
from tests.payouts_world import PayoutsWorld

PAID = {"buyer": -7500, "seller": 7000, "royalty": 300, "platform_fee": 200}
OWED_BY_ALL = {"buyer": -7500, "seller_credit": 7000, "royalty": 300, "platform_fee": 200}
OWED = {"buyer": -7500, "seller_credit": 7000, "organisation": 300, "platform_fee": 200}


@pytest.fixture
def world() -> PayoutsWorld:
    return PayoutsWorld()


async def ready(world: PayoutsWorld) -> str:
    await world.charging()
    account_id = await world.seller_account()
    await world.sell()
    return account_id


async def test_what_was_sold_again_goes_to_seller_organisation_and_platform(world: PayoutsWorld) -> None:
    await ready(world)
    payout = await world.release()
    assert (payout.status, payout.check_at, payout.failure) == (PayoutStatus.PAID, None, None)
    assert await world.had() == PAID
    again = await world.release()
    assert again == payout
    assert len(world.gateway.till.of(world.intent_id)) == 2
    assert world.statuses == ["paid"]
    assert (await world.payment(world.paid_payment.id)).payable_minor == 0
    assert (await world.use.reconcile_day(date(2026, 6, 1))).differences == ()


async def test_without_an_account_it_is_owed_and_sent_as_soon_as_there_is_one(world: PayoutsWorld) -> None:
    await world.charging()
    await world.sell()
    payout = await world.release()
    assert payout.status is PayoutStatus.OWED
    account_id = await world.seller_account(onboarded=False)
    assert await world.sweep_after() == 0
    await world.onboard(account_id)
    assert await world.sweep_after() == 1
    assert (await world.payout()).status is PayoutStatus.PAID
    assert await world.had() == PAID
    assert world.statuses == ["owed", "paid"]


async def test_an_organisation_without_an_account_is_owed_its_royalty(world: PayoutsWorld) -> None:
    await world.seller_account()
    await world.sell()
    assert (await world.release()).status is PayoutStatus.OWED
    had = await world.had()
    assert (had["seller"], had["organisation"]) == (7000, 300)
    await world.charging()
    assert await world.sweep_after() == 1
    assert await world.had() == PAID


async def test_an_account_that_may_receive_nothing_after_all_is_tried_again_when_it_may(world: PayoutsWorld) -> None:
    account_id = await ready(world)
    world.gateway.till.not_ready.add(account_id)
    assert (await world.release()).status is PayoutStatus.OWED
    world.gateway.till.not_ready.clear()
    world.provider.disable(account_id, "external_account")
    await world.record(account_id, told_at=world.clock.now())
    await world.onboard(account_id)
    assert await world.sweep_after() == 1
    payout = await world.payout()
    assert (payout.status, payout.attempt) == (PayoutStatus.PAID, 2)


async def test_without_connect_everything_is_owed_until_a_manager_says_that_it_was_given() -> None:
    world = PaymentsWorld(ConnectTerms(required=False))
    started = await world.paid(escrow=True)
    payout = await world.pay_out()
    assert (payout.status, payout.check_at) == (PayoutStatus.OWED, None)
    assert await world.balances(started.payment.id) == OWED
    manager = Caller(world.account_id, world.tenant_id, Role.MANAGER)
    with pytest.raises(ForbiddenError):
        await world.use.settle_by_hand(Caller(world.seller_id, world.tenant_id), payout.id, note="mine")
    settled = await world.use.settle_by_hand(manager, payout.id, note="bank transfer of 2 June")
    assert (settled.status, settled.settled_by, settled.note) == (
        PayoutStatus.PAID,
        manager.account_id,
        "bank transfer of 2 June",
    )
    had = await world.balances(started.payment.id)
    assert (had["seller"], had["organisation"]) == (7000, 300)
    with pytest.raises(PayoutNotOwedError):
        await world.use.settle_by_hand(manager, payout.id, note="again")
    assert (await world.use.reconcile_day(date(2026, 6, 1))).differences == ()


async def test_the_shares_are_never_more_than_what_is_left(world: PayoutsWorld) -> None:
    await ready(world)
    for share in ("seller_minor", "royalty_minor", "fee_minor"):
        with pytest.raises(PayoutTooLargeError):
            await world.release(**{share: 7501})
    with pytest.raises(InvalidInputError):
        await world.release(royalty_minor=-1)
    with pytest.raises(InvalidInputError):
        await world.release(seller_minor=0, royalty_minor=0, fee_minor=0)
    await world.refund(1)
    assert (await world.release(seller_minor=6999)).status is PayoutStatus.PAID
    with pytest.raises(PayoutTooLargeError):
        await world.release(seller_minor=2, royalty_minor=0, fee_minor=0, number=2)
    assert (await world.release(seller_minor=1, royalty_minor=0, fee_minor=0, number=2)).status is PayoutStatus.PAID


async def test_an_id_stands_for_one_payout(world: PayoutsWorld) -> None:
    await ready(world)
    await world.release()
    with pytest.raises(PayoutConflictError):
        await world.release(seller_minor=6000)
    with pytest.raises(PayoutConflictError):
        await world.pay_out(world.venue_id, seller_id=world.account_id)


async def test_only_money_in_escrow_is_paid_out(world: PayoutsWorld) -> None:
    with pytest.raises(PaymentNotFoundError):
        await world.release()
    started = await world.start(escrow=True)
    with pytest.raises(NotInEscrowError):
        await world.release()
    world.gateway.pay_wrongly(started.intent.id, received_minor=9000)
    with pytest.raises(Exception, match="took"):
        await world.use.record(started.intent.id)
    with pytest.raises(NotInEscrowError):
        await world.release()
    plain = PaymentsWorld()
    await plain.paid()
    with pytest.raises(NotInEscrowError):
        await plain.pay_out()


async def test_while_the_provider_is_away_it_is_pending_and_the_sweep_goes_on(world: PayoutsWorld) -> None:
    await ready(world)
    world.gateway.away = True
    assert (await world.release()).status is PayoutStatus.PENDING
    assert await world.sweep_after(119) == 0
    world.gateway.away = False
    assert await world.sweep_after(1) == 1
    assert await world.had() == PAID


async def test_a_refused_payout_is_shown_and_tried_again_day_by_day_in_the_end(world: PayoutsWorld) -> None:
    await ready(world)
    world.gateway.till.refusal = "no"
    payout = await world.release()
    assert (payout.status, payout.failure) == (PayoutStatus.FAILED, "no")
    for wait in (300, 3_600, 21_600, 86_400, 86_400, 86_400):
        assert await world.sweep_after(wait - 1) == 0
        assert await world.sweep_after(1) == 1
    world.gateway.till.refusal = None
    manager = Caller(world.account_id, world.tenant_id, Role.OWNER)
    assert (await world.use.retry_payout(manager, payout.id)).status is PayoutStatus.PAID
    assert await world.had() == PAID


@pytest.mark.parametrize("won", [True, False])
async def test_while_the_bank_has_the_money_it_waits(world: PayoutsWorld, *, won: bool) -> None:
    await ready(world)
    dispute = world.gateway.dispute(world.intent_id)
    await world.use.record(world.intent_id, with_disputes=True)
    payout = await world.release()
    assert (payout.status, payout.released) == (PayoutStatus.PENDING, False)
    await world.sweep_after(0)
    world.gateway.bank.decide(dispute, won=won)
    await world.use.record(world.intent_id, with_disputes=True)
    assert await world.sweep_after() == 1
    assert (await world.payout()).status is PayoutStatus.PAID
    had = await world.had()
    assert (had["seller"], had["royalty"]) == (7000, 300)
    assert (had.get("escrow"), had.get("platform_loss")) == (None, None if won else -7500)


async def test_a_bank_that_changes_its_mind_changes_who_bears_it_and_nothing_that_is_owed(world: PayoutsWorld) -> None:
    await world.sell()
    await world.release()
    dispute = world.gateway.dispute(world.intent_id)
    await world.use.record(world.intent_id, with_disputes=True)
    for won, loss in ((False, -7500), (True, None)):
        world.gateway.bank.decide(dispute, won=won)
        await world.use.record(world.intent_id, with_disputes=True)
        await world.sweep_after()
        assert (await world.payout()).status is PayoutStatus.OWED
        had = await world.had()
        assert (had["seller_credit"], had.get("escrow"), had.get("platform_loss")) == (7000, None, loss)
    assert world.statuses == ["owed"]


@pytest.mark.parametrize("refunded_minor", [1, 2500, 7499, 7500])
@pytest.mark.parametrize("when", ["before", "between", "after"])
async def test_whose_pass_was_sold_is_paid_whatever_goes_back_and_whenever(
    world: PayoutsWorld, when: str, refunded_minor: int
) -> None:
    await ready(world)
    if when == "before":
        await world.refund(refunded_minor)
    if when == "between":
        world.gateway.away = True
        assert (await world.release()).status is PayoutStatus.PENDING
        world.gateway.away = False
        await world.refund(refunded_minor)
        await world.sweep_after(120)
    else:
        await world.release()
    if when == "after":
        await world.refund(refunded_minor)
    await world.sweep_after(100_000)
    payout = await world.payout()
    assert (payout.status, payout.check_at, payout.reversed_minor) == (PayoutStatus.PAID, None, 0)
    assert await world.had() == PAID | {"refund": refunded_minor, "platform_loss": -refunded_minor}
    assert world.statuses == ["paid"]
    assert (await world.use.reconcile_day(date(2026, 6, 1))).differences == ()


async def test_of_an_escrow_that_has_a_part_left_the_platform_bears_the_rest_alone(world: PayoutsWorld) -> None:
    await ready(world)
    await world.refund(2500)
    assert (await world.release(seller_minor=4000, royalty_minor=0, fee_minor=0)).status is PayoutStatus.PAID
    had = await world.had()
    assert (had["escrow"], had.get("platform_loss")) == (1000, None)
    assert (await world.release(seller_minor=3500, royalty_minor=0, fee_minor=0, number=2)).status is PayoutStatus.PAID
    had = await world.had()
    assert (had.get("escrow"), had["platform_loss"], had["seller"]) == (None, -2500, 7500)
    with pytest.raises(PayoutTooLargeError):
        await world.release(seller_minor=1, royalty_minor=0, fee_minor=0, number=3)


async def test_a_refund_that_comes_back_makes_good_what_the_platform_bore(world: PayoutsWorld) -> None:
    await ready(world)
    refund = await world.refund()
    await world.release()
    assert (await world.had())["platform_loss"] == -7500
    world.gateway.desk.settle(refund.provider_id or "", RefundStatus.FAILED)
    await world.use.record(world.intent_id, with_refunds=True)
    assert await world.had() == PAID


async def test_what_is_owed_stays_owed_when_all_the_money_goes_back(world: PayoutsWorld) -> None:
    await world.charging()
    await world.sell()
    await world.release()
    await world.refund()
    await world.sweep_after(100_000)
    assert (await world.payout()).status is PayoutStatus.OWED
    assert await world.had() == OWED_BY_ALL | {"refund": 7500, "platform_loss": -7500}
    await world.seller_account()
    assert await world.sweep_after() == 1
    assert (await world.had())["seller"] == 7000


async def test_a_lost_dispute_takes_nothing_from_who_was_paid_or_is_owed(world: PayoutsWorld) -> None:
    await world.charging()
    await world.sell()
    await world.release()
    dispute = world.gateway.dispute(world.intent_id)
    world.gateway.bank.decide(dispute, won=False)
    await world.use.record(world.intent_id, with_disputes=True)
    await world.sweep_after()
    had = await world.had()
    assert (had["seller_credit"], had["platform_loss"]) == (7000, -7500)
    await world.seller_account()
    await world.sweep_after()
    assert (await world.payout()).status is PayoutStatus.PAID


async def test_money_that_came_wrong_and_went_back_is_nobodys_to_pay_out(world: PayoutsWorld) -> None:
    started = await world.start(escrow=True)
    world.gateway.pay_wrongly(started.intent.id, received_minor=7000)
    with pytest.raises(AmountMismatchError):
        await world.use.record(started.intent.id)
    await world.refund()
    with pytest.raises(NotInEscrowError):
        await world.release(seller_minor=1, royalty_minor=0, fee_minor=0)


async def test_news_of_transfers_in_any_order_and_number_change_nothing_more(world: PayoutsWorld) -> None:
    await ready(world)
    await world.release()
    seller, royalty = (one.id for one in world.gateway.till.of(world.intent_id))
    world.gateway.till.reverse(seller)
    for transfer_id in (royalty, seller, seller, royalty):
        assert await world.use.record_transfers(transfer_id) == world.tenant_id
    had = await world.had()
    assert (had.get("seller"), had["escrow"], had["royalty"]) == (None, 7000, 300)
    world.gateway.till.reverse(royalty)
    (missing,) = (await world.use.reconcile_day(date(2026, 6, 1))).differences
    assert (missing.kind, missing.movement) == (DifferenceKind.NOT_BOOKED, PostingKind.TRANSFER_REVERSED)
    await world.use.record_transfers(royalty)
    assert (await world.use.reconcile_day(date(2026, 6, 1))).differences == ()
    assert (await world.payout()).status is PayoutStatus.REVERSED
    await world.use.record_transfers(seller)
    assert world.statuses == ["paid", "reversed"]


async def test_sellers_see_their_own_and_staff_see_all(world: PayoutsWorld) -> None:
    await ready(world)
    await world.release(seller_minor=1000)
    await world.pay_out(world.venue_id, seller_minor=1000, number=2, seller_id=world.account_id)
    page = PageRequest(limit=10)
    seller, stranger = Caller(world.seller_id, world.tenant_id), Caller(world.account_id, world.tenant_id)
    staff = Caller(world.account_id, world.tenant_id, Role.BOX_OFFICE)
    assert [one.id for one in (await world.use.read_payouts(seller, page)).items] == [(await world.payout()).id]
    assert len((await world.use.read_payouts(staff, page)).items) == 2
    assert [one.status for one in (await world.use.read_payouts(staff, page, PayoutStatus.OWED)).items] == ["owed"]
    assert (await world.use.read_payouts.one(seller, (await world.payout()).id)).seller_account_id == world.seller_id
    with pytest.raises(PayoutNotFoundError):
        await world.use.read_payouts.one(stranger, (await world.payout()).id)


async def test_a_seller_has_one_account_and_a_guest_none(world: PayoutsWorld) -> None:
    caller = Caller(world.seller_id, world.tenant_id)
    first = await world.connect_seller(caller, country="DE")
    again = await world.connect_seller(caller, country="DE")
    assert first.account_id == again.account_id
    assert first.link.url != again.link.url
    account = await world.read_seller(caller)
    assert account is not None
    assert (account.account_id, account.receives) == (first.account_id, None)
    world.provider.onboard(first.account_id)
    world.clock.move(seconds=6)
    account = await world.read_seller(caller)
    assert account is not None
    assert account.receives == first.account_id
    assert world.told == []
    with pytest.raises(ForbiddenError):
        await world.connect_seller(Caller(world.seller_id, world.tenant_id, guest=True), country="DE")
    assert await world.read_seller(Caller(world.account_id, world.tenant_id)) is None


async def test_where_connect_is_off_sellers_have_no_accounts() -> None:
    world = PayoutsWorld()
    off = type(world.connect_seller)(world.connect_seller.open, world.connect_seller.urls, ConnectTerms(required=False))
    with pytest.raises(PayoutAccountsOffError):
        await off(Caller(world.seller_id, world.tenant_id), country="DE")
