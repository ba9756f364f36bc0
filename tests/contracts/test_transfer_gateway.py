"""What a payment provider promises about transfers: in memory, and Stripe's own SDK against the stand-in."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.memory.payments import MemoryPaymentGateway
from adapters.stripe.accounts import StripeAccountGateway
from adapters.stripe.client import open_stripe
from adapters.stripe.gateway import StripeGateway
from core.payments.accounts import AccountOwner
from core.payments.errors import DestinationNotReadyError, ProviderRefusedError, ProviderUnavailableError
from core.payments.ledger import PostingKind
from core.payments.payment import Payment, PaymentStatus
from core.payments.payout import Leg, Payout, PayoutStatus, Shares
from core.shared.ids import AccountId, PayoutId
from core.shared.money import Money
from ports.payments import PaymentGateway
from ports.payments.accounts import AccountRequest
from tests.payments_builders import a_payment, a_refund

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class Provider(ABC):
    """A gateway, with a buyer who pays and a seller who has an account."""

    gateway: PaymentGateway

    @abstractmethod
    async def pay(self, intent_id: str) -> None:
        """Let the buyer pay."""

    @abstractmethod
    async def account(self, *, ready: bool = True) -> str:
        """Return a new account, which may receive transfers when it is ready."""

    @abstractmethod
    def refuse(self, message: str) -> None:
        """Let the next transfer be refused."""

    @abstractmethod
    def take_back(self, transfer_id: str) -> None:
        """Let somebody take a transfer back in the provider's own pages."""

    @abstractmethod
    def go_away(self) -> None: ...


class InMemory(Provider):
    def __init__(self) -> None:
        self.gateway = self.memory = MemoryPaymentGateway()

    async def pay(self, intent_id: str) -> None:
        self.memory.pay(intent_id)

    async def account(self, *, ready: bool = True) -> str:
        account_id = f"acct_{uuid4().hex[:16]}"
        if not ready:
            self.memory.till.not_ready.add(account_id)
        return account_id

    def refuse(self, message: str) -> None:
        self.memory.till.refusal = message

    def take_back(self, transfer_id: str) -> None:
        self.memory.till.reverse(transfer_id)

    def go_away(self) -> None:
        self.memory.away = True


class OnStripe(Provider):
    def __init__(self, fake: StripeFake, gateway: StripeGateway, accounts: StripeAccountGateway) -> None:
        self.fake, self.gateway, self.accounts = fake, gateway, accounts

    async def pay(self, intent_id: str) -> None:
        self.fake.state.payments.confirm(intent_id, {"payment_method": "pm_card_visa"})

    async def account(self, *, ready: bool = True) -> str:
        owner = AccountOwner.seller(a_payment(now=NOW).tenant_id, AccountId(uuid4()))
        made = await self.accounts.create_account(AccountRequest(str(uuid4()), owner, "DE", None))
        assert not made.transfers_enabled
        if ready:
            self.fake.state.accounts.onboard(made.id)
            assert (await self.accounts.retrieve_account(made.id)).transfers_enabled
        return made.id

    def refuse(self, message: str) -> None:
        self.fake.state.transfers.refuse(message, times=1)

    def take_back(self, transfer_id: str) -> None:
        self.fake.state.transfers.reverse(transfer_id, {})

    def go_away(self) -> None:
        self.fake.state.faults.calls = 100


