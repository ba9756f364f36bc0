"""The webhook inbox over the memory adapters: stored before anything else, then given its effect with retries."""

from datetime import timedelta
from typing import override
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.locks import MemoryLocks
from adapters.memory.webhooks import MemoryWebhooks
from core.shared.errors import PayloadTooLargeError
from core.webhooks.errors import BadSignatureError, WebhookBusyError, WebhookNotFoundError
from core.webhooks.webhook import BACKOFF_MAX_S, TRIES_MAX, WebhookStatus, backoff
from ports.published.webhooks import ProviderEvent, ProviderEventHandler
from ports.webhooks import VerifiedEvent, WebhookVerifier
from usecases.webhooks.list_webhooks import ListWebhooks
from usecases.webhooks.process_webhooks import LEASE_S, ProcessWebhooks
from usecases.webhooks.receive_webhook import WEBHOOK_BYTES_MAX, ReceiveWebhook
from usecases.webhooks.replay_webhook import ReplayWebhook


class PlainVerifier(WebhookVerifier):
    """Takes the body for the event's id when the signature is `good`."""

    source = "stripe"

    @override
    def verify(self, body: bytes, signature: str | None, *, now: object) -> VerifiedEvent:
        if signature != "good":
            raise BadSignatureError("no")
        return VerifiedEvent(body.decode(), "payment_intent.succeeded", MemoryClock().now(), body.decode())


class Recorder(ProviderEventHandler):
    """Notes the ids of the events; fails while `broken`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.broken = False

    @override
    async def __call__(self, event: ProviderEvent) -> None:
        self.seen.append(event.event_id)
        if self.broken:
            raise RuntimeError("the effect\x00failed")


class Inbox:
    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.rows = MemoryWebhooks()
        self.locks = MemoryLocks(self.clock)
        self.handler = Recorder()
        self.receive = ReceiveWebhook(PlainVerifier(), self.rows, self.clock, MemoryIds())
        self.process = ProcessWebhooks(self.rows, self.handler, self.locks, self.clock)
        self.replay = ReplayWebhook(self.rows, self.clock)
        self.listed = ListWebhooks(self.rows)

    async def put(self, event_id: str = "evt_1") -> bool:
        answer = await self.receive(event_id.encode(), signature="good")
        assert answer.received
        return not answer.duplicate


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


async def test_a_duplicate_is_answered_as_one_and_has_one_effect(inbox: Inbox) -> None:
    assert await inbox.put()
    assert not await inbox.put()
    assert await inbox.process() == 1
    assert not await inbox.put()
    assert await inbox.process() == 0
    assert inbox.handler.seen == ["evt_1"]


async def test_nothing_is_stored_for_a_forged_or_a_huge_body(inbox: Inbox) -> None:
    with pytest.raises(BadSignatureError):
        await inbox.receive(b"evt_1", signature="bad")
    with pytest.raises(PayloadTooLargeError):
        await inbox.receive(b"x" * (WEBHOOK_BYTES_MAX + 1), signature="good")
    assert (await inbox.receive(b"x" * WEBHOOK_BYTES_MAX, signature="good")).received
    assert len(await inbox.listed()) == 1


async def test_a_failed_try_is_tried_again_later_and_given_up_after_the_last(inbox: Inbox) -> None:
    inbox.handler.broken = True
    await inbox.put()
    for tries in range(1, TRIES_MAX + 1):
        assert await inbox.process() == 1
        assert await inbox.process() == 0
        inbox.clock.move(seconds=backoff(tries).total_seconds())
    assert len(inbox.handler.seen) == TRIES_MAX
    (webhook,) = await inbox.listed(status=WebhookStatus.FAILED)
    assert webhook.error_message == "RuntimeError: the effectfailed"
    assert (await inbox.rows.backlog(now=inbox.clock.now())).failed == 1


async def test_a_failed_webhook_can_be_replayed_and_a_waiting_one_cannot(inbox: Inbox) -> None:
    await inbox.put()
    (webhook,) = await inbox.listed()
    with pytest.raises(WebhookBusyError):
        await inbox.replay(webhook.id)
    await inbox.process()
    await inbox.replay(webhook.id)
    assert await inbox.process() == 1
    assert inbox.handler.seen == ["evt_1", "evt_1"]
    with pytest.raises(WebhookNotFoundError):
        await inbox.replay(uuid4())


async def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(inbox: Inbox) -> None:
    await inbox.put()
    (lost,) = await inbox.rows.take(now=inbox.clock.now(), webhooks_max=10, lease_s=LEASE_S)
    inbox.clock.move(seconds=LEASE_S - 1)
    assert await inbox.process() == 0
    inbox.clock.move(seconds=1)
    assert await inbox.process() == 1
    assert not await inbox.rows.settle(lost, lost)
    assert [w.status for w in await inbox.listed()] == [WebhookStatus.COMPLETED]


async def test_a_webhook_that_kills_its_workers_comes_to_an_end(inbox: Inbox) -> None:
    await inbox.put()
    for _ in range(TRIES_MAX):
        assert len(await inbox.rows.take(now=inbox.clock.now(), webhooks_max=10, lease_s=LEASE_S)) == 1
        inbox.clock.move(seconds=LEASE_S)
    assert await inbox.rows.take(now=inbox.clock.now(), webhooks_max=10, lease_s=LEASE_S) == []
    assert [w.status for w in await inbox.listed()] == [WebhookStatus.FAILED]


async def test_a_lock_that_another_holds_puts_it_off_without_a_lost_try(inbox: Inbox) -> None:
    await inbox.put()
    (webhook,) = await inbox.listed()
    token = await inbox.locks.acquire(f"webhook:lock:{webhook.id}", ttl_s=30)
    assert token is not None
    assert await inbox.process() == 0
    assert inbox.handler.seen == []
    await inbox.locks.release(f"webhook:lock:{webhook.id}", token=token)
    inbox.clock.move(seconds=5)
    assert await inbox.process() == 1
    assert [w.retry_count for w in await inbox.listed()] == [0]


async def test_without_the_lock_service_the_row_alone_guards(inbox: Inbox) -> None:
    inbox.locks.away = True
    await inbox.put()
    assert await inbox.process() == 1
    assert inbox.handler.seen == ["evt_1"]


async def test_the_backlog_counts_what_had_no_effect_and_how_old_it_is(inbox: Inbox) -> None:
    await inbox.put("evt_1")
    inbox.clock.move(seconds=60)
    await inbox.put("evt_2")
    backlog = await inbox.rows.backlog(now=inbox.clock.now())
    assert (backlog.waiting, backlog.retrying, backlog.failed, backlog.oldest_age_s) == (2, 0, 0, 60.0)
    inbox.handler.broken = True
    await inbox.process()
    assert (await inbox.rows.backlog(now=inbox.clock.now())).retrying == 2


def test_the_back_off_doubles_up_to_its_limit() -> None:
    waits = [backoff(tries) for tries in range(1, 12)]
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert max(waits) == timedelta(seconds=BACKOFF_MAX_S)
