"""Refunds over the memory adapters, with a provider that behaves as Stripe does."""

from dataclasses import replace
from uuid import uuid4

import pytest

from core.payments.destination import Destination
from core.payments.errors import (
    NotRefundableError,
    PaymentNotFoundError,
    RefundConflictError,
    RefundNotFailedError,
    RefundNotFoundError,
    RefundTooLargeError,
)
from core.payments.payment import PaymentStatus
from core.payments.record import RecordKind
from core.payments.refund import RefundStatus
from core.payments.refunds_change import (
    PENDING_CHECK_AFTER_S,
    REFUNDED_ELSEWHERE,
    RETRIES_AFTER_S,
    UNSENT_CHECK_AFTER_S,
)
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, InvalidInputError
from core.shared.ids import OrderId, RefundId, TenantId
from ports.paging import PageRequest
from ports.published.payments import RefundSettled, whole_refund_id
from tests.payments_world import PaymentsWorld
from usecases.payments.cancel_payment import CancelResult


@pytest.fixture
def world() -> PaymentsWorld:
    return PaymentsWorld()


def settled(world: PaymentsWorld) -> list[tuple[str, int, bool]]:
    told = [one.decode(RefundSettled) for one in world.messages.events if one.type == RefundSettled.event_type]
    return [(event.status, event.amount_minor, event.all_refunded) for event in told]


async def test_a_whole_refund_goes_back_once(world: PaymentsWorld) -> None:
    started = await world.paid()
    for _ in range(2):
        refund = await world.refund()
        assert (refund.status, refund.amount.amount_minor, refund.attempt) == (RefundStatus.SUCCEEDED, 7500, 1)
    assert (await world.payment(started.payment.id)).status is PaymentStatus.REFUNDED
    assert world.news == ["succeeded", "payments.refund.settled", "refunded"]
    assert settled(world) == [("succeeded", 7500, True)]
    assert sum(moved for _, moved in await world.trail(started.payment.id)) == 0
    assert await world.balances(started.payment.id) == {"buyer": -7500, "refund": 7500}


async def test_a_payment_is_refunded_only_when_all_that_was_received_went_back(world: PaymentsWorld) -> None:
    started = await world.paid()
    await world.refund(2500, number=1)
    payment = await world.payment(started.payment.id)
    assert (payment.status, payment.refunded_minor) == (PaymentStatus.SUCCEEDED, 2500)
    await world.refund(4999, number=2)
    assert (await world.payment(started.payment.id)).status is PaymentStatus.SUCCEEDED
    last = await world.refund(number=3)
    assert last.amount.amount_minor == 1
    assert (await world.payment(started.payment.id)).status is PaymentStatus.REFUNDED
    assert settled(world) == [("succeeded", 2500, False), ("succeeded", 4999, False), ("succeeded", 1, True)]
    assert world.news.count("refunded") == 1


async def test_more_than_is_left_or_nothing_is_refused(world: PaymentsWorld) -> None:
    await world.paid()
    await world.refund(5000, number=1)
    with pytest.raises(RefundTooLargeError):
        await world.refund(2501, number=2)
    with pytest.raises(InvalidInputError):
        await world.refund(0, number=2)
    await world.refund(2500, number=2)
    with pytest.raises(NotRefundableError):
        await world.refund(number=3)


async def test_what_took_no_money_is_not_refunded(world: PaymentsWorld) -> None:
    await world.start()
    with pytest.raises(NotRefundableError):
        await world.refund()
    with pytest.raises(PaymentNotFoundError):
        await world.use.refund(
            tenant_id=world.tenant_id, order_id=OrderId(uuid4()), refund_id=RefundId(uuid4()), reason="no seats"
        )


async def test_an_id_means_one_refund(world: PaymentsWorld) -> None:
    await world.paid()
    refund = await world.refund(2500)
    for amount_minor in (2500, None):
        assert await world.refund(amount_minor) == refund
    with pytest.raises(RefundConflictError):
        await world.refund(2499)


