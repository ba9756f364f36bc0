"""Whatever happens to a payment, every movement balances, and what was captured is somewhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.payments import ledger
from core.payments.destination import Destination
from core.payments.errors import NotRefundableError, RefundTooLargeError
from core.payments.intent import Charge, Intent, IntentStatus
from core.payments.ledger import LedgerAccount, LedgerEntry, Posting, PostingKind, balances
from core.payments.payment import Payment, PaymentStatus
from core.payments.refund import ProviderRefund, Refund, RefundsSeen, RefundStatus
from core.payments.refunding import ask_refund, refuse_refund, retry_refund
from core.payments.refunds_change import RefundsChange
from core.payments.refunds_seen import see_refunds
from core.payments.transitions import observe
from core.shared.ids import RefundId
from core.shared.money import Money
from tests.payments_builders import a_payment

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PRICE_MINOR = 7500
amounts = st.sampled_from([1, 2500, 7499, PRICE_MINOR])
numbers = st.integers(min_value=0, max_value=2)
steps = st.one_of(
    st.tuples(st.just("ask"), st.none() | amounts),
    st.tuples(st.just("elsewhere"), amounts),
    st.tuples(st.sampled_from(["send", "refuse", "retry"]), numbers),
    st.tuples(st.just("settle"), numbers, st.sampled_from([RefundStatus.SUCCEEDED, RefundStatus.FAILED])),
    st.tuples(st.sampled_from(["look", "look_backwards"])),
)
type Step = tuple[Any, ...]


class Till:
    """A payment with its refunds and its books, and the provider's own list of refunds beside it."""

    def __init__(self, *, fee: Money | None, destination: Destination | None, escrow: bool = False) -> None:
        new = replace(a_payment(now=NOW), intent_id="pi_1", destination=destination, escrow=escrow)
        intent = Intent(
            id="pi_1",
            client_secret="pi_1_secret",
            status=IntentStatus.SUCCEEDED,
            amount=new.amount,
            received_minor=PRICE_MINOR,
            refunded_minor=0,
            decline=None,
            payment_id=new.id,
            tenant_id=new.tenant_id,
            attempt=1,
            charge=Charge("ch_1", NOW, fee),
        )
        taken = observe(new, intent, now=NOW)
        assert taken is not None
        self.payment: Payment = taken.payment
        self.postings: list[Posting] = list(taken.postings)
        self.moved_minor = sum(record.movement_minor for record in taken.records)
        self.refunds: dict[RefundId, Refund] = {}
        self.provider: dict[str, ProviderRefund] = {}
        self.fee_returned_minor = 0
        self.whole = 0

    def keep(self, change: RefundsChange | None) -> None:
        if change is None:
            return
        self.payment = change.payment
        self.refunds |= {refund.id: refund for refund in change.refunds}
        self.postings += change.postings
        self.moved_minor += sum(record.movement_minor for record in change.records)
        self.whole += change.whole_first

    def one(self, number: int) -> Refund | None:
        return list(self.refunds.values())[number % len(self.refunds)] if self.refunds else None

    def make(self, amount_minor: int, ours: Refund | None) -> None:
        left = PRICE_MINOR - sum(
            one.amount.amount_minor for one in self.provider.values() if one.status is not RefundStatus.FAILED
        )
        if amount_minor > left:
            return
        name = f"re_{len(self.provider)}"
        self.provider[name] = ProviderRefund(
            id=name,
            amount=Money(amount_minor, "EUR"),
            status=RefundStatus.PENDING,
            failure=None,
            refund_id=ours.id if ours else None,
            attempt=ours.attempt if ours else None,
            moved=True,
            at=NOW,
        )
        if self.payment.destination is not None:
            self.fee_returned_minor = min(
                self.payment.destination.application_fee_minor, self.fee_returned_minor + amount_minor // 20
            )

    def ask(self, amount_minor: int | None) -> None:
        refund_id = RefundId(UUID(int=len(self.refunds) + 1))
        self.keep(ask_refund(self.payment, refund_id=refund_id, amount_minor=amount_minor, reason="gone", now=NOW))

    def elsewhere(self, amount_minor: int) -> None:
        self.make(amount_minor, None)

    def send(self, number: int) -> None:
        """Send once more, too: the provider may have forgotten the key of the first time."""
        refund = self.one(number)
        if refund is not None and refund.status is RefundStatus.PENDING and refund.provider_id is None:
            self.make(refund.amount.amount_minor, refund)

    def refuse(self, number: int) -> None:
        refund = self.one(number)
        made = {(one.refund_id, one.attempt) for one in self.provider.values()}
        if refund is not None and (refund.id, refund.attempt) not in made:
            self.keep(refuse_refund(self.payment, refund, attempt=refund.attempt, failure="no", now=NOW))

    def retry(self, number: int) -> None:
        refund = self.one(number)
        if refund is not None and refund.status is RefundStatus.FAILED:
            self.keep(retry_refund(self.payment, refund, now=NOW))

    def settle(self, number: int, status: RefundStatus) -> None:
        if self.provider:
            one = list(self.provider.values())[number % len(self.provider)]
            if one.status is not RefundStatus.FAILED:
                self.provider[one.id] = replace(one, status=status)

    def do(self, step: Step) -> None:
        name, *arguments = step
        getattr(self, name)(*arguments)

    def look_backwards(self) -> None:
        self.look(backwards=True)

    def look(self, *, backwards: bool = False) -> None:
        found = list(self.provider.values())
        seen = RefundsSeen(tuple(reversed(found) if backwards else found), self.fee_returned_minor)
        refunds = list(self.refunds.values())
        self.keep(see_refunds(self.payment, refunds, seen, booked=self.postings, now=NOW + timedelta(1)))


