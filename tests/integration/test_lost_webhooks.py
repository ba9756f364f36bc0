"""Every webhook is lost, and what happened at Stripe is known all the same: over its own list of events."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import stripe

from adapters.memory.clock import MemoryClock
from adapters.postgres.migrator import Database
from adapters.system.clock import SystemClock
from core.shared.errors import UnavailableError
from core.webhooks.webhook import WebhookStatus
from ports.published.payments import PaymentsApi, PaymentStarted
from tests.payment_service import RunningPayments, running_payments
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.read_missed_events import GRACE_S, LEASE_S, ReadMissedEvents

LATER = timedelta(seconds=GRACE_S + 5)


@pytest.fixture
async def service(payment_db: Database, valkey_url: str) -> AsyncIterator[RunningPayments]:
    """No webhook of it ever arrives: Stripe has no endpoint."""
    async with running_payments(payment_db, redis_url=valkey_url) as running:
        running.fake.state.sender.endpoint.url = None
        yield running


async def heal(service: RunningPayments, *, later: timedelta = LATER) -> int:
    """Read the list as a worker does a little later, process what was found, and return how much that was."""
    clock = MemoryClock(SystemClock().now() + later)
    read = replace(await service.container.get(ReadMissedEvents), clock=clock, interval_s=0.0)
    assert await read() > 0
    process = await service.container.get(ProcessWebhooks)
    process, found = replace(process, clock=clock), 0
    while tried := await process():
        found += tried
    waiting = await (await service.queue()).list(status=None, webhooks_max=1000)
    assert {webhook.status for webhook in waiting} <= {WebhookStatus.COMPLETED}
    return found


async def paid(service: RunningPayments, method: str = "pm_card_visa") -> tuple[UUID, PaymentStarted]:
    order_id, started = await service.start()
    await service.confirm(started, method)
    assert await service.status(started) == "PENDING"
    assert await heal(service) > 0
    return order_id, started


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def told(database: Database) -> list[object]:
    return [kind for (kind,) in await rows(database, "select event_type from outbox order by id")]


async def test_a_payment(service: RunningPayments, payment_db: Database) -> None:
    _, started = await paid(service)
    assert await service.status(started) == "SUCCEEDED"
    assert await heal(service) == 0
    assert (await told(payment_db)).count("payments.payment.succeeded") == 1


async def test_a_refund_in_stripes_own_pages(service: RunningPayments, payment_db: Database) -> None:
    _, started = await paid(service)
    client: stripe.StripeClient = await service.container.get(stripe.StripeClient)
    await client.v1.refunds.create_async({"payment_intent": started.stripe_payment_intent_id})
    assert await service.status(started) == "SUCCEEDED"
    await heal(service)
    assert await service.status(started) == "REFUNDED"
    assert (await told(payment_db)).count("payments.payment.refunded") == 1


async def test_a_refund_that_comes_back_after_it_had_succeeded(service: RunningPayments, payment_db: Database) -> None:
    order_id, started = await paid(service, "pm_card_refundFail")
    api: PaymentsApi = await service.container.get(PaymentsApi)
    answer = await api.refund(
        tenant_id=service.tenant_id, order_id=order_id, refund_id=uuid4(), amount_minor=None, reason="the rain"
    )
    assert answer.status == "succeeded"
    await heal(service)
    service.fake.state.refunds.later()
    assert await service.status(started) == "REFUNDED"
    await heal(service)
    assert await service.status(started) == "SUCCEEDED"
    assert await rows(payment_db, "select status, check_at is not null from refunds") == [("failed", True)]


@pytest.mark.parametrize("won", [True, False])
async def test_a_dispute_from_its_beginning_to_its_end(
    service: RunningPayments, payment_db: Database, *, won: bool
) -> None:
    await paid(service)
    (charge,) = service.fake.state.ledger.all("charges")
    dispute = service.fake.state.disputes.open(charge["id"])
    assert await rows(payment_db, "select state from disputes") == []
    await heal(service)
    assert await rows(payment_db, "select state from disputes") == [("open",)]
    service.fake.state.disputes.decide(dispute["id"], won=won)
    await heal(service)
    assert await rows(payment_db, "select state from disputes") == [("won" if won else "lost",)]
    disputes = [kind for kind in await told(payment_db) if "dispute" in str(kind)]
    assert disputes == ["payments.dispute.opened", "payments.dispute.closed"]


async def test_webhooks_that_come_after_all_have_no_second_effect(
    service: RunningPayments, payment_db: Database
) -> None:
    _, started = await paid(service)
    before = await told(payment_db)
    service.fake.state.sender.endpoint.url = f"{service.client.base_url}api/v1/webhooks/stripe"
    for event in service.fake.state.ledger.all("events"):
        service.fake.state.sender.send(event, copies=2)
    await service.process()
    assert (await service.status(started), await told(payment_db)) == ("SUCCEEDED", before)
    assert await heal(service) == 0


async def test_while_stripe_is_away_nothing_is_lost(service: RunningPayments) -> None:
    _, started = await service.start()
    await service.confirm(started)
    service.fake.state.faults.calls = 100
    with pytest.raises(UnavailableError):
        await heal(service)
    service.fake.state.faults.calls = 0
    await heal(service, later=LATER + timedelta(seconds=LEASE_S))  # that of the reader that failed is over
    assert await service.status(started) == "SUCCEEDED"


async def test_health_tells_how_long_ago_the_list_was_read(service: RunningPayments, payment_db: Database) -> None:
    async def health() -> tuple[str, float]:
        answer = (await service.client.get("/health/ready")).json()
        return answer["status"], answer["dependencies"]["event_reading"]["facts"]["age_s"]

    assert await health() == ("ok", -1.0)
    await (await service.container.get(ReadMissedEvents))()
    status, age_s = await health()
    assert status == "ok" and 0 <= age_s < 600
    await rows(payment_db, "update event_readings set read_at = read_at - interval '2 hours'")
    status, age_s = await health()
    assert status == "degraded" and age_s >= 7200
