"""Disputes: read from the provider, booked to the cent, and told once, in whatever order the news comes."""

from dataclasses import replace

import pytest

from core.payments.destination import Destination
from core.payments.dispute import CHECK_AFTER_S, Dispute, DisputeState, state_of
from core.payments.errors import DisputeOverError, PaymentDisputedError
from core.payments.ledger import LedgerAccount, balances, dispute_movement
from core.payments.record import RecordKind
from core.payments.refund import RefundStatus
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import PaymentId
from core.shared.money import Money
from ports.published.payments import DisputeClosed, DisputeOpened
from tests.payments_world import PaymentsWorld
from usecases.payments.start_payment import StartedPayment


@pytest.fixture
def world() -> PaymentsWorld:
    return PaymentsWorld()


async def only_dispute(world: PaymentsWorld, started: StartedPayment) -> Dispute:
    async with world.payments.begin(world.tenant_id) as tx:
        [dispute] = await tx.disputes.of_payment(PaymentId(started.payment.id))
    return dispute


async def state(world: PaymentsWorld, started: StartedPayment) -> DisputeState:
    return (await only_dispute(world, started)).state


def told(world: PaymentsWorld) -> list[str]:
    found: list[str] = []
    for one in world.messages.events:
        if one.type == DisputeClosed.event_type:
            news = one.decode(DisputeClosed)
            found.append(f"{news.outcome} {news.version}")
        elif one.type == DisputeOpened.event_type:
            found.append(f"opened {one.decode(DisputeOpened).version}")
    return found


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("warning_needs_response", DisputeState.INQUIRY),
        ("warning_under_review", DisputeState.INQUIRY),
        ("warning_closed", DisputeState.CLOSED),
        ("prevented", DisputeState.CLOSED),
        ("needs_response", DisputeState.OPEN),
        ("under_review", DisputeState.OPEN),
        ("a word of the future", DisputeState.OPEN),
        ("won", DisputeState.WON),
        ("lost", DisputeState.LOST),
    ],
)
def test_every_word_of_the_provider_comes_to_a_state(status: str, expected: DisputeState) -> None:
    assert state_of(status) is expected