@given(
    fee=st.none() | st.integers(0, 300).map(lambda minor: Money(minor, "EUR")),
    destination=st.none() | st.just("escrow") | st.integers(0, 900).map(lambda minor: Destination("acct_1", minor)),
    story=st.lists(steps, max_size=40),
)
def test_every_story_balances_and_what_was_captured_is_somewhere(
    fee: Money | None, destination: Destination | str | None, story: list[Step]
) -> None:
    in_escrow = destination == "escrow"
    to = destination if isinstance(destination, Destination) else None
    till = Till(fee=fee, destination=to, escrow=in_escrow)
    for step in story:
        try:
            till.do(step)
        except (NotRefundableError, RefundTooLargeError):
            continue
        finally:
            had = balances(till.postings)
            assert sum(had.values()) == 0
            assert -had[LedgerAccount.BUYER] == PRICE_MINOR
            weights = [one.amount.amount_minor for one in till.refunds.values() if one.weighs]
            assert till.payment.refunded_minor == sum(weights) <= PRICE_MINOR
            back = [one for one in till.refunds.values() if one.status is RefundStatus.SUCCEEDED]
            back_minor = sum(one.amount.amount_minor for one in back)
            assert (till.payment.status is PaymentStatus.REFUNDED) == (back_minor == PRICE_MINOR)
            assert till.moved_minor == PRICE_MINOR - back_minor
            booked = [one for one in till.refunds.values() if one.booked]
            assert had[LedgerAccount.REFUND] == sum(one.amount.amount_minor for one in booked)
            assert had[LedgerAccount.ESCROW] == (PRICE_MINOR - had[LedgerAccount.REFUND] if in_escrow else 0)
            assert till.whole == (till.payment.refunded_at is not None)


@given(story=st.lists(steps, max_size=40))
def test_looking_twice_or_backwards_changes_nothing_more(story: list[Step]) -> None:
    till = Till(fee=None, destination=None)
    for step in story:
        try:
            till.do(step)
            till.look()
        except (NotRefundableError, RefundTooLargeError):
            continue
        before = (till.payment, dict(till.refunds), list(till.postings))
        till.look()
        till.look_backwards()
        assert (till.payment, till.refunds, till.postings) == before


@pytest.mark.parametrize(
    "entries",
    [
        (LedgerEntry(LedgerAccount.BUYER, -5), LedgerEntry(LedgerAccount.ORGANISATION, 4)),
        (LedgerEntry(LedgerAccount.BUYER, 0),),
        (),
    ],
)
def test_what_does_not_balance_is_no_posting(entries: tuple[LedgerEntry, ...]) -> None:
    with pytest.raises(ValueError, match="balance"):
        Posting(kind=PostingKind.CAPTURE, currency="EUR", entries=entries, provider_ref=None, at=NOW)


def test_a_fee_in_another_currency_is_left_to_the_provider() -> None:
    booked = ledger.capture(Money(7500, "EUR"), ref="ch_1", at=NOW, fee=Money(300, "USD"))
    assert balances([booked])[LedgerAccount.STRIPE_FEE] == 0
