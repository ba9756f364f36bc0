"""Refunds of the payment service as it runs: payment_db, webhooks, and the stand-in for Stripe."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import stripe
from stripe.params import RefundCreateParams

from adapters.postgres.migrator import Database
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.payments import PaymentsApi, PaymentStarted, RefundAnswer, whole_refund_id
from ports.published.refusals import RefusedError
from tests.payment_service import RunningPayments, running_payments
from tests.service_client import headers_of
from usecases.payments.settle_refunds import SettleRefunds


@pytest.fixture
async def service(payment_db: Database, valkey_url: str) -> AsyncIterator[RunningPayments]:
    async with running_payments(payment_db, redis_url=valkey_url) as running:
        yield running


async def paid(service: RunningPayments) -> tuple[UUID, PaymentStarted]:
    order_id, started = await service.start()
    await service.confirm(started)
    await service.process()
    return order_id, started


async def refund(
    service: RunningPayments, order_id: UUID, amount_minor: int | None = None, *, refund_id: UUID | None = None
) -> RefundAnswer:
    api: PaymentsApi = await service.container.get(PaymentsApi)
    return await api.refund(
        tenant_id=service.tenant_id,
        order_id=order_id,
        refund_id=refund_id or uuid4(),
        amount_minor=amount_minor,
        reason="the seats are gone",
    )


async def refund_elsewhere(
    service: RunningPayments, started: PaymentStarted, amount_minor: int | None = None
) -> stripe.Refund:
    """Refund in Stripe's own pages: all of it, or so much."""
    client: stripe.StripeClient = await service.container.get(stripe.StripeClient)
    params: RefundCreateParams = {"payment_intent": started.stripe_payment_intent_id}
    if amount_minor is not None:
        params["amount"] = amount_minor
    return await client.v1.refunds.create_async(params)


def staff(service: RunningPayments, role: Role | None = Role.BOX_OFFICE) -> dict[str, str]:
    return headers_of(Caller(AccountId(uuid4()), TenantId(service.tenant_id), role=role))


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def news(database: Database) -> list[object]:
    return [name for (name,) in await rows(database, "select event_type from outbox order by id")]


async def test_a_whole_refund_goes_back_once(service: RunningPayments, payment_db: Database) -> None:
    order_id, started = await paid(service)
    for _ in range(2):
        answer = await refund(service, order_id, refund_id=whole_refund_id(order_id))
        assert (answer.status, answer.amount_minor, answer.currency) == ("succeeded", 7500, "EUR")
    await service.process()
    assert await service.status(started) == "REFUNDED"
    assert await news(payment_db) == [
        "payments.payment.succeeded",
        "payments.refund.settled",
        "payments.payment.refunded",
    ]
    charge = next(iter(service.fake.state.ledger.all("charges")))
    assert (charge["amount_refunded"], charge["refunded"]) == (7500, True)


async def test_of_many_refunds_at_once_only_as_much_as_was_received_goes_back(
    service: RunningPayments, payment_db: Database
) -> None:
    order_id, started = await paid(service)

    async def one(number: int) -> int:
        try:
            # Each is asked for twice, as by two processes.
            return (await refund(service, order_id, 1000, refund_id=UUID(int=number % 12))).amount_minor
        except RefusedError as refused:
            return 0 if refused.refusal_code == "payments.refund_too_large" else -1

    answers = await asyncio.gather(*(one(number) for number in range(24)))
    assert sum(answers) == 14_000
    await service.process()
    assert (await service.read(started.payment_id)).json()["refunded"] == {"amount": 7000, "currency": "EUR"}
    charge = next(iter(service.fake.state.ledger.all("charges")))
    assert charge["amount_refunded"] == 7000
    assert await rows(payment_db, "select count(*), sum(amount_minor)::int from refunds") == [(7, 7000)]
    balances = "select account, sum(amount_minor)::int from ledger_entries group by account"
    had = {str(account): amount for account, amount in await rows(payment_db, balances)}
    assert (had["buyer"], had["refund"]) == (-7500, 7000)
    assert sum(had.values()) == 0


async def test_what_may_not_go_back_is_refused(service: RunningPayments) -> None:
    order_id, _ = await paid(service)
    refund_id = uuid4()
    await refund(service, order_id, 2500, refund_id=refund_id)
    unpaid, _ = await service.start()
    for order, amount_minor, name, code in (
        (uuid4(), 100, uuid4(), "payments.not_found"),
        (unpaid, None, uuid4(), "payments.not_refundable"),
        (order_id, 5001, uuid4(), "payments.refund_too_large"),
        (order_id, 2499, refund_id, "payments.refund_conflict"),
    ):
        with pytest.raises(RefusedError) as refused:
            await refund(service, order, amount_minor, refund_id=name)
        assert refused.value.refusal_code == code


