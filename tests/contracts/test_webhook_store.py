"""What the stores of webhooks promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.memory.webhooks import MemoryWebhookLog, MemoryWebhooks
from adapters.postgres.pool import open_pool
from adapters.postgres.webhooks import PostgresWebhookInbox, PostgresWebhookLog, PostgresWebhookQueue
from adapters.system.ids import Uuid7Source
from core.shared.ids import TenantId
from core.webhooks.errors import WebhookBusyError, WebhookNotFoundError
from core.webhooks.webhook import BACKOFF_FIRST_S, TRIES_MAX, Webhook, WebhookStatus, complete, fail, replay, summary_of
from ports.paging import PageRequest
from ports.webhooks import WebhookInbox, WebhookLog, WebhookQueue
from tests.database_roles import refused
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
IDS = Uuid7Source()
LEASE_S = 60
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))


@dataclass
class Stores:
    inbox: WebhookInbox
    queue: WebhookQueue
    log: WebhookLog

    async def take(self, *, now: datetime = NOW, webhooks_max: int = 10) -> list[Webhook]:
        return list(await self.queue.take(now=now, webhooks_max=webhooks_max, lease_s=LEASE_S))


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryWebhooks()
        yield Stores(memory, memory, MemoryWebhookLog(memory))
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with (
        await open_pool(database.app_url, connections_max=5) as app,
        await open_pool(database.relay_url, connections_max=5) as relay,
    ):
        yield Stores(PostgresWebhookInbox(app), PostgresWebhookQueue(relay), PostgresWebhookLog(app))


def a_webhook(
    event_id: str = "evt_1",
    *,
    source: str = "stripe",
    account: str | None = None,
    tenant_id: TenantId | None = None,
    received_at: datetime = NOW,
) -> Webhook:
    return Webhook(
        id=IDS.new(),
        source=source,
        event_id=event_id,
        event_type="payment_intent.succeeded",
        account=account,
        tenant_id=tenant_id,
        body='{"id": "evt_1", "note": "\\u0000 ü"}',
        occurred_at=NOW - timedelta(seconds=2),
        received_at=received_at,
        status=WebhookStatus.RECEIVED,
        retry_count=0,
        due_at=NOW,
        error_message=None,
        note=None,
        processed_at=None,
    )


async def test_an_event_is_stored_once_a_source(stores: Stores) -> None:
    assert await stores.inbox.put(a_webhook())
    assert not await stores.inbox.put(a_webhook())
    assert await stores.inbox.put(a_webhook(source="stripe-connect"))
    assert len(await stores.queue.list(status=None, webhooks_max=10)) == 2


async def test_it_knows_which_events_of_a_source_are_stored(stores: Stores) -> None:
    for webhook in (a_webhook("evt_1"), a_webhook("evt_2"), a_webhook("evt_3", source="stripe-connect")):
        await stores.inbox.put(webhook)
    (first,) = await stores.take(webhooks_max=1)
    await stores.queue.settle(first, complete(first, now=NOW))
    assert await stores.queue.known("stripe", ["evt_1", "evt_3", "evt_4", "evt_2"]) == {"evt_1", "evt_2"}
    assert await stores.queue.known("stripe", []) == set()


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
    await stores.inbox.put(a_webhook("evt_3"))
    await stores.queue.settle(first, fail(first, error="no", now=NOW))
    last_try = replace(second, retry_count=TRIES_MAX - 1)
    await stores.queue.settle(second, fail(last_try, error="no", now=NOW))
    backlog = await stores.queue.backlog(now=NOW + timedelta(seconds=30))
    counts = (backlog.received, backlog.processing, backlog.retrying, backlog.failed)
    assert (counts, backlog.unhandled, backlog.oldest_age_s) == ((1, 1, 1, 1), 4, 30.0)
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


async def test_the_connected_account_and_whose_it_is_come_back(stores: Stores) -> None:
    webhook = a_webhook(account="acct_1", tenant_id=OURS)
    await stores.inbox.put(webhook)
    (taken,) = await stores.take()
    assert (taken.account, taken.tenant_id) == ("acct_1", OURS)
    assert await stores.queue.settle(taken, complete(taken, now=NOW, note="left alone"))
    assert (await stores.log.page(OURS, PageRequest(), status=None)).items[0].note == "left alone"


async def test_an_organisation_sees_its_own_webhooks_the_newest_first_in_pages(stores: Stores) -> None:
    ours = [a_webhook(f"evt_{number}", tenant_id=OURS) for number in range(5)]
    for webhook in (*ours, a_webhook("evt_theirs", tenant_id=THEIRS), a_webhook("evt_nobodys")):
        await stores.inbox.put(webhook)
    newest_first = [summary_of(webhook) for webhook in reversed(ours)]
    first = await stores.log.page(OURS, PageRequest(limit=3), status=None)
    assert (list(first.items), first.next_after) == (newest_first[:3], ours[2].id)
    second = await stores.log.page(OURS, PageRequest(limit=3, after=first.next_after), status=None)
    assert (list(second.items), second.next_after) == (newest_first[3:], None)
    assert (await stores.log.page(OURS, PageRequest(limit=5), status=None)).next_after is None
    assert (await stores.log.page(OURS, PageRequest(), status=WebhookStatus.FAILED)).items == ()
    assert len((await stores.log.page(OURS, PageRequest(), status=WebhookStatus.RECEIVED)).items) == 5


async def test_whose_it_is_may_be_known_only_when_it_is_done(stores: Stores) -> None:
    await stores.inbox.put(a_webhook())
    (taken,) = await stores.take()
    assert (await stores.log.page(OURS, PageRequest(), status=None)).items == ()
    await stores.queue.settle(taken, complete(taken, now=NOW, tenant_id=OURS))
    (seen,) = (await stores.log.page(OURS, PageRequest(), status=WebhookStatus.COMPLETED)).items
    assert (seen.id, seen.processed_at) == (taken.id, NOW)


async def test_an_organisation_replays_its_own_webhooks_and_no_others(stores: Stores) -> None:
    ours, theirs = a_webhook("evt_ours", tenant_id=OURS), a_webhook("evt_theirs", tenant_id=THEIRS)
    for webhook in (ours, theirs):
        await stores.inbox.put(webhook)
    with pytest.raises(WebhookBusyError):
        await stores.log.replay(OURS, ours.id, now=NOW)
    for taken in await stores.take():
        await stores.queue.settle(taken, complete(taken, now=NOW))
    again = await stores.log.replay(OURS, ours.id, now=NOW)
    assert again == replay(summary_of(complete(ours, now=NOW)), now=NOW)
    for unseen in (theirs.id, uuid4()):
        with pytest.raises(WebhookNotFoundError):
            await stores.log.replay(OURS, unseen, now=NOW)
    assert [taken.id for taken in await stores.take()] == [ours.id]


async def test_completed_webhooks_are_forgotten_in_batches_and_failed_ones_stay(stores: Stores) -> None:
    for number in range(4):
        await stores.inbox.put(a_webhook(f"evt_{number}"))
    first, second, third, fourth = await stores.take()
    await stores.queue.settle(first, complete(first, now=NOW))
    await stores.queue.settle(second, complete(second, now=NOW))
    await stores.queue.settle(third, complete(third, now=NOW + timedelta(seconds=1)))
    await stores.queue.settle(fourth, fail(replace(fourth, retry_count=TRIES_MAX - 1), error="no", now=NOW))
    assert await stores.queue.prune(processed_before=NOW, webhooks_max=10) == 0
    later = NOW + timedelta(seconds=1)
    assert [await stores.queue.prune(processed_before=later, webhooks_max=1) for _ in range(3)] == [1, 1, 0]
    assert await stores.queue.prune(processed_before=NOW + timedelta(days=40), webhooks_max=10) == 1
    assert [w.event_id for w in await stores.queue.list(status=None, webhooks_max=10)] == ["evt_3"]


async def test_the_api_role_reads_no_body_and_nothing_of_other_tenants(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    async with await open_pool(database.app_url, connections_max=1) as app:
        for webhook in (a_webhook("evt_ours", tenant_id=OURS), a_webhook("evt_theirs", tenant_id=THEIRS)):
            await PostgresWebhookInbox(app).put(webhook)
    async with connected(database.app_url) as connection:
        assert await connection.fetch("select id from payment_webhooks") == []
        await connection.execute("select set_config('app.tenant_id', $1, false)", str(OURS))
        seen = await connection.fetch("select event_id from payment_webhooks")
        assert [row["event_id"] for row in seen] == ["evt_ours"]
        assert await connection.execute("update payment_webhooks set retry_count = 0") == "UPDATE 1"
        for forbidden in (
            "select body from payment_webhooks",
            "update payment_webhooks set status = 'completed'",
            "update payment_webhooks set body = ''",
            f"update payment_webhooks set tenant_id = '{THEIRS}'",
            "delete from payment_webhooks",
        ):
            await refused(connection, forbidden)
