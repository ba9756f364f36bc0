"""Money in escrow: it stays with the platform, and what leaves it comes out of escrow first."""

import pytest

from core.payments.errors import PaymentConflictError
from core.payments.platform_fee import ConnectTerms
from core.payments.refund import RefundStatus
from tests.payments_world import PaymentsWorld


@pytest.fixture
def world() -> PaymentsWorld:
    world = PaymentsWorld(ConnectTerms(required=True))
    world.gateway.fee_minor = 240
    return world


async def test_money_in_escrow_needs_no_account_of_a_venue_and_the_platform_pays_stripe(world: PaymentsWorld) -> None:
    started = await world.paid(escrow=True)
    payment = await world.payment(started.payment.id)
    assert (payment.escrow, payment.destination) == (True, None)
    assert await world.balances(payment.id) == {
        "buyer": -7500,
        "escrow": 7500,
        "platform_fee": -240,
        "stripe_fee": 240,
    }


async def test_an_order_is_in_escrow_from_its_start_or_never(world: PaymentsWorld) -> None:
    await world.start(escrow=True)
    await world.start(escrow=True)
    with pytest.raises(PaymentConflictError):
        await world.start()


async def test_what_goes_back_comes_out_of_escrow_and_returns_there(world: PaymentsWorld) -> None:
    started = await world.paid(escrow=True)
    refund = await world.refund(2500)
    had = await world.balances(started.payment.id)
    assert (had["escrow"], had["refund"]) == (5000, 2500)
    world.gateway.desk.settle(refund.provider_id or "", RefundStatus.FAILED)
    await world.use.record(started.intent.id, with_refunds=True)
    had = await world.balances(started.payment.id)
    assert had["escrow"] == 7500


@pytest.mark.parametrize("won", [True, False])
async def test_what_a_dispute_takes_comes_out_of_escrow(world: PaymentsWorld, *, won: bool) -> None:
    started = await world.paid(escrow=True)
    dispute = world.gateway.dispute(started.intent.id)
    await world.use.record(started.intent.id, with_disputes=True)
    had = await world.balances(started.payment.id)
    assert (had.get("escrow"), had["dispute"], had["dispute_fee"], had["platform_fee"]) == (None, 7500, 1500, -1740)
    world.gateway.bank.decide(dispute, won=won)
    await world.use.record(started.intent.id, with_disputes=True)
    had = await world.balances(started.payment.id)
    assert (had.get("escrow"), had.get("dispute_fee")) == ((7500, None) if won else (None, 1500))