@pytest.fixture(params=["memory", "stripe"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    if request.param == "memory":
        yield InMemory()
        return
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        yield OnStripe(fake, StripeGateway(client), StripeAccountGateway(client))


async def paid(provider: Provider) -> tuple[Payment, Payout]:
    payment = replace(a_payment(now=NOW), escrow=True)
    intent = await provider.gateway.create_intent(payment)
    await provider.pay(intent.id)
    payment = replace(payment, intent_id=intent.id, status=PaymentStatus.SUCCEEDED, received=payment.amount)
    payout = Payout(
        id=PayoutId(uuid4()),
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        seller_account_id=AccountId(uuid4()),
        shares=Shares(seller_minor=7000, royalty_minor=300, fee_minor=200, currency="EUR"),
        venue_ids=(),
        reason="sold again",
        status=PayoutStatus.PENDING,
        attempt=1,
        check_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        released=True,
    )
    return payment, payout


async def test_a_leg_is_sent_once_an_attempt_and_names_us(provider: Provider) -> None:
    payment, payout = await paid(provider)
    to = await provider.account()
    made = await provider.gateway.transfer(payment, payout, Leg.SELLER, to=to)
    assert (made.amount, made.payout_id, made.leg) == (Money(7000, "EUR"), payout.id, Leg.SELLER)
    assert (made.tenant_id, made.payment_id, made.reversals) == (payment.tenant_id, payment.id, ())
    assert await provider.gateway.transfer(payment, payout, Leg.SELLER, to=to) == made
    royalty = await provider.gateway.transfer(payment, payout, Leg.ROYALTY, to=to)
    assert [one.id for one in await provider.gateway.transfers(payment)] == [made.id, royalty.id]
    assert await provider.gateway.retrieve_transfer(royalty.id) == royalty


async def test_the_charge_brings_no_more_than_it_brought(provider: Provider) -> None:
    payment, payout = await paid(provider)
    to = await provider.account()
    await provider.gateway.transfer(payment, payout, Leg.SELLER, to=to)
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.transfer(payment, replace(payout, id=PayoutId(uuid4())), Leg.SELLER, to=to)


async def test_an_account_that_may_receive_nothing_is_not_ready(provider: Provider) -> None:
    payment, payout = await paid(provider)
    with pytest.raises(DestinationNotReadyError):
        await provider.gateway.transfer(payment, payout, Leg.SELLER, to=await provider.account(ready=False))
    assert await provider.gateway.transfers(payment) in ([], ())


async def test_a_refusal_is_told_from_the_network(provider: Provider) -> None:
    payment, payout = await paid(provider)
    to = await provider.account()
    provider.refuse("no")
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.transfer(payment, payout, Leg.SELLER, to=to)
    provider.go_away()
    with pytest.raises(ProviderUnavailableError):
        await provider.gateway.transfer(payment, replace(payout, attempt=2), Leg.SELLER, to=to)


async def test_what_was_taken_back_moves_as_what_was_sent(provider: Provider) -> None:
    payment, payout = await paid(provider)
    to = await provider.account()
    made = await provider.gateway.transfer(payment, payout, Leg.SELLER, to=to)
    provider.take_back(made.id)
    (found,) = await provider.gateway.transfers(payment)
    (back,) = found.reversals
    start, end = EVER
    moved = await provider.gateway.movements(start=start, end=end)
    of_transfers = [
        (one.kind, one.source, one.charge, one.amount.amount_minor, one.ours)
        for one in moved
        if one.kind is not PostingKind.CAPTURE
    ]
    assert of_transfers == [
        (PostingKind.TRANSFER_SENT, made.id, None, -7000, True),
        (PostingKind.TRANSFER_REVERSED, back.id, made.id, 7000, True),
    ]


async def test_what_went_back_to_the_buyer_is_sent_out_of_the_balance(provider: Provider) -> None:
    payment, payout = await paid(provider)
    await paid(provider)
    to = await provider.account()
    await provider.gateway.refund(payment, a_refund(payment, 7500, now=NOW, refund_id=uuid4()))
    made = await provider.gateway.transfer(payment, payout, Leg.SELLER, to=to)
    assert [one.id for one in await provider.gateway.transfers(payment)] == [made.id]
    with pytest.raises(ProviderRefusedError):
        await provider.gateway.transfer(payment, replace(payout, id=PayoutId(uuid4())), Leg.SELLER, to=to)


async def test_what_somebody_took_back_is_seen(provider: Provider) -> None:
    payment, payout = await paid(provider)
    made = await provider.gateway.transfer(payment, payout, Leg.SELLER, to=await provider.account())
    provider.take_back(made.id)
    found = await provider.gateway.retrieve_transfer(made.id)
    assert [one.amount for one in found.reversals] == [made.amount]