async def test_asking_again_for_a_refund_that_failed_is_its_next_try(world: PaymentsWorld) -> None:
    await world.paid()
    world.gateway.desk.refusal = "insufficient funds"
    assert [(await world.refund(2500)).attempt for _ in range(2)] == [1, 2]
    with pytest.raises(RefundConflictError):
        await world.refund(2499)
    world.gateway.desk.refusal = None
    again = await world.refund(2500)
    assert (again.status, again.attempt) == (RefundStatus.SUCCEEDED, 3)


async def test_a_refund_elsewhere_that_stands_in_the_way_holds_no_other_up(world: PaymentsWorld) -> None:
    started = await world.paid()
    async with world.payments.begin(world.tenant_id) as tx:
        payment = await tx.payments.lock(started.payment.id)
        assert payment is not None
        await tx.payments.save(replace(payment, destination=Destination("acct_1", 700)))
    world.gateway.away = True
    await world.refund(6000, number=1)
    world.gateway.away = False
    world.gateway.refund_at_provider(started.intent.id, amount_minor=5000)
    small = await world.refund(1000, number=2)
    assert small.status is RefundStatus.SUCCEEDED
    world.clock.move(seconds=UNSENT_CHECK_AFTER_S)
    await world.use.settle_refunds()
    await world.use.record(started.intent.id)
    assert (await world.payment(started.payment.id)).refunded_minor == 6000


