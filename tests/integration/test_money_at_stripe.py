"""Refunds, fees and the balance of the stand-in for Stripe, as the payment service books and compares them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import stripe
from rich.console import Console

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.postgres.migrator import Database
from adapters.stripe.client import open_stripe
from adapters.stripe.gateway import StripeGateway
from bootstrap.reconciliation import reconcile_day
from core.payments.destination import Destination
from core.payments.movements import DifferenceKind
from core.payments.payment import PaymentStatus
from core.payments.refund import RefundStatus
from ports.published.payments import PaymentsApi, PaymentStarted, RefundAnswer
from ports.published.refusals import RefusedError
from tests.payment_service import WEBHOOK_SECRET, RunningPayments, running_payments, settings_for
from tests.payments_builders import a_payment, a_refund
from usecases.payments.reconcile_day import ReconcileDay

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
async def service(payment_db: Database, valkey_url: str) -> AsyncIterator[RunningPayments]:
    async with running_payments(payment_db, redis_url=valkey_url) as running:
        yield running


async def paid(service: RunningPayments, method: str = "pm_card_visa") -> tuple[UUID, PaymentStarted]:
    order_id, started = await service.start()
    await service.confirm(started, method)
    await service.process()
    return order_id, started


async def refund(service: RunningPayments, order_id: UUID, amount_minor: int | None = None) -> RefundAnswer:
    api: PaymentsApi = await service.container.get(PaymentsApi)
    return await api.refund(
        tenant_id=service.tenant_id,
        order_id=order_id,
        refund_id=uuid4(),
        amount_minor=amount_minor,
        reason="the seats are gone",
    )


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def balances(database: Database) -> dict[str, int]:
    found = await rows(database, "select account, sum(amount_minor)::int from ledger_entries group by account")
    return {str(account): amount for account, amount in found if amount}


async def today(service: RunningPayments) -> tuple[int, int, list[DifferenceKind]]:
    """Compare the day of the newest movement; a test may run over midnight, and then it sees the part after it."""
    newest = max(one["created"] for one in service.fake.state.ledger.all("balance_transactions"))
    day: date = datetime.fromtimestamp(newest, UTC).date()
    found = await (await service.container.get(ReconcileDay))(day)
    return found.movements, found.fees_booked, [one.kind for one in found.differences]


async def test_a_pending_refund_arrives_when_stripe_says_so(service: RunningPayments, payment_db: Database) -> None:
    order_id, started = await paid(service, "pm_card_pendingRefund")
    answer = await refund(service, order_id)
    assert answer.status == "pending"
    await service.process()
    assert await service.status(started) == "SUCCEEDED"
    service.fake.state.refunds.later()
    await service.process()
    assert await service.status(started) == "REFUNDED"
    assert await balances(payment_db) == {"buyer": -7500, "organisation": -138, "stripe_fee": 138, "refund": 7500}
    assert await today(service) == (2, 0, [])


async def test_a_refund_that_comes_back_is_booked_back_and_is_work(
    service: RunningPayments, payment_db: Database
) -> None:
    order_id, started = await paid(service, "pm_card_refundFail")
    assert (await refund(service, order_id)).status == "succeeded"
    await service.process()
    assert await service.status(started) == "REFUNDED"
    service.fake.state.refunds.later()
    await service.process()
    assert await service.status(started) == "SUCCEEDED"
    assert await rows(payment_db, "select status, failure, check_at is not null from refunds") == [
        ("failed", "expired_or_canceled_card", True)
    ]
    assert await balances(payment_db) == {"buyer": -7500, "organisation": 7362, "stripe_fee": 138}
    assert await today(service) == (3, 0, [])


async def test_the_ledger_and_stripes_balance_agree_after_refunds_from_both_sides(
    service: RunningPayments, payment_db: Database
) -> None:
    client: stripe.StripeClient = await service.container.get(stripe.StripeClient)
    order_id, started = await paid(service)
    await refund(service, order_id, 2500)
    await client.v1.refunds.create_async({"payment_intent": started.stripe_payment_intent_id, "amount": 1000})
    assert (await today(service))[2] == [DifferenceKind.NOT_BOOKED]
    await service.process()
    assert await today(service) == (3, 0, [])
    stranger = await client.v1.payment_intents.create_async(
        {
            "amount": 900,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    await client.v1.refunds.create_async({"payment_intent": stranger.id})
    await service.process()
    assert await today(service) == (5, 0, [])


@pytest.mark.parametrize("won", [True, False])
async def test_a_disputed_payment_is_booked_as_stripe_moves_its_money(
    service: RunningPayments, payment_db: Database, *, won: bool
) -> None:
    order_id, started = await paid(service, "pm_card_createDispute")
    taken = {"buyer": -7500, "organisation": -1638, "stripe_fee": 138, "dispute": 7500, "dispute_fee": 1500}
    assert await balances(payment_db) == taken
    with pytest.raises(RefusedError) as refused:
        await refund(service, order_id, 2500)
    assert refused.value.refusal_code == "payments.disputed"
    (dispute,) = service.fake.state.ledger.all("disputes")
    service.fake.state.disputes.decide(dispute["id"], won=won)
    await service.process()
    won_back = {"buyer": -7500, "organisation": 7362, "stripe_fee": 138}
    assert await balances(payment_db) == (won_back if won else taken)
    assert await rows(payment_db, "select state, status, check_at is null from disputes") == [
        ("won", "won", True) if won else ("lost", "lost", True)
    ]
    assert await today(service) == (3 if won else 2, 0, [])
    told = await rows(payment_db, "select event_type from outbox where event_type like '%dispute%' order by id")
    assert told == [("payments.dispute.opened",), ("payments.dispute.closed",)]
    assert await service.status(started) == "SUCCEEDED"


async def test_a_fee_that_was_not_known_at_the_capture_is_booked_by_the_comparison(
    service: RunningPayments, payment_db: Database
) -> None:
    _, started = await service.start()
    await service.confirm(started)
    ledger = service.fake.state.ledger
    charge = next(iter(ledger.all("charges")))
    ledger.put("charges", charge | {"balance_transaction": None})
    await service.process()
    assert await balances(payment_db) == {"buyer": -7500, "organisation": 7500}
    assert await today(service) == (1, 1, [])
    assert await balances(payment_db) == {"buyer": -7500, "organisation": 7362, "stripe_fee": 138}
    assert await today(service) == (1, 0, [])


async def test_the_command_line_prints_what_differs_and_says_so_by_its_status(
    service: RunningPayments, payment_db: Database
) -> None:
    _, started = await service.start()
    await service.confirm(started)
    newest = max(one["created"] for one in service.fake.state.ledger.all("balance_transactions"))
    day = datetime.fromtimestamp(newest, UTC).date()
    settings = settings_for(
        payment_db, stripe_url=service.fake.url, redis_url="redis://127.0.0.1:9/0", webhook_secret=WEBHOOK_SECRET
    )
    console = Console(record=True, width=120)
    assert await reconcile_day(settings, day, console) == 1
    assert "not booked" in console.export_text()
    await service.process()
    assert await reconcile_day(settings, day, console) == 0
    assert console.export_text() == f"{day}: 1 movements, 0 fees booked, 0 differences\n"


async def test_money_that_went_to_an_account_comes_back_from_there_with_its_share_of_the_fee() -> None:
    async with StripeFake() as fake, open_stripe(fake.settings.secret_key, api_url=fake.url) as client:
        gateway = StripeGateway(client)
        account = await client.v1.accounts.create_async(
            {
                "country": "DE",
                "controller": {"stripe_dashboard": {"type": "express"}},
                "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            }
        )
        fake.state.accounts.onboard(account.id)
        intent = await client.v1.payment_intents.create_async(
            {
                "amount": 7500,
                "currency": "eur",
                "application_fee_amount": 700,
                "transfer_data": {"destination": account.id},
                "payment_method": "pm_card_visa",
                "confirm": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )
        payment = replace(
            a_payment(now=NOW),
            intent_id=intent.id,
            status=PaymentStatus.SUCCEEDED,
            destination=Destination(account.id, 700),
        )
        payment = replace(payment, received=payment.amount)
        made = await gateway.refund(payment, a_refund(payment, 3750, now=NOW))
        assert (made.status, made.moved) == (RefundStatus.SUCCEEDED, True)
        seen = await gateway.refunds(payment)
        assert (seen.refunds, seen.fee_returned_minor) == ((made,), 350)
        (transfer,) = fake.state.ledger.all("transfers")
        assert transfer["amount_reversed"] == 3750
