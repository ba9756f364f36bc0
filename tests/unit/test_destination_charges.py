"""Where the money of an order goes, and what the platform keeps of it."""

from uuid import uuid4

import pytest

from adapters.memory.payments import MemoryPaymentGateway
from core.payments.destination import Destination
from core.payments.errors import (
    AlreadyPaidError,
    ChargesNotEnabledError,
    ProviderRefusedError,
    SeveralAccountsError,
)
from core.payments.intent import Intent
from core.payments.payment import Payment, PaymentStatus
from core.payments.platform_fee import FIXED_MAX_MINOR, WHOLE_BASIS_POINTS, ConnectTerms, PlatformFee
from core.shared.errors import InvalidInputError
from core.shared.ids import VenueId
from core.shared.money import Money
from tests.accounts_world import AccountsWorld
from tests.payments_world import PaymentsWorld, PaymentUseCases
from usecases.payments.agree_platform_fee import AgreePlatformFee
from usecases.payments.cancel_payment import CancelResult


@pytest.mark.parametrize(
    ("fee", "amount", "kept"),
    [
        (PlatformFee(), Money(7500, "EUR"), 0),
        (PlatformFee(basis_points=250), Money(7500, "EUR"), 187),
        (PlatformFee(basis_points=250, fixed_minor=30), Money(7500, "EUR"), 217),
        (PlatformFee(fixed_minor=30), Money(20, "EUR"), 20),
        (PlatformFee(basis_points=WHOLE_BASIS_POINTS), Money(7500, "EUR"), 7500),
        (PlatformFee(basis_points=250), Money(999, "JPY"), 24),
        (PlatformFee(basis_points=250), Money(7990, "KWD"), 190),
        (PlatformFee(basis_points=250), Money(79900, "MGA"), 1900),
    ],
)
def test_a_fee_is_rounded_down_to_what_can_be_charged(fee: PlatformFee, amount: Money, kept: int) -> None:
    assert fee.of(amount) == kept


@pytest.mark.parametrize("given", [(-1, 0), (WHOLE_BASIS_POINTS + 1, 0), (0, -1), (0, FIXED_MAX_MINOR + 1)], ids=str)
def test_a_fee_that_cannot_be_is_refused(given: tuple[int, int]) -> None:
    with pytest.raises(InvalidInputError):
        PlatformFee(basis_points=given[0], fixed_minor=given[1])


async def test_the_money_goes_to_the_venue_but_for_the_fee() -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    started = await world.start(world.venue_id)
    assert started.payment.destination == Destination(account_id, 217)
    stored = await world.payment(started.payment.id)
    assert stored.destination == started.payment.destination


async def test_where_no_account_is_needed_all_the_money_stays() -> None:
    world = PaymentsWorld(ConnectTerms(required=False, fee=PlatformFee(fixed_minor=30)))
    assert (await world.start(VenueId(uuid4()))).payment.destination is None


async def test_an_organisation_may_have_a_fee_of_its_own() -> None:
    world = AccountsWorld()
    await world.charging()
    agree = AgreePlatformFee(world.payments, ConnectTerms(required=True, fee=PlatformFee(fixed_minor=30)), world.clock)
    assert await agree.current(world.tenant_id) == PlatformFee(fixed_minor=30)
    own = PlatformFee(basis_points=100)
    assert await agree(world.tenant_id, own) == own
    assert await agree.current(world.tenant_id) == own
    destination = (await world.start(world.venue_id)).payment.destination
    assert destination is not None and destination.application_fee_minor == 75
    assert await agree(world.tenant_id, None) == PlatformFee(fixed_minor=30)


async def test_nothing_is_paid_without_an_account_that_may_charge() -> None:
    world = AccountsWorld()
    with pytest.raises(ChargesNotEnabledError):
        await world.start()
    with pytest.raises(ChargesNotEnabledError):
        await world.start(world.venue_id)
    await world.connect()
    with pytest.raises(ChargesNotEnabledError):
        await world.start(world.venue_id)
    account_id = await world.charging()
    await world.start(world.venue_id)
    world.provider.disable(account_id, "company.tax_id")
    await world.record(account_id, told_at=None)
    with pytest.raises(ChargesNotEnabledError):
        await world.start(world.venue_id)


async def test_venues_with_different_accounts_cannot_be_paid_at_once() -> None:
    world = AccountsWorld()
    other = VenueId(uuid4())
    await world.charging()
    with pytest.raises(ChargesNotEnabledError):
        await world.start(world.venue_id, other)
    await world.charging(other)
    with pytest.raises(SeveralAccountsError):
        await world.start(world.venue_id, other)
    await world.start(world.venue_id, world.venue_id)


async def test_what_was_paid_is_paid_whatever_became_of_the_account() -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    started = await world.start(world.venue_id)
    world.gateway.pay(started.intent.id)
    await world.use.record(started.intent.id)
    world.provider.revoke(account_id)
    await world.record(account_id, told_at=None)
    with pytest.raises(AlreadyPaidError):
        await world.start(world.venue_id)


async def test_a_payment_that_would_go_to_a_lost_account_is_begun_anew() -> None:
    world = AccountsWorld()
    lost = await world.charging()
    before = await world.start(world.venue_id)
    world.provider.revoke(lost)
    await world.record(lost, told_at=None)
    present = await world.charging()
    after = await world.start(world.venue_id)
    assert after.intent.id != before.intent.id and after.payment.attempt == 2
    assert after.payment.destination == Destination(present, 217)
    assert (await world.gateway.retrieve_intent(before.intent.id)).status.value == "cancelled"
    assert after.payment.status is PaymentStatus.PENDING


async def test_a_payment_that_the_provider_refused_to_make_does_not_keep_its_order_from_ending() -> None:
    """Stripe may know of lost charges before we do: then there is a payment, and no intent, by any number of tries."""

    class Refusing(MemoryPaymentGateway):
        async def create_intent(self, payment: Payment) -> Intent:
            raise ProviderRefusedError("The account cannot take charges.")

    world = AccountsWorld()
    await world.charging()
    use = PaymentUseCases(
        transactions=world.payments,
        unsettled=world.payments,
        unsettled_refunds=world.payments,
        unsettled_disputes=world.payments,
        unsettled_payouts=world.payments,
        books=world.payments,
        gateway=Refusing(),
        clock=world.clock,
        ids=world.ids,
        terms=ConnectTerms(required=False),
    )
    world.use = use
    for _ in range(2):
        with pytest.raises(ProviderRefusedError):
            await world.start(world.venue_id)
    for _ in range(2):
        assert await use.cancel(tenant_id=world.tenant_id, order_id=world.order_id) is CancelResult.CANCELLED
