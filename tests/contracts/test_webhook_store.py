"""What the stores of webhooks promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from adapters.memory.webhooks import MemoryWebhooks
from adapters.postgres.pool import open_pool
from adapters.postgres.webhooks import PostgresWebhookInbox, PostgresWebhookQueue
from adapters.system.ids import Uuid7Source
from core.webhooks.errors import WebhookBusyError, WebhookNotFoundError
from core.webhooks.webhook import BACKOFF_FIRST_S, TRIES_MAX, Webhook, WebhookStatus, complete, fail
from ports.webhooks import WebhookInbox, WebhookQueue
from tests.database_roles import refused
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
IDS = Uuid7Source()
LEASE_S = 60


@dataclass
class Stores:
    inbox: WebhookInbox
    queue: WebhookQueue

    async def take(self, *, now: datetime = NOW, webhooks_max: int = 10) -> list[Webhook]:
        return list(await self.queue.take(now=now, webhooks_max=webhooks_max, lease_s=LEASE_S))


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryWebhooks()
        yield Stores(memory, memory)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with (
        await open_pool(database.app_url, connections_max=5) as app,
        await open_pool(database.relay_url, connections_max=5) as relay,
    ):
        yield Stores(PostgresWebhookInbox(app), PostgresWebhookQueue(relay))


def a_webhook(event_id: str = "evt_1", *, source: str = "stripe") -> Webhook:
    return Webhook(
        id=IDS.new(),
        source=source,
        event_id=event_id,
        event_type="payment_intent.succeeded",
        body='{"id": "evt_1", "note": "\\u0000 ü"}',
        occurred_at=NOW - timedelta(seconds=2),
        received_at=NOW,
        status=WebhookStatus.RECEIVED,
        retry_count=0,
        due_at=NOW,
        error_message=None,
        processed_at=None,
    )


async def test_an_event_is_stored_once_a_source(stores: Stores) -> None:
    assert await stores.inbox.put(a_webhook())
    assert not await stores.inbox.put(a_webhook())
    assert await stores.inbox.put(a_webhook(source="stripe-connect"))
    assert len(await stores.queue.list(status=None, webhooks_max=10)) == 2


async def test_of_many_at_once_one_is_stored(stores: Stores) -> None:
    stored = await asyncio.gather(*(stores.inbox.put(a_webhook()) for _ in range(10)))
    assert sum(stored) == 1


async def test_a_webhook_comes_back_as_it_was_put_leased(stores: Stores) -> None:
    webhook = a_webhook()
    await stores.inbox.put(webhook)
    (taken,) = await stores.take()
    due_at = NOW + timedelta(seconds=LEASE_S)
    assert taken == replace(webhook, status=WebhookStatus.PROCESSING, due_at=due_at)


async def test_two_workers_never_take_the_same(stores: Stores) -> None:
    for number in range(20):
        await stores.inbox.put(a_webhook(f"evt_{number}"))
    batches = await asyncio.gather(*(stores.take(webhooks_max=4) for _ in range(5)))
    left = await stores.take(webhooks_max=100)
    taken = [webhook.event_id for batch in (*batches, left) for webhook in batch]
    assert sorted(taken) == sorted(f"evt_{number}" for number in range(20))


async def test_the_oldest_are_taken_first_and_only_as_many_as_asked(stores: Stores) -> None:
    for number in range(3):
        await stores.inbox.put(a_webhook(f"evt_{number}"))
    assert [webhook.event_id for webhook in await stores.take(webhooks_max=2)] == ["evt_0", "evt_1"]


async def test_what_is_completed_is_not_taken_again(stores: Stores) -> None:
    await stores.inbox.put(a_webhook())
    (taken,) = await stores.take()
    assert await stores.queue.settle(taken, complete(taken, now=NOW))
    assert await stores.take(now=NOW + timedelta(days=1)) == []
    assert (await stores.queue.backlog(now=NOW)).unhandled == 0


async def test_a_failed_try_waits_for_its_time(stores: Stores) -> None:
    await stores.inbox.put(a_webhook())
    (taken,) = await stores.take()
    await stores.queue.settle(taken, fail(taken, error="no", now=NOW))
    again_at = NOW + timedelta(seconds=BACKOFF_FIRST_S)
    assert await stores.take(now=again_at - timedelta(microseconds=1)) == []
    (again,) = await stores.take(now=again_at)
    assert (again.retry_count, again.error_message) == (1, "no")


async def test_a_lost_lease_is_taken_over_and_its_old_holder_settles_nothing(stores: Stores) -> None:
    await stores.inbox.put(a_webhook())
    (lost,) = await stores.take()
    later = NOW + timedelta(seconds=LEASE_S)
    assert await stores.take(now=later - timedelta(microseconds=1)) == []
    (taken,) = await stores.take(now=later)
    assert taken.retry_count == 1
    assert not await stores.queue.settle(lost, complete(lost, now=later))
    assert await stores.queue.settle(taken, complete(taken, now=later))


async def test_the_backlog_counts_each_kind(stores: Stores) -> None:
    for number in range(3):
        await stores.inbox.put(a_webhook(f"evt_{number}"))
    first, second, _ = await stores.take()
    await stores.queue.settle(first, fail(first, error="no", now=NOW))
    last_try = replace(second, retry_count=TRIES_MAX - 1)
    await stores.queue.settle(second, fail(last_try, error="no", now=NOW))
    backlog = await stores.queue.backlog(now=NOW + timedelta(seconds=30))
    assert (backlog.waiting, backlog.retrying, backlog.failed, backlog.oldest_age_s) == (1, 1, 1, 30.0)
    assert [w.event_id for w in await stores.queue.list(status=WebhookStatus.FAILED, webhooks_max=10)] == ["evt_1"]


async def test_only_what_has_ended_can_be_replayed(stores: Stores) -> None:
    webhook = a_webhook()
    await stores.inbox.put(webhook)
    with pytest.raises(WebhookBusyError):
        await stores.queue.replay(webhook.id, now=NOW)
    (taken,) = await stores.take()
    with pytest.raises(WebhookBusyError):
        await stores.queue.replay(webhook.id, now=NOW)
    await stores.queue.settle(taken, complete(taken, now=NOW))
    await stores.queue.replay(webhook.id, now=NOW)
    assert [again.id for again in await stores.take()] == [webhook.id]
    with pytest.raises(WebhookNotFoundError):
        await stores.queue.replay(uuid4(), now=NOW)


async def test_the_api_role_can_neither_read_nor_change_webhooks(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    async with connected(database.app_url) as connection:
        await refused(connection, "select body from payment_webhooks")
        await refused(connection, "update payment_webhooks set status = 'completed'")
        await refused(connection, "delete from payment_webhooks")
