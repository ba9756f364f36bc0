"""The life of a payment and of its webhooks, on real parts."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import pytest
from stripe import WebhookSignature

from adapters.postgres.migrator import Database
from adapters.stripe.verifier import AGE_MAX_S, AHEAD_MAX_S
from core.webhooks.webhook import Webhook, WebhookStatus
from ports.published.payments import PaymentsApi
from ports.published.refusals import LinkUnavailableError, RefusedError
from tests.payment_service import WEBHOOK_PATH, WEBHOOK_SECRET, RunningPayments, running_payments
from usecases.payments.reconcile_pending_payments import ReconcilePendingPayments
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.receive_webhook import WEBHOOK_BYTES_MAX
from usecases.webhooks.replay_webhook import ReplayWebhook


@pytest.fixture
async def service(payment_db: Database, valkey_url: str) -> AsyncIterator[RunningPayments]:
    async with running_payments(payment_db, redis_url=valkey_url) as running:
        yield running


def an_event(event_id: str = "evt_test", *, intent_id: str = "pi_unknown") -> str:
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": "payment_intent.succeeded",
            "created": int(time.time()),
            "data": {"object": {"id": intent_id, "object": "payment_intent"}},
        }
    )


async def send(
    service: RunningPayments, body: str, *, secret: str = WEBHOOK_SECRET, age_s: int = 0, header: str | None = None
) -> httpx.Response:
    signature = header
    if signature is None:
        signature = WebhookSignature.generate_signature_header(body, secret, timestamp=int(time.time()) - age_s)
    return await service.client.post(
        WEBHOOK_PATH, content=body, headers={"stripe-signature": signature, "content-type": "application/json"}
    )


async def stored(service: RunningPayments, status: WebhookStatus | None = None) -> int:
    return len(await (await service.queue()).list(status=status, webhooks_max=100))


async def news(database: Database) -> list[str]:
    connection = await asyncpg.connect(database.relay_url)
    try:
        return [row["event_type"] for row in await connection.fetch("select event_type from outbox order by id")]
    finally:
        await connection.close()


async def test_the_webhook_and_not_the_browser_settles_a_payment(
    service: RunningPayments, payment_db: Database
) -> None:
    _, started = await service.start()
    assert (await service.confirm(started)).json()["status"] == "succeeded"
    assert await service.status(started) == "PENDING"
    assert await service.process() == 1
    assert await service.status(started) == "SUCCEEDED"
    assert await news(payment_db) == ["payments.payment.succeeded"]
    (webhook,) = await (await service.queue()).list(status=WebhookStatus.COMPLETED, webhooks_max=10)
    assert (webhook.tenant_id, webhook.account, webhook.note) == (service.tenant_id, None, None)


@pytest.mark.parametrize("asked", [True, False])
async def test_a_decline_can_be_tried_again_on_the_next_intent_or_the_same(
    service: RunningPayments, payment_db: Database, *, asked: bool
) -> None:
    order_id, started = await service.start()
    assert (await service.confirm(started, "pm_card_chargeDeclined")).status_code == 402
    await service.process()
    assert await service.status(started) == "FAILED"
    again = started
    if asked:
        _, again = await service.start(order_id=order_id)
        assert again.payment_id == started.payment_id
        assert again.client_secret != started.client_secret
        assert (await service.confirm(started)).status_code == 400
    await service.confirm(again)
    await service.process()
    assert await service.status(started) == "SUCCEEDED"
    assert await news(payment_db) == ["payments.payment.failed", "payments.payment.succeeded"]


async def test_an_event_that_comes_late_turns_nothing_back(service: RunningPayments) -> None:
    _, started = await service.start()
    await service.confirm(started, "pm_card_chargeDeclined")
    await service.confirm(started)
    await service.process()
    assert await service.status(started) == "SUCCEEDED"
    failed = next(
        event for event in service.fake.state.ledger.all("events") if event["type"] == "payment_intent.payment_failed"
    )
    late = await send(service, json.dumps(failed | {"id": "evt_late"}))
    assert late.json() == {"received": True, "duplicate": False}
    await service.process()
    assert await service.status(started) == "SUCCEEDED"


async def test_an_authentication_that_succeeds_later_pays(service: RunningPayments) -> None:
    _, started = await service.start()
    assert (await service.confirm(started, "pm_card_authenticationRequired")).json()["status"] == "requires_action"
    service.fake.state.payments.decide(started.stripe_payment_intent_id, succeed=True)
    await service.process()
    assert await service.status(started) == "SUCCEEDED"


async def test_cancelling_says_what_became_of_it(service: RunningPayments) -> None:
    api: PaymentsApi = await service.container.get(PaymentsApi)
    order_id, _ = await service.start()
    assert (await api.cancel(tenant_id=service.tenant_id, order_id=order_id)).outcome == "cancelled"
    with pytest.raises(RefusedError) as refused:
        await service.start(order_id=order_id)
    assert refused.value.refusal_code == "payments.closed"
    paid_order, paid = await service.start()
    await service.confirm(paid)
    assert (await api.cancel(tenant_id=service.tenant_id, order_id=paid_order)).outcome == "succeeded"
    slow_order, slow = await service.start()
    await service.confirm(slow, "pm_card_processing")
    assert (await api.cancel(tenant_id=service.tenant_id, order_id=slow_order)).outcome == "processing"
    assert (await api.cancel(tenant_id=service.tenant_id, order_id=uuid4())).outcome == "none"


async def test_many_starts_at_once_make_one_payment_and_one_intent(service: RunningPayments) -> None:
    order_id = uuid4()
    started = await asyncio.gather(*(service.start(order_id=order_id) for _ in range(8)))
    assert len({(one.payment_id, one.stripe_payment_intent_id) for _, one in started}) == 1
    assert len(list(service.fake.state.ledger.all("payment_intents"))) == 1


async def test_an_answer_of_stripe_that_gets_lost_makes_no_second_intent(service: RunningPayments) -> None:
    faults = service.fake.state.faults
    faults.after, faults.calls = True, 3
    order_id = uuid4()
    with pytest.raises(LinkUnavailableError):
        await service.start(order_id=order_id)
    faults.after, faults.calls = False, 0
    await service.start(order_id=order_id)
    assert len(list(service.fake.state.ledger.all("payment_intents"))) == 1


async def test_a_lost_webhook_is_found_by_the_sweep(service: RunningPayments, payment_db: Database) -> None:
    service.fake.state.sender.endpoint.url = None
    _, started = await service.start()
    await service.confirm(started)
    assert await service.process() == 0
    connection = await asyncpg.connect(payment_db.admin_url)
    await connection.execute("update payments set check_at = now()")
    await connection.close()
    sweep = await service.container.get(ReconcilePendingPayments)
    assert await sweep() == 1
    assert await service.status(started) == "SUCCEEDED"
    assert await sweep() == 0


async def test_another_amount_is_refused_where_it_can_be_seen(service: RunningPayments, payment_db: Database) -> None:
    _, started = await service.start()
    service.fake.state.payments.update(started.stripe_payment_intent_id, {"amount": "7499"})
    await service.confirm(started)
    await service.process()
    assert await service.status(started) == "MISMATCHED"
    assert await news(payment_db) == []
    health = (await service.client.get("/health/ready")).json()
    (webhook,) = await (await service.queue()).list(status=WebhookStatus.RETRYING, webhooks_max=10)
    assert webhook.error_message is not None and webhook.error_message.startswith("payments.amount_mismatch: ")
    assert "webhooks" in json.dumps(health)


async def test_a_payment_is_as_absent_for_others_as_one_that_is_not_there(service: RunningPayments) -> None:
    _, started = await service.start()
    for answer in (
        await service.read(started.payment_id, account_id=uuid4()),
        await service.read(started.payment_id, tenant_id=uuid4()),
        await service.read(uuid4()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "payments.not_found")


# ---- the inbox ----


async def test_a_duplicate_is_answered_as_one_and_has_one_effect(service: RunningPayments) -> None:
    service.fake.state.sender.endpoint.copies = 5
    _, started = await service.start()
    await service.confirm(started)
    assert await service.process() == 1
    assert await stored(service) == 1
    body = an_event()
    assert (await send(service, body)).json() == {"received": True, "duplicate": False}
    assert (await send(service, body)).json() == {"received": True, "duplicate": True}


FORGED = (
    "",
    "garbage",
    "t=1,v1=",
    "t=,v1=abc",
    "t=99999999999999999999999,v1=abc",
    "v1=abc",
    "t=1",
    "t=1,v0=abc",
    "t=1,v1=ééé",
)


async def test_a_forged_signature_is_refused_and_leaves_nothing(service: RunningPayments) -> None:
    for header in FORGED:
        answer = await service.client.post(
            WEBHOOK_PATH, content=an_event(), headers={b"stripe-signature": header.encode("latin-1")}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "webhooks.bad_signature"), header
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert await stored(service) == 0


async def test_without_a_signature_or_with_another_secret_it_is_refused(service: RunningPayments) -> None:
    unsigned = await service.client.post(WEBHOOK_PATH, content=an_event())
    assert (unsigned.status_code, unsigned.json()["code"]) == (400, "webhooks.bad_signature")
    assert (await send(service, an_event(), secret="whsec_other")).status_code == 400
    body = an_event()
    signature = WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET)
    changed = body.replace("pi_unknown", "pi_another")
    assert (await send(service, changed, header=signature)).status_code == 400
    assert await stored(service) == 0


async def test_the_time_of_a_signature_is_near_now_on_both_sides(service: RunningPayments) -> None:
    for age_s, status in (
        (AGE_MAX_S - 10, 200),
        (AGE_MAX_S + 10, 400),
        (-(AHEAD_MAX_S - 10), 200),
        (-(AHEAD_MAX_S + 10), 400),
    ):
        assert (await send(service, an_event(), age_s=age_s)).status_code == status, age_s


async def test_while_secrets_are_rotated_either_signature_fits(service: RunningPayments) -> None:
    body = an_event()
    signature = WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET)
    assert (await send(service, body, header=f"{signature},v1={'0' * 64}")).status_code == 200


async def test_a_signed_body_that_is_no_event_is_refused(service: RunningPayments) -> None:
    empty = '{"id": "", "type": "", "created": 1}'
    for body in ("", "[]", "{}", "null", '{"id": 1}', "x" * 100, "[" * 20_000, empty):
        answer = await send(service, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "webhooks.malformed"), body[:40]


async def test_a_body_over_the_limit_is_refused(service: RunningPayments) -> None:
    answer = await send(service, "x" * (WEBHOOK_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


async def test_bytes_that_are_no_text_are_refused(service: RunningPayments) -> None:
    answer = await service.client.post(WEBHOOK_PATH, content=b"\xff\xfe", headers={"stripe-signature": "t=1,v1=a"})
    assert answer.status_code == 400


async def test_without_a_secret_there_is_no_such_endpoint(payment_db: Database, valkey_url: str) -> None:
    async with running_payments(payment_db, redis_url=valkey_url, webhook_secret="") as service:
        answer = await send(service, an_event(), secret=" ")
        assert (answer.status_code, answer.json()["code"]) == (404, "webhooks.disabled")
        assert await stored(service) == 0


async def test_two_workers_at_once_process_each_event_once(service: RunningPayments, payment_db: Database) -> None:
    for _ in range(6):
        _, started = await service.start()
        await service.confirm(started)
    await service.fake.state.sender.idle()
    process = await service.container.get(ProcessWebhooks)
    done = await asyncio.gather(*(process() for _ in range(4)))
    assert sum(done) == 6
    assert await news(payment_db) == ["payments.payment.succeeded"] * 6


async def test_a_crashed_workers_event_is_taken_over(service: RunningPayments, payment_db: Database) -> None:
    _, started = await service.start()
    await service.confirm(started)
    await service.fake.state.sender.idle()
    queue = await service.queue()
    past = datetime.now(UTC) - timedelta(seconds=1)
    connection = await asyncpg.connect(payment_db.admin_url)
    await connection.execute("update payment_webhooks set due_at = due_at - interval '10 seconds'")
    await connection.close()
    assert len(await queue.take(now=past, webhooks_max=10, lease_s=0.5)) == 1
    assert await service.process() == 1
    assert await service.status(started) == "SUCCEEDED"
    (webhook,) = await queue.list(status=WebhookStatus.COMPLETED, webhooks_max=10)
    assert webhook.retry_count == 1


async def test_with_redis_gone_events_are_processed_all_the_same(payment_db: Database) -> None:
    async with running_payments(payment_db, redis_url="redis://127.0.0.1:9/0") as service:
        _, started = await service.start()
        await service.confirm(started)
        assert await service.process() == 1
        assert await service.status(started) == "SUCCEEDED"


async def test_an_event_that_fails_is_kept_and_can_be_replayed(service: RunningPayments) -> None:
    _, started = await service.start()
    await service.confirm(started)
    await service.fake.state.sender.idle()
    service.fake.state.faults.calls = 3
    assert await service.process() == 1
    queue = await service.queue()
    (webhook,) = await queue.list(status=WebhookStatus.RETRYING, webhooks_max=10)
    assert webhook.error_message is not None and webhook.error_message.startswith("ProviderUnavailableError: ")
    assert await service.process() == 0
    later = datetime.now(UTC) + timedelta(seconds=6)
    (taken,) = await queue.take(now=later, webhooks_max=1, lease_s=60)
    assert await queue.settle(taken, _given_up(taken))
    await (await service.container.get(ReplayWebhook))(webhook.id)
    assert await service.process() == 1
    assert await service.status(started) == "SUCCEEDED"


async def test_events_about_what_is_not_ours_are_completed_and_change_nothing(service: RunningPayments) -> None:
    stranger = service.fake.state.payments.create({"amount": "900", "currency": "eur"})
    for body in (an_event("evt_1", intent_id=stranger["id"]), an_event("evt_2").replace("payment_intent", "customer")):
        assert (await send(service, body)).status_code == 200
    assert await service.process() == 2
    done = await (await service.queue()).list(status=WebhookStatus.COMPLETED, webhooks_max=10)
    assert [(webhook.note, webhook.tenant_id) for webhook in done] == [
        ("Nobody handles events of this type.", None),
        ("It is about a PaymentIntent that is not one of ours.", None),
    ]


def _given_up(webhook: Webhook) -> Webhook:
    return replace(webhook, status=WebhookStatus.FAILED, due_at=None)