async def test_an_opened_dispute_is_booked_and_told_once(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    for _ in range(2):
        assert await world.use.record_dispute(dispute_id) == world.tenant_id
    assert await state(world, started) is DisputeState.OPEN
    assert await world.balances(started.payment.id) == {
        "buyer": -7500,
        "organisation": -1500,
        "dispute": 7500,
        "dispute_fee": 1500,
    }
    assert (await world.trail(started.payment.id))[-2:] == [
        (RecordKind.DISPUTE_OPENED, 0),
        (RecordKind.DISPUTE_WITHDRAWN, -7500),
    ]
    assert told(world) == ["opened 1"]


@pytest.mark.parametrize("won", [True, False])
async def test_the_verdict_brings_the_money_back_or_leaves_it(world: PaymentsWorld, *, won: bool) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    await world.use.record_dispute(dispute_id)
    world.gateway.bank.decide(dispute_id, won=won)
    for _ in range(2):
        await world.use.record_dispute(dispute_id)
    dispute = await only_dispute(world, started)
    assert dispute.state is (DisputeState.WON if won else DisputeState.LOST)
    assert dispute.closed_at is not None and dispute.check_at is None
    left = {"organisation": 7500} if won else {"organisation": -1500, "dispute": 7500, "dispute_fee": 1500}
    assert await world.balances(started.payment.id) == {"buyer": -7500, **left}
    assert told(world) == ["opened 1", "won 2" if won else "lost 2"]
    assert sum(moved for _, moved in await world.trail(started.payment.id)) == (7500 if won else 0)


async def test_a_dispute_that_is_over_when_it_is_first_heard_of_is_told_from_its_beginning(
    world: PaymentsWorld,
) -> None:
    started = await world.start()
    world.gateway.pay(started.intent.id)
    dispute_id = world.gateway.dispute(started.intent.id)
    world.gateway.bank.decide(dispute_id, won=False)
    await world.use.record_dispute(dispute_id)
    assert (await world.payment(started.payment.id)).received == Money(7500, "EUR")
    assert told(world) == ["opened 1", "lost 2"]


async def test_any_news_of_a_disputed_payment_finds_the_dispute(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.dispute(started.intent.id)
    await world.use.record(started.intent.id)
    assert await state(world, started) is DisputeState.OPEN


async def test_an_inquiry_is_told_only_when_it_becomes_a_dispute(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id, inquiry=True)
    await world.use.record_dispute(dispute_id)
    assert (await state(world, started), told(world)) == (DisputeState.INQUIRY, [])
    assert (await world.refund(1000)).status is RefundStatus.SUCCEEDED
    world.gateway.bank.escalate(dispute_id)
    await world.use.record_dispute(dispute_id)
    assert (await state(world, started), told(world)) == (DisputeState.OPEN, ["opened 1"])


async def test_an_inquiry_that_ends_as_one_is_never_told(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id, inquiry=True)
    await world.use.record_dispute(dispute_id)
    world.gateway.bank.decide(dispute_id, won=False)
    await world.use.record_dispute(dispute_id)
    dispute = await only_dispute(world, started)
    assert (dispute.state, dispute.version, dispute.check_at, told(world)) == (DisputeState.CLOSED, 0, None, [])


async def test_nothing_is_refunded_while_the_bank_has_the_money_nor_when_it_keeps_it(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    await world.use.record_dispute(dispute_id)
    with pytest.raises(PaymentDisputedError):
        await world.refund(1000)
    assert await world.refunds(started.payment.id) == []
    world.gateway.bank.decide(dispute_id, won=True)
    await world.use.record_dispute(dispute_id)
    assert (await world.refund(1000)).status is RefundStatus.SUCCEEDED


async def test_a_refund_that_the_provider_calls_disputed_first_has_failed(world: PaymentsWorld) -> None:
    started = await world.paid()
    world.gateway.dispute(started.intent.id)
    refund = await world.refund(1000)
    assert (refund.status, refund.failure) == (RefundStatus.FAILED, PaymentDisputedError.code)
    assert (await world.payment(started.payment.id)).refunded_minor == 0


@pytest.mark.parametrize("won", [True, False])
async def test_a_failed_refund_is_tried_until_the_bank_has_given_the_money_to_the_buyer(
    world: PaymentsWorld, *, won: bool
) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    await world.refund(1000)
    world.gateway.bank.decide(dispute_id, won=won)
    await world.use.record_dispute(dispute_id)
    world.clock.move(seconds=300)
    assert await world.use.settle_refunds() == won
    (refund,) = await world.refunds(started.payment.id)
    assert refund.status is (RefundStatus.SUCCEEDED if won else RefundStatus.FAILED)
    world.clock.move(seconds=1_000_000)
    assert await world.use.settle_refunds() == 0


@pytest.mark.parametrize("by_sweep", [False, True])
async def test_what_the_bank_takes_was_here_though_a_refund_of_it_had_come_back_unheard(
    world: PaymentsWorld, *, by_sweep: bool
) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id, inquiry=True)
    await world.use.record_dispute(dispute_id)
    refund = await world.refund()
    world.gateway.desk.settle(refund.provider_id or "", RefundStatus.FAILED)
    world.gateway.bank.escalate(dispute_id)
    if by_sweep:
        world.clock.move(seconds=CHECK_AFTER_S)
        assert await world.use.settle_disputes() == 1
    else:
        await world.use.record_dispute(dispute_id)
    kinds = [(kind, minor) for kind, minor in await world.trail(started.payment.id) if minor]
    assert [minor for _, minor in kinds] == [7500, -7500, 7500, -7500]
    assert kinds[-2][0] is RecordKind.REFUND_FAILED


async def test_the_sweep_reads_a_silent_dispute_anew(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    await world.use.record_dispute(dispute_id)
    world.gateway.bank.decide(dispute_id, won=False)
    assert await world.use.settle_disputes() == 0
    world.clock.move(seconds=CHECK_AFTER_S)
    world.gateway.away = True
    assert await world.use.settle_disputes() == 0
    world.gateway.away = False
    world.clock.move(seconds=CHECK_AFTER_S)
    assert await world.use.settle_disputes() == 1
    assert (await state(world, started), told(world)) == (DisputeState.LOST, ["opened 1", "lost 2"])
    world.clock.move(seconds=10 * CHECK_AFTER_S)
    assert await world.use.settle_disputes() == 0


async def test_money_that_was_won_is_waited_for(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    await world.use.record_dispute(dispute_id)
    bank = world.gateway.bank
    bank._disputes[dispute_id] = replace(bank.known(dispute_id), status="won")
    await world.use.record_dispute(dispute_id)
    assert (await only_dispute(world, started)).check_at is not None
    bank.decide(dispute_id, won=True)
    world.clock.move(seconds=CHECK_AFTER_S)
    assert await world.use.settle_disputes() == 1
    assert (await only_dispute(world, started)).check_at is None
    assert await world.balances(started.payment.id) == {"buyer": -7500, "organisation": 7500}
    assert told(world) == ["opened 1", "won 2"]


async def test_reconciling_a_day_with_disputes_finds_no_difference(world: PaymentsWorld) -> None:
    started = await world.paid()
    dispute_id = world.gateway.dispute(started.intent.id)
    day = world.clock.now().date()
    assert len((await world.use.reconcile_day(day)).differences) == 1
    await world.use.record_dispute(dispute_id)
    world.gateway.bank.decide(dispute_id, won=True)
    await world.use.record_dispute(dispute_id)
    found = await world.use.reconcile_day(day)
    assert (found.movements, found.fees_booked, found.differences) == (3, 0, ())


def test_the_platform_bears_the_dispute_of_money_that_went_to_a_venues_account() -> None:
    at = PaymentsWorld().clock.now()
    [posting] = dispute_movement(
        Money(-7500, "EUR"), fee=Money(1500, "EUR"), ref="txn_1", at=at, destination=Destination("acct_1", 700)
    )
    had = balances([posting])
    assert had[LedgerAccount.PLATFORM_FEE] == -9000
    assert had[LedgerAccount.ORGANISATION] == 0


def test_a_movement_of_nothing_is_not_booked() -> None:
    assert dispute_movement(Money(0, "EUR"), fee=Money(0, "EUR"), ref="txn_1", at=PaymentsWorld().clock.now()) == ()


async def test_managers_answer_a_dispute_until_it_is_over(world: PaymentsWorld) -> None:
    started = await world.paid()
    await world.use.record_dispute(world.gateway.dispute(started.intent.id))
    dispute = await only_dispute(world, started)
    manager = Caller(world.account_id, world.tenant_id, role=Role.MANAGER)
    with pytest.raises(ForbiddenError):
        await world.use.answer_dispute(replace(manager, role=Role.BOX_OFFICE), dispute.id, "Hm.", submit=True)
    draft = await world.use.answer_dispute(manager, dispute.id, "They were there.", submit=False)
    assert draft.status == "needs_response"
    won = await world.use.answer_dispute(manager, dispute.id, "winning_evidence", submit=True)
    assert (won.state, told(world)) == (DisputeState.WON, ["opened 1", "won 2"])
    assert [kind for kind, _ in await world.trail(started.payment.id)].count(RecordKind.DISPUTE_ANSWERED) == 2
    with pytest.raises(DisputeOverError):
        await world.use.answer_dispute(manager, dispute.id, "And more.", submit=True)
