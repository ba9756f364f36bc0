"""What a payment provider promises: in memory, and Stripe's own SDK against the stand-in."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stripe

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.memory.payments import MemoryPaymentGateway
from adapters.stripe.client import open_stripe
from adapters.stripe.gateway import StripeGateway
from core.payments.dispute import ProviderDispute
from core.payments.errors import PaymentDisputedError, ProviderRefusedError, ProviderUnavailableError
from core.payments.intent import Intent, IntentStatus
from core.payments.ledger import PostingKind
from core.payments.payment import Payment, PaymentStatus
from core.payments.refund import RefundsSeen, RefundStatus
from core.shared.money import Money
from ports.payments import PaymentGateway
from tests.payments_builders import a_payment, a_refund

METHODS = {"pay": "pm_card_visa", "declined": "pm_card_chargeDeclined", "processing": "pm_card_processing"}
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
FEE_MINOR = 138
"""What the stand-in takes of 75.00 EUR."""


class Provider(ABC):
    """A gateway, and what the buyer does meanwhile."""

    gateway: PaymentGateway

    @abstractmethod
    async def staff_refund(self, intent: Intent, amount_minor: int) -> str:
        """Let somebody refund in the provider's own pages, and return the refund's id."""

    @abstractmethod
    async def dispute(self, intent: Intent, *, inquiry: bool = False) -> str:
        """Let the buyer's bank dispute what is left of the money, and return the dispute's id."""

    @abstractmethod
    async def decide(self, dispute_id: str, *, won: bool) -> None:
        """Let the bank decide."""

    @abstractmethod
    async def buyer(self, intent: Intent, does: str) -> None:
        """Let the buyer `pay`, be `declined`, or let the provider be `processing`."""

    @abstractmethod
    def go_away(self) -> None: ...


class InMemory(Provider):
    def __init__(self) -> None:
        self.gateway = self.memory = MemoryPaymentGateway()
        self.memory.fee_minor = FEE_MINOR

    async def buyer(self, intent: Intent, does: str) -> None:
        {"pay": self.memory.pay, "declined": self.memory.decline, "processing": self.memory.process}[does](intent.id)

    async def staff_refund(self, intent: Intent, amount_minor: int) -> str:
        return self.memory.desk.make_elsewhere(await self.memory.retrieve_intent(intent.id), amount_minor=amount_minor)

    async def dispute(self, intent: Intent, *, inquiry: bool = False) -> str:
        return self.memory.dispute(intent.id, inquiry=inquiry)

    async def decide(self, dispute_id: str, *, won: bool) -> None:
        self.memory.bank.decide(dispute_id, won=won)

    def go_away(self) -> None:
        self.memory.away = True


class OnStripe(Provider):
    """The buyer's browser confirms with the publishable key, as Stripe.js does."""

    def __init__(self, fake: StripeFake, client: stripe.StripeClient) -> None:
        self.fake = fake
        self.client = client
        self.gateway = StripeGateway(client)

    async def buyer(self, intent: Intent, does: str) -> None:
        async with httpx.AsyncClient() as browser:
            answer = await browser.post(
                f"{self.fake.url}/v1/payment_intents/{intent.id}/confirm",
                data={"payment_method": METHODS[does], "client_secret": intent.client_secret},
                headers={"authorization": f"Bearer {self.fake.settings.publishable_key}"},
            )
        assert answer.status_code == (402 if does == "declined" else 200), answer.text

    async def staff_refund(self, intent: Intent, amount_minor: int) -> str:
        made = await self.client.v1.refunds.create_async({"payment_intent": intent.id, "amount": amount_minor})
        return made.id

    async def dispute(self, intent: Intent, *, inquiry: bool = False) -> str:
        assert intent.charge is not None
        return str(self.fake.state.disputes.open(intent.charge.id, inquiry=inquiry)["id"])

    async def decide(self, dispute_id: str, *, won: bool) -> None:
        self.fake.state.disputes.decide(dispute_id, won=won)

    def go_away(self) -> None:
        self.fake.state.faults.calls = 100


