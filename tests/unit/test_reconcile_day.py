"""A day of the provider's balance beside the ledger."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console

from bootstrap.reconciliation import print_differences
from core.payments.errors import ProviderUnavailableError
from core.payments.ledger import PostingKind
from core.payments.movements import Difference, DifferenceKind
from core.payments.refund import RefundStatus
from core.shared.money import Money
from tests.payments_world import PaymentsWorld
from usecases.payments.reconcile_day import DayReconciled

DAY = date(2026, 6, 1)


@pytest.fixture
def world() -> PaymentsWorld:
    world = PaymentsWorld()
    world.gateway.fee_minor = 240
    return world


async def test_a_day_that_was_booked_has_no_differences(world: PaymentsWorld) -> None:
    await world.paid()
    refund = await world.refund(2500, number=1)
    await world.refund(number=2)
    world.gateway.desk.settle(refund.provider_id or "", RefundStatus.FAILED)
    await world.use.record("pi_000000000000000000000001", with_refunds=True)
    assert await world.use.reconcile_day(DAY) == DayReconciled(movements=4, fees_booked=0, differences=())
    for other in (DAY - timedelta(1), DAY + timedelta(1)):
        assert await world.use.reconcile_day(other) == DayReconciled(movements=0, fees_booked=0, differences=())


async def test_a_fee_that_was_not_known_is_booked_once(world: PaymentsWorld) -> None:
    world.gateway.fee_is_late = True
    started = await world.paid()
    assert await world.balances(started.payment.id) == {"buyer": -7500, "organisation": 7500}
    for booked in (1, 0):
        found = await world.use.reconcile_day(DAY)
        assert (found.fees_booked, found.differences) == (booked, ())
        assert await world.balances(started.payment.id) == {"buyer": -7500, "organisation": 7260, "stripe_fee": 240}


async def test_what_only_one_side_has_is_a_difference(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    (missing,) = (await world.use.reconcile_day(DAY)).differences
    assert (missing.kind, missing.movement) == (DifferenceKind.NOT_BOOKED, PostingKind.CAPTURE)
    assert missing.at_provider == Money(7500, "EUR")
    await world.use.record(started.intent.id)
    world.gateway.refund_at_provider(started.intent.id, amount_minor=1000)
    (unseen,) = (await world.use.reconcile_day(DAY)).differences
    assert (unseen.kind, unseen.at_provider) == (DifferenceKind.NOT_BOOKED, Money(-1000, "EUR"))
    await world.use.record(started.intent.id)
    del world.gateway._movements[0]
    (vanished,) = (await world.use.reconcile_day(DAY)).differences
    assert (vanished.kind, vanished.booked) == (DifferenceKind.NOT_AT_PROVIDER, Money(7500, "EUR"))


async def test_another_amount_or_fee_is_a_difference(world: PaymentsWorld) -> None:
    await world.paid()
    movements = world.gateway._movements
    movements[0] = replace(movements[0], amount=Money(7499, "EUR"), fee=Money(241, "EUR"))
    amount, fee = (await world.use.reconcile_day(DAY)).differences
    assert (amount.kind, amount.booked, amount.at_provider) == (
        DifferenceKind.AMOUNT,
        Money(7500, "EUR"),
        Money(7499, "EUR"),
    )
    assert (fee.kind, fee.booked, fee.at_provider) == (DifferenceKind.FEE, Money(240, "EUR"), Money(241, "EUR"))


async def test_what_is_settled_in_another_currency_is_compared_by_being_there(world: PaymentsWorld) -> None:
    await world.paid()
    movements = world.gateway._movements
    movements[0] = replace(movements[0], amount=Money(8100, "USD"), fee=Money(260, "USD"))
    assert (await world.use.reconcile_day(DAY)).differences == ()


async def test_charges_that_are_not_ours_and_their_refunds_are_left_alone(world: PaymentsWorld) -> None:
    started = await world.paid()
    stranger = replace(started.intent, id="pi_other", payment_id=None, tenant_id=None)
    world.gateway._intents[stranger.id] = stranger
    world.gateway.pay(stranger.id)
    world.gateway.refund_at_provider(stranger.id)
    assert (await world.use.reconcile_day(DAY)).differences == ()


async def test_both_ends_of_the_day_belong_to_one_day_each(world: PaymentsWorld) -> None:
    world.clock.moment = datetime(2026, 6, 2, tzinfo=UTC) - timedelta(microseconds=1)
    started = await world.start()
    world.gateway.pay(started.intent.id)
    world.clock.move(seconds=1)
    assert len((await world.use.reconcile_day(DAY)).differences) == 1
    assert (await world.use.reconcile_day(DAY + timedelta(1))).differences == ()
    await world.use.record(started.intent.id)
    assert (await world.use.reconcile_day(DAY)).differences == ()


async def test_a_provider_that_is_away_is_no_day_without_differences(world: PaymentsWorld) -> None:
    world.gateway.away = True
    with pytest.raises(ProviderUnavailableError):
        await world.use.reconcile_day(DAY)


def test_differences_are_printed_as_a_table() -> None:
    console = Console(record=True, width=120)
    one = Difference(DifferenceKind.FEE, PostingKind.CAPTURE, "ch_1", Money(240, "EUR"), Money(241, "EUR"))
    print_differences(DayReconciled(movements=3, fees_booked=1, differences=(one,)), DAY, console)
    first, _, row = console.export_text().splitlines()[:3]
    assert first == "2026-06-01: 3 movements, 1 fees booked, 1 differences"
    assert row.split() == ["another", "fee", "capture", "ch_1", "2.40", "EUR", "2.41", "EUR"]