async def test_while_the_provider_is_away_the_refund_waits_and_the_sweep_makes_it(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.away = True
    assert (await world.refund()).status is RefundStatus.PENDING
    assert (await world.refund()).status is RefundStatus.PENDING
    assert await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.CANCELLED
    world.gateway.away = False
    world.clock.move(seconds=UNSENT_CHECK_AFTER_S - 1)
    assert await world.use.settle_refunds() == 0
    world.clock.move(seconds=1)
    assert await world.use.settle_refunds() == 1
    payment = await world.payment(started.payment.id)
    assert (payment.status, payment.refund_reason) == (PaymentStatus.REFUNDED, "no seats")
    world.clock.move(seconds=100 * PENDING_CHECK_AFTER_S)
    assert await world.use.settle_refunds() == 0


async def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.away = True
    refund = await world.refund(2500)
    world.gateway.away = False
    payment = await world.payment(started.payment.id)
    made = world.gateway.desk.make(await world.gateway.retrieve_intent(started.intent.id), payment, refund)
    world.gateway.desk._made.clear()  # the provider has forgotten the key
    world.clock.move(seconds=UNSENT_CHECK_AFTER_S)
    await world.use.settle_refunds()
    (found,) = await world.refunds(payment.id)
    assert (found.provider_id, found.status) == (made.id, RefundStatus.SUCCEEDED)
    assert world.gateway.desk.refunded_minor(started.intent.id) == 2500


@pytest.mark.parametrize("ends", [RefundStatus.SUCCEEDED, RefundStatus.FAILED])
async def test_a_pending_refund_ends_when_the_provider_says_so(world: PaymentsWorld, ends: RefundStatus) -> None:
    started = await world.paid()
    world.gateway.desk.status = RefundStatus.PENDING
    refund = await world.refund()
    assert refund.provider_id is not None and refund.status is RefundStatus.PENDING
    assert settled(world) == []
    assert await world.balances(started.payment.id) == {"buyer": -7500, "refund": 7500}
    world.gateway.desk.settle(refund.provider_id, ends)
    for _ in range(2):
        await world.use.record(started.intent.id, with_refunds=True)
    succeeded = ends is RefundStatus.SUCCEEDED
    assert settled(world) == [(ends.value, 7500, succeeded)]
    assert (await world.payment(started.payment.id)).refunded_minor == (7500 if succeeded else 0)
    back = {"buyer": -7500, "refund": 7500} if succeeded else {"buyer": -7500, "organisation": 7500}
    assert await world.balances(started.payment.id) == back


async def test_the_sweep_asks_about_a_pending_refund_of_which_nothing_was_heard(world: PaymentsWorld) -> None:
    await world.paid()
    world.gateway.desk.status = RefundStatus.PENDING
    refund = await world.refund()
    world.gateway.desk.settle(refund.provider_id or "", RefundStatus.SUCCEEDED)
    world.clock.move(seconds=PENDING_CHECK_AFTER_S)
    assert await world.use.settle_refunds() == 1
    assert settled(world) == [("succeeded", 7500, True)]


async def test_a_refund_that_comes_back_from_the_bank_makes_the_payment_refundable_again(world: PaymentsWorld) -> None:
    started = await world.paid()
    refund = await world.refund()
    world.gateway.desk.settle(refund.provider_id or "", RefundStatus.FAILED, failure="lost_or_stolen_card")
    await world.use.record(started.intent.id, with_refunds=True)
    payment = await world.payment(started.payment.id)
    assert (payment.status, payment.refunded_minor) == (PaymentStatus.SUCCEEDED, 0)
    assert (await world.refunds(payment.id))[0].failure == "lost_or_stolen_card"
    assert sum(moved for _, moved in await world.trail(payment.id)) == 7500
    world.clock.move(seconds=RETRIES_AFTER_S[0])
    await world.use.settle_refunds()
    assert settled(world) == [("succeeded", 7500, True), ("failed", 7500, False), ("succeeded", 7500, True)]
    assert world.news.count("refunded") == 1
    assert sum(moved for _, moved in await world.trail(payment.id)) == 0


async def test_a_refused_refund_is_tried_again_each_time_later_and_then_day_by_day(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.desk.refusal = "insufficient funds"
    assert (await world.refund(2500)).status is RefundStatus.FAILED
    for tried, after_s in enumerate((*RETRIES_AFTER_S, RETRIES_AFTER_S[-1], RETRIES_AFTER_S[-1]), start=1):
        world.clock.move(seconds=after_s - 1)
        assert await world.use.settle_refunds() == 0
        world.clock.move(seconds=1)
        assert await world.use.settle_refunds() == 1
        assert [refund.attempt for refund in await world.refunds(started.payment.id)] == [tried + 1]
    staff = Caller(world.account_id, world.tenant_id, role=Role.BOX_OFFICE)
    (failed,) = (await world.use.list_refunds(staff, PageRequest(), RefundStatus.FAILED)).items
    assert failed.failure == "insufficient funds"
    world.gateway.desk.refusal = None
    again = await world.use.retry_refund(staff, failed.id)
    assert (again.status, again.attempt) == (RefundStatus.SUCCEEDED, len(RETRIES_AFTER_S) + 4)
    with pytest.raises(RefundNotFailedError):
        await world.use.retry_refund(staff, failed.id)


async def test_a_failed_refund_whose_money_went_back_otherwise_is_not_tried_again(world: PaymentsWorld) -> None:
    await world.paid()
    world.gateway.desk.refusal = "insufficient funds"
    failed = await world.refund(5000, number=1)
    world.gateway.desk.refusal = None
    await world.refund(number=2)
    world.clock.move(seconds=RETRIES_AFTER_S[0])
    assert await world.use.settle_refunds() == 0
    with pytest.raises(RefundTooLargeError):
        await world.use.retry_refund(Caller(world.account_id, world.tenant_id, role=Role.OWNER), failed.id)


async def test_refunds_are_listed_and_retried_by_staff_who_sell_only(world: PaymentsWorld) -> None:
    await world.paid()
    refund = await world.refund(2500)
    for role in (None, Role.SCANNER):
        caller = Caller(world.account_id, world.tenant_id, role=role)
        with pytest.raises(ForbiddenError):
            await world.use.list_refunds(caller, PageRequest())
        with pytest.raises(ForbiddenError):
            await world.use.retry_refund(caller, refund.id)
    elsewhere = Caller(world.account_id, TenantId(uuid4()), role=Role.OWNER)
    assert (await world.use.list_refunds(elsewhere, PageRequest())).items == ()
    with pytest.raises(RefundNotFoundError):
        await world.use.retry_refund(elsewhere, refund.id)


async def test_refunds_made_at_the_provider_are_booked_once_beside_ours(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.refund_at_provider(started.intent.id, amount_minor=1000)
    ours = await world.refund(2500)
    for _ in range(3):
        await world.use.record(started.intent.id)
    refunds = await world.refunds(started.payment.id)
    assert sorted(one.amount.amount_minor for one in refunds) == [1000, 2500]
    assert {one.reason for one in refunds if one.id != ours.id} == {REFUNDED_ELSEWHERE}
    assert (await world.payment(started.payment.id)).refunded_minor == 3500
    world.gateway.refund_at_provider(started.intent.id)
    await world.use.record(started.intent.id)
    assert (await world.payment(started.payment.id)).status is PaymentStatus.REFUNDED
    assert await world.balances(started.payment.id) == {"buyer": -7500, "refund": 7500}


async def test_news_of_a_refund_may_come_before_the_news_of_the_payment(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    world.gateway.refund_at_provider(started.intent.id)
    await world.use.record(started.intent.id, with_refunds=True)
    assert world.news == ["succeeded", "payments.refund.settled", "refunded"]


async def test_a_refund_at_the_provider_that_overtakes_ours_has_ours_refused(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.away = True
    await world.refund(5000)
    world.gateway.away = False
    world.gateway.refund_at_provider(started.intent.id, amount_minor=7000)
    with pytest.raises(RefundTooLargeError):
        await world.use.record(started.intent.id)
    world.clock.move(seconds=UNSENT_CHECK_AFTER_S)
    await world.use.settle_refunds()
    await world.use.record(started.intent.id)
    statuses = {one.amount.amount_minor: one.status for one in await world.refunds(started.payment.id)}
    assert statuses == {5000: RefundStatus.FAILED, 7000: RefundStatus.SUCCEEDED}
    assert (await world.payment(started.payment.id)).refunded_minor == 7000


async def test_a_dashboards_refund_that_fails_is_not_tried_again_by_itself(world: PaymentsWorld) -> None:
    started = await world.paid()
    refund_id = world.gateway.desk.make_elsewhere(await world.gateway.retrieve_intent(started.intent.id))
    world.gateway.desk.settle(refund_id, RefundStatus.FAILED)
    await world.use.record(started.intent.id, with_refunds=True)
    (failed,) = await world.refunds(started.payment.id)
    assert (failed.status, failed.check_at, failed.booked) == (RefundStatus.FAILED, None, False)
    assert await world.balances(started.payment.id) == {"buyer": -7500, "organisation": 7500}
    staff = Caller(world.account_id, world.tenant_id, role=Role.MANAGER)
    assert (await world.use.retry_refund(staff, failed.id)).status is RefundStatus.SUCCEEDED
    await world.use.record(started.intent.id)
    assert len(await world.refunds(started.payment.id)) == 1


async def test_money_of_another_amount_goes_back_whole(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay_wrongly(started.intent.id, received_minor=9900)
    cancelled = await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id)
    assert cancelled is CancelResult.CANCELLED
    assert (await world.trail(started.payment.id))[-1] == (RecordKind.REFUNDED, -9900)
    assert (await world.payment(started.payment.id)).status is PaymentStatus.REFUNDED


async def test_the_application_fee_goes_back_with_its_share(world: PaymentsWorld) -> None:
    world.gateway.fee_minor = 240
    started = await world.start()
    async with world.payments.begin(world.tenant_id) as tx:
        payment = await tx.payments.lock(started.payment.id)
        assert payment is not None
        await tx.payments.save(replace(payment, destination=Destination("acct_1", 700)))
    world.gateway.pay(started.intent.id)
    await world.use.record(started.intent.id)
    captured = {"buyer": -7500, "organisation": 6800, "platform_fee": 460, "stripe_fee": 240}
    assert await world.balances(started.payment.id) == captured
    await world.refund(3750, number=1)
    await world.use.record(started.intent.id)
    half = {"buyer": -7500, "organisation": 3400, "platform_fee": 110, "stripe_fee": 240, "refund": 3750}
    assert await world.balances(started.payment.id) == half
    await world.refund(number=2)
    whole = {"buyer": -7500, "platform_fee": -240, "stripe_fee": 240, "refund": 7500}
    assert await world.balances(started.payment.id) == whole


async def test_the_whole_refund_of_an_order_has_one_id_for_all_who_ask(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay_wrongly(started.intent.id, received_minor=100)
    world.gateway.desk.status = RefundStatus.PENDING
    for _ in range(2):
        await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id)
    (refund,) = await world.refunds(started.payment.id)
    assert (refund.id, refund.amount.amount_minor) == (whole_refund_id(world.order_id), 100)