@pytest.fixture(params=["memory", "stripe"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    if request.param == "memory":
        yield InMemory()
        return
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        yield OnStripe(fake, client)


@pytest.fixture
def payment() -> Payment:
    return a_payment(now=NOW)


async def test_a_new_intent_says_whose_it_is_and_what_is_owed(provider: Provider, payment: Payment) -> None:
    intent = await provider.gateway.create_intent(payment)
    assert (intent.payment_id, intent.tenant_id, intent.attempt) == (payment.id, payment.tenant_id, 1)
    assert (intent.amount, intent.received_minor, intent.refunded_minor) == (payment.amount, 0, 0)
    assert (intent.status, intent.decline) == (IntentStatus.AWAITING_BUYER, None)
    assert intent.client_secret.startswith(intent.id)


async def test_an_attempt_has_one_intent_and_the_next_attempt_another(provider: Provider, payment: Payment) -> None:
    first = await provider.gateway.create_intent(payment)
    assert (await provider.gateway.create_intent(payment)).id == first.id
    second = await provider.gateway.create_intent(replace(payment, attempt=2))
    assert second.id != first.id and second.attempt == 2


async def test_what_the_buyer_paid_is_received(provider: Provider, payment: Payment) -> None:
    intent = await provider.gateway.create_intent(payment)
    await provider.buyer(intent, "pay")
    paid = await provider.gateway.retrieve_intent(intent.id)
    assert (paid.status, paid.received_minor, paid.decline) == (IntentStatus.SUCCEEDED, 7500, None)


async def test_each_decline_can_be_told_from_the_one_before(provider: Provider, payment: Payment) -> None:
    intent = await provider.gateway.create_intent(payment)
    declines = []
    for _ in range(2):
        await provider.buyer(intent, "declined")
        declined = await provider.gateway.retrieve_intent(intent.id)
        assert declined.status is IntentStatus.AWAITING_BUYER and declined.decline is not None
        assert await provider.gateway.retrieve_intent(intent.id) == declined
        declines.append(declined.decline.id)
    assert declines[0] != declines[1]


async def test_an_intent_that_took_no_money_is_cancelled_for_good(provider: Provider, payment: Payment) -> None:
    intent = await provider.gateway.create_intent(payment)
    for _ in range(2):
        assert (await provider.gateway.cancel_intent(intent.id)).status is IntentStatus.CANCELLED


@pytest.mark.parametrize(("does", "status"), [("pay", IntentStatus.SUCCEEDED), ("processing", IntentStatus.PROCESSING)])
async def test_cancelling_too_late_says_how_it_stands(
    provider: Provider, payment: Payment, does: str, status: IntentStatus
) -> None:
    intent = await provider.gateway.create_intent(payment)
    await provider.buyer(intent, does)
    assert (await provider.gateway.cancel_intent(intent.id)).status is status


async def paid(provider: Provider, payment: Payment) -> Payment:
    intent = await provider.gateway.create_intent(payment)
    await provider.buyer(intent, "pay")
    charge = (await provider.gateway.retrieve_intent(intent.id)).charge
    assert charge is not None
    return replace(payment, intent_id=intent.id, status=PaymentStatus.SUCCEEDED, received=payment.amount)


async def test_an_attempt_of_a_refund_is_made_once_and_names_us(provider: Provider, payment: Payment) -> None:
    payment = await paid(provider, payment)
    refund = a_refund(payment, 2500, now=NOW)
    made = await provider.gateway.refund(payment, refund)
    assert (made.refund_id, made.attempt, made.amount.amount_minor) == (refund.id, 1, 2500)
    assert (made.status, made.failure, made.moved) == (RefundStatus.SUCCEEDED, None, True)
    assert await provider.gateway.refund(payment, refund) == made
    assert (await provider.gateway.retrieve_intent(payment.intent_id or "")).refunded_minor == 2500
    again = await provider.gateway.refund(payment, replace(refund, attempt=2))
    assert again.id != made.id


async def test_the_balance_tells_of_charges_and_refunds_with_the_fee(provider: Provider, payment: Payment) -> None:
    payment = await paid(provider, payment)
    charge = (await provider.gateway.retrieve_intent(payment.intent_id or "")).charge
    assert charge is not None and charge.fee == Money(FEE_MINOR, "EUR")
    made = await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))
    taken, back = await provider.gateway.movements(start=EVER[0], end=EVER[1])
    assert (taken.kind, taken.source, taken.amount, taken.fee, taken.ours) == (
        PostingKind.CAPTURE,
        charge.id,
        payment.amount,
        charge.fee,
        True,
    )
    assert (back.kind, back.source, back.charge) == (PostingKind.REFUND, made.id, charge.id)
    assert (back.amount, back.fee) == (Money(-2500, "EUR"), Money(0, "EUR"))
    assert await provider.gateway.movements(start=EVER[0], end=taken.at) == []
    after = back.at + timedelta(seconds=1)
    assert len(await provider.gateway.movements(start=taken.at, end=after)) == 2
    assert await provider.gateway.movements(start=after, end=EVER[1]) == []


