"""A refund of all that is left is of what is left when it is made, whatever went back elsewhere meanwhile."""

import pytest

from core.payments.errors import NotRefundableError, RefundTooLargeError
from core.payments.payment import PaymentStatus
from core.payments.refund import RefundStatus
from core.payments.refunds_change import RETRIES_AFTER_S, UNSENT_CHECK_AFTER_S
from tests.payments_world import PaymentsWorld


async def test_what_went_back_elsewhere_before_it_was_made_is_taken_off() -> None:
    world = PaymentsWorld()
    started = await world.paid()
    world.gateway.away = True
    assert (await world.refund()).amount.amount_minor == 7500
    world.gateway.away = False
    world.gateway.refund_at_provider(started.intent.id, amount_minor=2500)
    world.clock.move(seconds=UNSENT_CHECK_AFTER_S)
    await world.use.settle_refunds()
    world.clock.move(seconds=RETRIES_AFTER_S[0])
    await world.use.settle_refunds()
    payment = await world.payment(started.payment.id)
    assert (payment.status, payment.refunded_minor) == (PaymentStatus.REFUNDED, 7500)
    refunds = await world.refunds(payment.id)
    assert sorted((one.amount.amount_minor, one.status) for one in refunds) == [
        (2500, RefundStatus.SUCCEEDED),
        (5000, RefundStatus.SUCCEEDED),
    ]
    assert world.news.count("refunded") == 1


async def test_a_refund_of_an_amount_is_never_made_smaller() -> None:
    world = PaymentsWorld()
    started = await world.paid()
    world.gateway.away = True
    await world.refund(6000)
    world.gateway.away = False
    world.gateway.refund_at_provider(started.intent.id, amount_minor=2500)
    for seconds in (UNSENT_CHECK_AFTER_S, *RETRIES_AFTER_S):
        world.clock.move(seconds=seconds)
        await world.use.settle_refunds()
    await world.use.record(started.intent.id)
    payment = await world.payment(started.payment.id)
    assert payment.refunded_minor == 2500
    ours = next(one for one in await world.refunds(payment.id) if one.amount.amount_minor == 6000)
    assert ours.status is RefundStatus.FAILED


async def test_a_failed_refund_is_tried_over_what_is_left_where_nobody_else_has_a_claim_on_it() -> None:
    world = PaymentsWorld()
    started = await world.paid()
    world.gateway.desk.refusal = "insufficient funds"
    assert (await world.refund(6000)).status is RefundStatus.FAILED
    world.gateway.desk.refusal = None
    world.gateway.refund_at_provider(started.intent.id, amount_minor=2500)
    await world.use.record(started.intent.id)
    with pytest.raises(RefundTooLargeError):
        await world.refund(6000)
    again = await world.refund(None)
    assert (again.amount.amount_minor, again.status) == (5000, RefundStatus.SUCCEEDED)
    assert (await world.payment(started.payment.id)).status is PaymentStatus.REFUNDED


async def test_a_failed_refund_whose_money_is_all_gone_says_so() -> None:
    world = PaymentsWorld()
    started = await world.paid()
    world.gateway.desk.refusal = "insufficient funds"
    await world.refund(6000)
    world.gateway.desk.refusal = None
    world.gateway.refund_at_provider(started.intent.id)
    await world.use.record(started.intent.id)
    with pytest.raises(NotRefundableError):
        await world.refund(None)
