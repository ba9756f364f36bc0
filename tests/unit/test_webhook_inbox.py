"""The webhook inbox over the memory adapters: stored before anything else, then given its effect with retries."""

from dataclasses import replace
from datetime import timedelta
from typing import override
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.locks import MemoryLocks
from adapters.memory.webhooks import MemoryWebhooks
from adapters.system.webhook_health import AGE_MAX_S, WebhookHealth
from core.shared.errors import PayloadTooLargeError
from core.shared.ids import TenantId
from core.webhooks.errors import BadSignatureError, WebhookBusyError, WebhookNotFoundError
from core.webhooks.webhook import BACKOFF_MAX_S, FAILED_AGAIN_S, TRIES_MAX, WebhookStatus, backoff
from ports.published.webhooks import STRIPE, STRIPE_CONNECT, ProviderEvent, ProviderEventHandler, ProviderEventOutcome
from ports.webhooks import VerifiedEvent, WebhookVerifier
from usecases.webhooks.dispatch_event import NOBODY, DispatchEvent, EventRoute
from usecases.webhooks.list_webhooks import ListWebhooks
from usecases.webhooks.process_webhooks import LEASE_S, ProcessWebhooks
from usecases.webhooks.prune_webhooks import PruneWebhooks
from usecases.webhooks.receive_webhook import WEBHOOK_BYTES_MAX, ReceiveWebhook
from usecases.webhooks.replay_webhook import ReplayWebhook


class PlainVerifier(WebhookVerifier):
    """Takes the body for the event's id when the signature is `good`."""

    source = "stripe"

    @override
    def verify(self, body: bytes, signature: str | None, *, now: object) -> VerifiedEvent:
        if signature != "good":
            raise BadSignatureError("no")
        return VerifiedEvent(body.decode(), "payment_intent.succeeded", None, None, MemoryClock().now(), body.decode())


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
        self.receive = ReceiveWebhook((PlainVerifier(),), self.rows, self.clock, MemoryIds())
        self.process = ProcessWebhooks(self.rows, self.handler, self.locks, self.clock)
        self.replay = ReplayWebhook(self.rows, self.clock)
        self.listed = ListWebhooks(self.rows)

    async def put(self, event_id: str = "evt_1") -> bool:
        answer = await self.receive(event_id.encode(), source="stripe", signature="good")
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
        await inbox.receive(b"evt_1", source="stripe", signature="bad")
    with pytest.raises(PayloadTooLargeError):
        await inbox.receive(b"x" * (WEBHOOK_BYTES_MAX + 1), source="stripe", signature="good")
    assert (await inbox.receive(b"x" * WEBHOOK_BYTES_MAX, source="stripe", signature="good")).received
    assert len(await inbox.listed()) == 1


async def test_a_failed_try_is_tried_again_later_and_has_failed_after_the_last(inbox: Inbox) -> None:
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


async def test_what_has_failed_is_tried_once_an_hour_until_it_has_its_effect(inbox: Inbox) -> None:
    inbox.handler.broken = True
    await inbox.put()
    for _ in range(TRIES_MAX + 2):
        assert await inbox.process() == 1
        inbox.clock.move(seconds=FAILED_AGAIN_S - 1)
        tried = len(inbox.handler.seen)
        assert tried < TRIES_MAX or await inbox.process() == 0
        inbox.clock.move(seconds=1)
    assert [w.status for w in await inbox.listed()] == [WebhookStatus.FAILED]
    inbox.handler.broken = False
    assert await inbox.process() == 1
    assert [w.status for w in await inbox.listed()] == [WebhookStatus.COMPLETED]


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


async def test_a_webhook_that_kills_its_workers_is_left_alone_for_an_hour(inbox: Inbox) -> None:
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
    assert (backlog.received, backlog.retrying, backlog.failed, backlog.oldest_age_s) == (2, 0, 0, 60.0)
    inbox.handler.broken = True
    await inbox.process()
    assert (await inbox.rows.backlog(now=inbox.clock.now())).retrying == 2


def test_the_back_off_doubles_up_to_its_limit() -> None:
    waits = [backoff(tries) for tries in range(1, 12)]
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert max(waits) == timedelta(seconds=BACKOFF_MAX_S)


# ---- who is told of what ----


def an_event(kind: str, *, source: str = STRIPE, account: str | None = None) -> ProviderEvent:
    now = MemoryClock().now()
    return ProviderEvent(source=source, event_id="evt_1", event_type=kind, account=account, occurred_at=now, body="{}")


async def test_an_event_goes_to_the_longest_prefix_of_its_source() -> None:
    charges, disputes, accounts = Recorder(), Recorder(), Recorder()
    dispatch = DispatchEvent(
        (
            EventRoute(STRIPE, "charge.", charges),
            EventRoute(STRIPE, "charge.dispute.", disputes),
            EventRoute(STRIPE_CONNECT, "account.", accounts),
        )
    )
    assert await dispatch(an_event("charge.succeeded")) is None
    assert await dispatch(an_event("charge.dispute.created")) is None
    assert await dispatch(an_event("account.updated", source=STRIPE_CONNECT, account="acct_1")) is None
    assert [len(handler.seen) for handler in (charges, disputes, accounts)] == [1, 1, 1]
    for nobodys in (
        an_event("charge.succeeded", source=STRIPE_CONNECT),
        an_event("account.updated"),
        an_event("charges.succeeded"),
    ):
        assert await dispatch(nobodys) == ProviderEventOutcome(note=NOBODY)


async def test_what_nobody_handles_is_completed_with_a_note(inbox: Inbox) -> None:
    process = ProcessWebhooks(inbox.rows, DispatchEvent(()), inbox.locks, inbox.clock)
    await inbox.put()
    assert await process() == 1
    assert [(w.status, w.note) for w in await inbox.listed()] == [(WebhookStatus.COMPLETED, NOBODY)]


async def test_a_handler_is_told_the_connected_account_and_tells_whose_it_was(inbox: Inbox) -> None:
    tenant = TenantId(uuid4())

    class Accounts(ProviderEventHandler):
        @override
        async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome:
            assert event.account == "acct_1"
            return ProviderEventOutcome(tenant_id=tenant)

    await inbox.put()
    (webhook,) = await inbox.listed()
    inbox.rows._webhooks[webhook.id] = replace(webhook, account="acct_1")
    await ProcessWebhooks(inbox.rows, Accounts(), inbox.locks, inbox.clock)()
    assert [(w.status, w.tenant_id) for w in await inbox.listed()] == [(WebhookStatus.COMPLETED, tenant)]


# ---- forgetting ----


async def test_webhooks_are_forgotten_after_thirty_days_and_no_sooner(inbox: Inbox) -> None:
    prune = PruneWebhooks(inbox.rows, inbox.clock, webhooks_max=2)
    for number in range(3):
        await inbox.put(f"evt_{number}")
    await inbox.process()
    inbox.clock.move(seconds=timedelta(days=30).total_seconds())
    assert await prune() == 0
    inbox.clock.move(seconds=1)
    assert [await prune() for _ in range(3)] == [2, 1, 0]


async def test_health_is_degraded_once_the_oldest_is_too_old(inbox: Inbox) -> None:
    health = WebhookHealth(inbox.rows, inbox.clock)
    await inbox.put()
    inbox.clock.move(seconds=AGE_MAX_S)
    assert (await health.check()).ok
    inbox.clock.move(seconds=1)
    report = await health.check()
    assert not report.ok and not health.needed
    assert (report.facts["received"], report.facts["oldest_age_s"]) == (1, AGE_MAX_S + 1)
    await inbox.process()
    assert (await health.check()).ok
