"""Payments over the memory adapters, with a provider that behaves as Stripe does."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from core.payments.errors import (
    AlreadyPaidError,
    AmountMismatchError,
    PaymentClosedError,
    PaymentNotFoundError,
    ProviderUnavailableError,
    TooManyAttemptsError,
)
from core.payments.intent import Intent, IntentStatus
from core.payments.payment import PaymentStatus
from core.payments.record import RecordKind
from core.payments.transitions import ATTEMPTS_MAX, CHECK_AFTER_S
from core.shared.callers import Caller, Role
from core.shared.errors import InvalidInputError
from core.shared.ids import AccountId, PaymentId, TenantId
from tests.payments_world import PaymentsWorld
from usecases.payments.cancel_payment import CancelResult


@pytest.fixture
def world() -> PaymentsWorld:
    return PaymentsWorld()


async def test_starting_again_gives_the_same_payment_and_intent(world: PaymentsWorld) -> None:
    first, second = await world.start(), await world.start()
    assert (first.payment.id, first.intent.id) == (second.payment.id, second.intent.id)
    assert await world.trail(first.payment.id) == [(RecordKind.ATTEMPTED, 0)]


async def test_there_is_nothing_to_start_for_nothing(world: PaymentsWorld) -> None:
    with pytest.raises(InvalidInputError):
        await world.start(amount_minor=0)


async def intent_statuses(world: PaymentsWorld) -> list[IntentStatus]:
    return [(await world.gateway.retrieve_intent(intent_id)).status for intent_id in world.gateway._intents]


async def test_after_a_decline_the_same_intent_can_be_confirmed_again(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.decline(started.intent.id, "insufficient_funds")
    assert await world.use.record(started.intent.id)
    assert (await world.payment(started.payment.id)).status is PaymentStatus.FAILED
    world.gateway.pay(started.intent.id)
    await world.use.record(started.intent.id)
    assert world.news == ["failed", "succeeded"]


@pytest.mark.parametrize("heard", [True, False])
async def test_asking_again_after_a_decline_begins_the_next_attempt(world: PaymentsWorld, *, heard: bool) -> None:
    started = await world.start()
    world.gateway.decline(started.intent.id, "insufficient_funds")
    if heard:
        await world.use.record(started.intent.id)
    again = await world.start()
    assert (again.payment.id, again.payment.attempt) == (started.payment.id, 2)
    assert again.intent.id != started.intent.id
    assert await intent_statuses(world) == [IntentStatus.CANCELLED, IntentStatus.AWAITING_BUYER]
    await world.use.record(started.intent.id)  # its cancellation is told as well, and late
    world.gateway.pay(again.intent.id)
    await world.use.record(again.intent.id)
    assert world.news == ["failed", "succeeded"]
    kinds = [kind for kind, _ in await world.trail(started.payment.id)]
    assert kinds == [
        RecordKind.ATTEMPTED,
        RecordKind.FAILED,
        RecordKind.CANCELLED,
        RecordKind.ATTEMPTED,
        RecordKind.SUCCEEDED,
    ]


async def test_a_success_at_the_very_moment_is_the_payment_and_no_other_attempt_is_made(
    world: PaymentsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await world.start()
    world.gateway.decline(started.intent.id)
    cancel = world.gateway.cancel_intent

    async def pay_first(intent_id: str) -> Intent:
        world.gateway.pay(intent_id)
        return await cancel(intent_id)

    monkeypatch.setattr(world.gateway, "cancel_intent", pay_first)
    with pytest.raises(AlreadyPaidError):
        await world.start()
    assert await intent_statuses(world) == [IntentStatus.SUCCEEDED]
    assert world.news == ["failed", "succeeded"]


async def test_while_the_bank_looks_at_a_declined_intent_again_it_stays_the_one(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.decline(started.intent.id)
    await world.use.record(started.intent.id)
    for look in (world.gateway.process, world.gateway.ask_the_buyer):
        look(started.intent.id)
        assert (await world.start()).intent.id == started.intent.id


async def test_many_who_ask_again_at_once_after_a_decline_get_one_intent(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.decline(started.intent.id)
    found = await asyncio.gather(*(world.start() for _ in range(8)))
    assert {one.payment.attempt for one in found} == {2}
    assert len({one.intent.id for one in found}) == 1
    assert (await intent_statuses(world)).count(IntentStatus.AWAITING_BUYER) == 1


async def test_a_crash_after_the_declined_intent_was_cancelled_is_healed_by_asking_again(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.decline(started.intent.id)
    await world.use.record(started.intent.id)
    await world.gateway.cancel_intent(started.intent.id)
    assert (await world.start()).payment.attempt == 2


async def test_an_order_has_so_many_attempts_and_the_last_can_still_be_paid(world: PaymentsWorld) -> None:
    started = await world.start()
    for number in range(2, ATTEMPTS_MAX + 1):
        world.gateway.decline(started.intent.id)
        started = await world.start()
        assert started.payment.attempt == number
    world.gateway.decline(started.intent.id)
    for _ in range(2):
        with pytest.raises(TooManyAttemptsError):
            await world.start()
    assert (await intent_statuses(world))[-1] is IntentStatus.AWAITING_BUYER
    world.gateway.pay(started.intent.id)
    await world.use.record(started.intent.id)
    assert world.news[-1] == "succeeded"


async def test_after_a_cancellation_at_the_provider_a_new_attempt_begins(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.cancel_at_provider(started.intent.id)
    again = await world.start()
    assert again.intent.id != started.intent.id
    assert (again.payment.id, again.payment.attempt) == (started.payment.id, 2)


async def test_a_crash_before_the_provider_answered_is_healed_by_starting_again(world: PaymentsWorld) -> None:
    world.gateway.away = True
    with pytest.raises(ProviderUnavailableError):
        await world.start()
    world.gateway.away = False
    started = await world.start()
    assert started.payment.attempt == 1
    assert started.payment.intent_id == started.intent.id


async def test_success_is_published_once_however_often_it_is_told(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    for _ in range(3):
        assert await world.use.record(started.intent.id)
    assert world.news == ["succeeded"]
    assert await world.trail(started.payment.id) == [(RecordKind.ATTEMPTED, 0), (RecordKind.SUCCEEDED, 7500)]
    with pytest.raises(AlreadyPaidError):
        await world.start()


async def test_starting_finds_out_that_it_is_paid_before_any_webhook_came(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    with pytest.raises(AlreadyPaidError):
        await world.start()
    assert world.news == ["succeeded"]


async def test_money_of_another_amount_is_recorded_refused_each_time_and_confirms_nothing(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay_wrongly(started.intent.id, received_minor=100)
    for _ in range(2):
        with pytest.raises(AmountMismatchError):
            await world.use.record(started.intent.id)
    assert world.news == []
    assert await world.trail(started.payment.id) == [(RecordKind.ATTEMPTED, 0), (RecordKind.MISMATCHED, 100)]
    cancelled = await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id)
    assert cancelled is CancelResult.CANCELLED
    assert (await world.trail(started.payment.id))[-1] == (RecordKind.REFUNDED, -100)
    assert await world.use.record(started.intent.id)


async def test_an_intent_that_is_not_ours_is_left_alone(world: PaymentsWorld) -> None:
    started = await world.start()
    for stranger in (
        replace(started.intent, id="pi_other", payment_id=None, tenant_id=None),
        replace(started.intent, id="pi_strange", payment_id=PaymentId(uuid4())),
    ):
        world.gateway._intents[stranger.id] = stranger
        assert not await world.use.record(stranger.id)


async def test_cancelling_what_was_never_started_is_none(world: PaymentsWorld) -> None:
    assert await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.NONE


async def test_a_cancelled_payment_can_neither_be_paid_nor_started(world: PaymentsWorld) -> None:
    started = await world.start()
    for _ in range(2):
        assert await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.CANCELLED
    with pytest.raises(AssertionError):
        world.gateway.pay(started.intent.id)
    with pytest.raises(PaymentClosedError):
        await world.start()


async def test_cancelling_an_attempt_without_a_known_intent_leaves_none_that_can_be_paid(world: PaymentsWorld) -> None:
    world.gateway.away = True
    with pytest.raises(ProviderUnavailableError):
        await world.start()
    world.gateway.away = False
    assert await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.CANCELLED
    assert [intent.status for intent in world.gateway._intents.values()] == ["cancelled"]


async def test_cancelling_finds_out_that_the_money_came(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    assert await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.SUCCEEDED
    assert world.news == ["succeeded"]


async def test_cancelling_while_the_provider_decides_says_so_and_the_sweep_finishes_it(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.process(started.intent.id)
    assert await world.use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.PROCESSING
    world.gateway.decline(started.intent.id)
    world.clock.move(seconds=CHECK_AFTER_S)
    assert await world.use.reconcile() == 1
    assert (await world.payment(started.payment.id)).status is PaymentStatus.CANCELLED


async def test_a_lost_webhook_is_found_by_the_sweep_but_not_before_its_time(world: PaymentsWorld) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    world.clock.move(seconds=CHECK_AFTER_S - 1)
    assert await world.use.reconcile() == 0
    world.clock.move(seconds=1)
    assert await world.use.reconcile() == 1
    assert world.news == ["succeeded"]
    world.clock.move(seconds=10 * CHECK_AFTER_S)
    assert await world.use.reconcile() == 0


async def test_a_payment_is_read_by_its_payer_and_by_staff_who_sell_only(world: PaymentsWorld) -> None:
    payment_id = (await world.start()).payment.id
    owner = Caller(world.account_id, world.tenant_id)
    stranger = Caller(AccountId(uuid4()), world.tenant_id)
    for caller in (owner, replace(stranger, role=Role.BOX_OFFICE)):
        assert (await world.use.read(caller, payment_id)).id == payment_id
    for caller in (stranger, replace(stranger, role=Role.SCANNER), replace(owner, tenant_id=TenantId(uuid4()))):
        with pytest.raises(PaymentNotFoundError):
            await world.use.read(caller, payment_id)