async def test_every_refund_is_listed_also_what_others_made(provider: Provider, payment: Payment) -> None:
    payment = await paid(provider, payment)
    assert await provider.gateway.refunds(payment) == RefundsSeen(())
    ours = await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))
    theirs = await provider.staff_refund(await provider.gateway.retrieve_intent(payment.intent_id or ""), 1000)
    seen = await provider.gateway.refunds(payment)
    assert [one.id for one in seen.refunds] == [ours.id, theirs]
    assert seen.refunds[0] == ours
    assert (seen.refunds[1].refund_id, seen.refunds[1].attempt, seen.refunds[1].amount.amount_minor) == (
        None,
        None,
        1000,
    )


async def test_more_than_is_left_is_refused(provider: Provider, payment: Payment) -> None:
    payment = await paid(provider, payment)
    await provider.gateway.refund(payment, a_refund(payment, 5000, now=NOW))
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.refund(payment, a_refund(payment, 2501, now=NOW))
    await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.refund(payment, a_refund(payment, 1, now=NOW))


async def disputed(provider: Provider, payment: Payment, *, inquiry: bool = False) -> tuple[Payment, ProviderDispute]:
    payment = await paid(provider, payment)
    intent = await provider.gateway.retrieve_intent(payment.intent_id or "")
    assert not intent.disputed
    dispute_id = await provider.dispute(intent, inquiry=inquiry)
    assert (await provider.gateway.retrieve_intent(intent.id)).disputed
    return payment, await provider.gateway.retrieve_dispute(dispute_id)


async def test_a_dispute_takes_the_money_and_a_fee_and_bars_refunds(provider: Provider, payment: Payment) -> None:
    payment, dispute = await disputed(provider, payment)
    assert (dispute.intent_id, dispute.amount) == (payment.intent_id, payment.amount)
    assert (dispute.status, dispute.reason) == ("needs_response", "fraudulent")
    assert dispute.evidence_due_by is not None and dispute.evidence_due_by > dispute.opened_at
    [taken] = dispute.movements
    assert (taken.amount, taken.fee) == (Money(-7500, "EUR"), Money(1500, "EUR"))
    assert await provider.gateway.disputes_of(payment) == [dispute]
    with pytest.raises(PaymentDisputedError):
        await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))