async def test_a_refund_made_in_stripes_pages_is_booked(service: RunningPayments, payment_db: Database) -> None:
    _, started = await paid(service)
    service.fake.state.sender.endpoint.copies = 3
    await refund_elsewhere(service, started, 2500)
    await service.process()
    answer = await service.client.get("/api/v1/payments/refunds", headers=staff(service))
    (item,) = answer.json()["items"]
    assert (item["amount"]["amount"], item["status"], item["reason"]) == (2500, "succeeded", "refunded at the provider")
    assert item["paymentId"] == str(started.payment_id) and item["failure"] is None
    assert (await news(payment_db)).count("payments.refund.settled") == 1


async def test_a_failed_refund_is_work_for_staff_and_is_tried_again(
    service: RunningPayments, payment_db: Database
) -> None:
    order_id, started = await paid(service)
    # Somebody refunded in Stripe's pages, and the news of it has not come: Stripe refuses ours.
    service.fake.state.sender.endpoint.url = None
    elsewhere = await refund_elsewhere(service, started)
    assert (await refund(service, order_id, 2500)).status == "failed"
    listed = await service.client.get("/api/v1/payments/refunds?status=failed", headers=staff(service))
    (failed,) = listed.json()["items"]
    assert (failed["attempt"], failed["status"]) == (1, "failed")
    assert "refunded" in failed["failure"] and failed["checkAt"] is not None
    health = (await service.client.get("/health/ready")).json()["dependencies"]["refunds"]
    assert health["facts"] == {"pending": 0, "failed": 1}

    ledger = service.fake.state.ledger
    charge = next(iter(ledger.all("charges")))
    ledger.put("charges", charge | {"amount_refunded": 0, "refunded": False})
    ledger.put("refunds", ledger.get("refunds", elsewhere.id) | {"status": "failed", "failure_reason": "declined"})
    again = await service.client.post(f"/api/v1/payments/refunds/{failed['id']}/retry", headers=staff(service))
    assert (again.status_code, again.json()["status"], again.json()["attempt"]) == (200, "succeeded", 2)
    twice = await service.client.post(f"/api/v1/payments/refunds/{failed['id']}/retry", headers=staff(service))
    assert (twice.status_code, twice.json()["code"]) == (409, "payments.refund_not_failed")
    assert (await service.read(started.payment_id)).json()["refunded"]["amount"] == 2500


async def test_refunds_are_for_staff_who_sell_in_their_own_organisation(service: RunningPayments) -> None:
    order_id, _ = await paid(service)
    answer = await refund(service, order_id, 2500)
    for role in (None, Role.SCANNER):
        assert (await service.client.get("/api/v1/payments/refunds", headers=staff(service, role))).status_code == 403
        retried = await service.client.post(
            f"/api/v1/payments/refunds/{answer.refund_id}/retry", headers=staff(service, role)
        )
        assert retried.status_code == 403
    abroad = headers_of(Caller(AccountId(uuid4()), TenantId(uuid4()), role=Role.OWNER))
    assert (await service.client.get("/api/v1/payments/refunds", headers=abroad)).json()["items"] == []
    retried = await service.client.post(f"/api/v1/payments/refunds/{answer.refund_id}/retry", headers=abroad)
    assert (retried.status_code, retried.json()["code"]) == (404, "payments.refund_not_found")
    wrong = await service.client.get("/api/v1/payments/refunds?status=lost", headers=staff(service))
    assert wrong.status_code == 400


async def test_an_answer_of_stripe_that_gets_lost_makes_no_second_refund(
    service: RunningPayments, payment_db: Database
) -> None:
    order_id, started = await paid(service)
    service.fake.state.sender.endpoint.url = None
    faults = service.fake.state.faults
    faults.after, faults.calls = True, 3
    assert (await refund(service, order_id, 2500)).status == "pending"
    faults.after, faults.calls = False, 0
    await rows(payment_db, "update refunds set check_at = now() returning id")
    sweep = await service.container.get(SettleRefunds)
    assert await sweep() == 1
    assert await sweep() == 0
    assert len(list(service.fake.state.ledger.all("refunds"))) == 1
    assert (await service.read(started.payment_id)).json()["refunded"]["amount"] == 2500
    assert await rows(payment_db, "select status, check_at from refunds") == [("succeeded", None)]
