"""How a payment changes, without any provider or store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from core.payments.errors import (
    AlreadyPaidError,
    ForeignIntentError,
    PaymentClosedError,
    PaymentConflictError,
    TooManyAttemptsError,
)
from core.payments.intent import Charge, Decline, Intent, IntentStatus
from core.payments.ledger import PostingKind
from core.payments.payment import Payment, PaymentMethod, PaymentStatus
from core.payments.record import RecordKind
from core.payments.transitions import (
    ATTEMPTS_MAX,
    CHECK_AFTER_S,
    Change,
    attach,
    close,
    is_declined,
    observe,
    try_again,
)
from core.shared.ids import AccountId
from core.shared.money import Money
from tests.payments_builders import a_payment

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
PRICE = Money(7500, "EUR")


def opened() -> Payment:
    return a_payment(now=NOW)


def with_intent() -> Payment:
    return replace(opened(), intent_id="pi_1")


def intent(payment: Payment, status: IntentStatus = IntentStatus.AWAITING_BUYER, **facts: object) -> Intent:
    base = Intent(
        id="pi_1",
        client_secret="pi_1_secret",
        status=status,
        amount=PRICE,
        received_minor=PRICE.amount_minor if status is IntentStatus.SUCCEEDED else 0,
        refunded_minor=0,
        decline=None,
        payment_id=payment.id,
        tenant_id=payment.tenant_id,
        attempt=payment.attempt,
    )
    return replace(base, **facts)  # type: ignore[arg-type]  # the tests name real fields


def after(change: Change | None) -> Payment:
    assert change is not None
    return change.payment


def kinds(change: Change | None) -> list[RecordKind]:
    return [record.kind for record in change.records] if change else []


def test_success_is_recorded_once_and_moves_the_money_once() -> None:
    payment = with_intent()
    paid = observe(payment, intent(payment, IntentStatus.SUCCEEDED), now=LATER)
    assert paid is not None and paid.payment.status is PaymentStatus.SUCCEEDED
    assert [(record.kind, record.movement_minor) for record in paid.records] == [(RecordKind.SUCCEEDED, 7500)]
    assert observe(paid.payment, intent(payment, IntentStatus.SUCCEEDED), now=LATER) is None


@pytest.mark.parametrize("status", [PaymentStatus.FAILED, PaymentStatus.CANCELLED])
def test_money_that_came_counts_whatever_was_thought_before(status: PaymentStatus) -> None:
    payment = replace(with_intent(), status=status)
    paid = after(observe(payment, intent(payment, IntentStatus.SUCCEEDED), now=LATER))
    assert paid.status is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    "facts",
    [
        {"received_minor": 7499},
        {"received_minor": 7501},
        {"amount": Money(7500, "USD")},
        {"amount": Money(7400, "EUR"), "received_minor": 7400},
    ],
)
def test_money_of_another_amount_or_currency_confirms_nothing(facts: dict[str, object]) -> None:
    payment = with_intent()
    change = observe(payment, intent(payment, IntentStatus.SUCCEEDED, **facts), now=LATER)
    assert after(change).status is PaymentStatus.MISMATCHED
    assert kinds(change) == [RecordKind.MISMATCHED]


@pytest.mark.parametrize(
    "status", [PaymentStatus.SUCCEEDED, PaymentStatus.CANCELLED, PaymentStatus.REFUNDED, PaymentStatus.MISMATCHED]
)
def test_an_old_decline_turns_nothing_back(status: PaymentStatus) -> None:
    payment = replace(with_intent(), status=status, received=PRICE)
    assert observe(payment, intent(payment, decline=Decline("ch_1", "card_declined")), now=LATER) is None


def test_each_decline_is_recorded_once() -> None:
    payment = with_intent()
    first = intent(payment, decline=Decline("ch_1", "card_declined"))
    failed = after(observe(payment, first, now=LATER))
    assert failed.status is PaymentStatus.FAILED
    assert observe(failed, first, now=LATER) is None
    again = observe(failed, intent(payment, decline=Decline("ch_2", "insufficient_funds")), now=LATER)
    assert kinds(again) == [RecordKind.FAILED]


@pytest.mark.parametrize("status", IntentStatus)
def test_only_a_declined_attempt_that_waits_for_its_buyer_is_replaced(status: IntentStatus) -> None:
    payment = with_intent()
    declined = intent(payment, decline=Decline("ch_1", "card_declined"))
    assert not is_declined(payment, intent(payment, status))
    failed = after(observe(payment, declined, now=LATER))
    assert is_declined(failed, intent(payment, status)) is (status is IntentStatus.AWAITING_BUYER)


def test_a_payment_has_so_many_attempts_and_no_more() -> None:
    def ended(payment: Payment) -> Payment:
        return after(observe(payment, intent(payment, IntentStatus.CANCELLED, id=payment.intent_id or ""), now=LATER))

    payment = with_intent()
    for number in range(2, ATTEMPTS_MAX + 1):
        payment = after(try_again(ended(payment), account_id=payment.account_id, amount=PRICE, now=LATER))
        assert payment.attempt == number
        payment = after(attach(payment, intent(payment, id=f"pi_{number}"), now=LATER))
    with pytest.raises(TooManyAttemptsError):
        try_again(ended(payment), account_id=payment.account_id, amount=PRICE, now=LATER)


def test_the_next_attempt_may_be_by_another_method() -> None:
    payment = with_intent()
    cancelled = after(observe(payment, intent(payment, IntentStatus.CANCELLED), now=LATER))
    change = try_again(
        cancelled, account_id=payment.account_id, amount=PRICE, method=PaymentMethod.APPLE_PAY, now=LATER
    )
    assert change is not None
    assert change.payment.method is PaymentMethod.APPLE_PAY
    assert change.records[0].detail["method"] == "APPLE_PAY"


def test_a_cancelled_intent_of_an_earlier_attempt_names_no_new_one() -> None:
    unnamed = replace(with_intent(), attempt=2, intent_id=None)
    earlier = intent(unnamed, IntentStatus.CANCELLED, id="pi_1", attempt=1)
    assert attach(unnamed, earlier, now=LATER) is None
    assert observe(unnamed, earlier, now=LATER) is None
    with pytest.raises(ForeignIntentError):
        attach(unnamed, replace(earlier, status=IntentStatus.SUCCEEDED), now=LATER)


def test_while_the_provider_is_processing_nothing_is_decided() -> None:
    payment = with_intent()
    assert observe(payment, intent(payment, IntentStatus.PROCESSING), now=LATER) is None


@pytest.mark.parametrize("next_status", [IntentStatus.PROCESSING, IntentStatus.SUCCEEDED, IntentStatus.CANCELLED])
def test_that_the_bank_waits_for_the_buyer_is_known_until_it_does_not(next_status: IntentStatus) -> None:
    payment = with_intent()
    declined = after(observe(payment, intent(payment, decline=Decline("ch_1", "card_declined")), now=LATER))
    asked = after(observe(declined, intent(payment, IntentStatus.NEEDS_ACTION), now=LATER))
    assert (asked.needs_action, asked.status) == (True, PaymentStatus.PENDING)
    assert observe(asked, intent(payment, IntentStatus.NEEDS_ACTION), now=LATER) is None
    assert not after(observe(asked, intent(payment, next_status), now=LATER)).needs_action


@pytest.mark.parametrize("status", IntentStatus)
def test_of_an_earlier_attempt_only_a_cancelled_intent_is_no_news(status: IntentStatus) -> None:
    payment = replace(with_intent(), attempt=2, intent_id="pi_of_the_second")
    earlier = intent(payment, status, id="pi_of_the_first", attempt=1)
    if status is IntentStatus.CANCELLED:
        assert observe(payment, earlier, now=LATER) is None
    else:
        with pytest.raises(ForeignIntentError):
            observe(payment, earlier, now=LATER)


def test_a_bank_that_asks_too_late_changes_nothing() -> None:
    payment = with_intent()
    paid = after(observe(payment, intent(payment, IntentStatus.SUCCEEDED), now=LATER))
    assert observe(paid, intent(payment, IntentStatus.NEEDS_ACTION), now=LATER) is None


def test_an_intent_of_another_attempt_is_never_taken_for_the_present_one() -> None:
    payment = with_intent()
    with pytest.raises(ForeignIntentError):
        observe(payment, intent(payment, id="pi_2"), now=LATER)
    with pytest.raises(ForeignIntentError):
        attach(payment, intent(payment, id="pi_2"), now=LATER)
    with pytest.raises(ForeignIntentError):
        attach(opened(), intent(payment), now=LATER)
    assert attach(payment, intent(payment), now=LATER) is None


def test_a_new_try_uses_the_intent_that_is_there_until_the_provider_has_cancelled_it() -> None:
    payment = with_intent()
    assert try_again(payment, account_id=payment.account_id, amount=PRICE, now=LATER) is None
    cancelled = after(observe(payment, intent(payment, IntentStatus.CANCELLED), now=LATER))
    assert cancelled.status is PaymentStatus.CANCELLED
    second = after(try_again(cancelled, account_id=payment.account_id, amount=PRICE, now=LATER))
    assert (second.status, second.attempt, second.intent_id) == (PaymentStatus.PENDING, 2, None)


def test_another_amount_or_another_payer_is_a_conflict() -> None:
    payment = with_intent()
    with pytest.raises(PaymentConflictError):
        try_again(payment, account_id=payment.account_id, amount=Money(7501, "EUR"), now=LATER)
    with pytest.raises(PaymentConflictError):
        try_again(payment, account_id=AccountId(uuid4()), amount=PRICE, now=LATER)


@pytest.mark.parametrize("status", [PaymentStatus.SUCCEEDED, PaymentStatus.MISMATCHED, PaymentStatus.REFUNDED])
def test_nothing_more_is_charged_once_money_came(status: PaymentStatus) -> None:
    payment = replace(with_intent(), status=status)
    with pytest.raises(AlreadyPaidError):
        try_again(payment, account_id=payment.account_id, amount=PRICE, now=LATER)


def test_a_closed_payment_is_not_tried_again() -> None:
    payment = after(close(with_intent(), now=LATER))
    assert close(payment, now=LATER) is None
    with pytest.raises(PaymentClosedError):
        try_again(payment, account_id=payment.account_id, amount=PRICE, now=LATER)


def test_what_was_received_is_booked_once_with_the_fee_that_is_known() -> None:
    payment = with_intent()
    charge = Charge("ch_1", NOW, Money(240, "EUR"))
    taken = observe(payment, intent(payment, IntentStatus.SUCCEEDED, charge=charge), now=LATER)
    assert taken is not None
    (booked,) = taken.postings
    assert (booked.provider_ref, booked.at, booked.kind) == ("ch_1", NOW, PostingKind.CAPTURE)
    assert {entry.account.value: entry.amount_minor for entry in booked.entries} == {
        "buyer": -7500,
        "organisation": 7260,
        "stripe_fee": 240,
    }
    assert observe(after(taken), intent(payment, IntentStatus.SUCCEEDED, charge=charge), now=LATER) is None


def test_the_provider_is_asked_again_only_while_something_can_come_of_it() -> None:
    payment = with_intent()
    assert payment.check_at == NOW + timedelta(seconds=CHECK_AFTER_S)
    paid = after(observe(payment, intent(payment, IntentStatus.SUCCEEDED), now=LATER))
    assert paid.check_at is None