@pytest.mark.parametrize("won", [True, False])
async def test_what_is_won_comes_back_with_the_fee_and_can_be_refunded_again(
    provider: Provider, payment: Payment, *, won: bool
) -> None:
    payment, dispute = await disputed(provider, payment)
    await provider.decide(dispute.id, won=won)
    ended = await provider.gateway.retrieve_dispute(dispute.id)
    assert ended.status == ("won" if won else "lost")
    assert ended.movements[0] == dispute.movements[0]
    back = [(one.amount.amount_minor, one.fee.amount_minor) for one in ended.movements[1:]]
    assert back == ([(7500, -1500)] if won else [])
    told = await provider.gateway.movements(start=EVER[0], end=EVER[1])
    assert [(one.kind, one.source, one.amount, one.fee) for one in told[1:]] == [
        (kind, one.id, one.amount, one.fee)
        for kind, one in zip(
            (PostingKind.DISPUTE_WITHDRAWN, PostingKind.DISPUTE_REINSTATED), ended.movements, strict=False
        )
    ]
    assert {one.charge for one in told[1:]} == {told[0].source}
    if won:
        await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))
    else:
        with pytest.raises(PaymentDisputedError):
            await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))


async def test_an_inquiry_takes_nothing_and_bars_nothing(provider: Provider, payment: Payment) -> None:
    payment, dispute = await disputed(provider, payment, inquiry=True)
    assert (dispute.status, dispute.movements) == ("warning_needs_response", ())
    await provider.gateway.refund(payment, a_refund(payment, 2500, now=NOW))
    await provider.decide(dispute.id, won=False)
    ended = await provider.gateway.retrieve_dispute(dispute.id)
    assert (ended.status, ended.movements) == ("warning_closed", ())


async def test_evidence_is_kept_until_it_is_submitted_and_then_the_bank_looks_at_it(
    provider: Provider, payment: Payment
) -> None:
    _, dispute = await disputed(provider, payment)
    await provider.gateway.answer_dispute(dispute.id, "They were there.", submit=False)
    assert (await provider.gateway.retrieve_dispute(dispute.id)).status == "needs_response"
    for _ in range(2):
        await provider.gateway.answer_dispute(dispute.id, "They were there.", submit=True)
    assert (await provider.gateway.retrieve_dispute(dispute.id)).status == "under_review"
    await provider.gateway.answer_dispute(dispute.id, "winning_evidence", submit=True)
    assert (await provider.gateway.retrieve_dispute(dispute.id)).status == "won"
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.answer_dispute(dispute.id, "And more.", submit=True)


async def test_an_unknown_dispute_is_refused(provider: Provider) -> None:
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.retrieve_dispute("dp_unknown")


async def test_what_took_no_money_cannot_be_refunded(provider: Provider, payment: Payment) -> None:
    intent = await provider.gateway.create_intent(payment)
    unpaid = replace(payment, intent_id=intent.id, status=PaymentStatus.SUCCEEDED, received=payment.amount)
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.refund(unpaid, a_refund(unpaid, 7500, now=NOW))


async def test_an_unknown_intent_is_refused(provider: Provider) -> None:
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.retrieve_intent("pi_unknown")


async def test_a_provider_that_is_away_is_unavailable(provider: Provider, payment: Payment) -> None:
    provider.go_away()
    with pytest.raises(ProviderUnavailableError):
        await provider.gateway.create_intent(payment)


async def test_a_failed_authentication_is_a_declined_try_although_nothing_was_charged(payment: Payment) -> None:
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        gateway = StripeGateway(client)
        intent = await gateway.create_intent(payment)
        async with httpx.AsyncClient() as browser:
            asked = await browser.post(
                f"{fake.url}/v1/payment_intents/{intent.id}/confirm",
                data={"payment_method": "pm_card_authenticationRequired", "client_secret": intent.client_secret},
                headers={"authorization": f"Bearer {fake.settings.publishable_key}"},
            )
        assert asked.json()["status"] == "requires_action"
        assert (await gateway.retrieve_intent(intent.id)).status is IntentStatus.NEEDS_ACTION
        fake.state.payments.decide(intent.id, succeed=False)
        found = await gateway.retrieve_intent(intent.id)
    assert found.status is IntentStatus.AWAITING_BUYER
    assert found.decline is not None
    assert found.decline.code == "payment_intent_authentication_failure"
