"""What outbox, inbox and outbox queue promise, held by the memory, the PostgreSQL and the MongoDB adapter alike."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.mongo.outbox import MongoOutbox, MongoOutboxQueue, prepare_outbox
from adapters.postgres.inbox import PostgresInbox, PostgresInboxKeeper
from adapters.postgres.outbox import PostgresOutbox, PostgresOutboxQueue
from adapters.postgres.pool import open_pool
from adapters.postgres.transactions import tenant_transaction
from adapters.system.ids import Uuid7Source
from adapters.system.work_context import Work, at_work
from core.shared.ids import TenantId
from ports.events import Envelope, Event, Inbox, InboxKeeper, Outbox, OutboxQueue
from tests.mongo_databases import fresh_database
from tests.servers import PostgresServer

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OURS = TenantId(uuid4())
THEIRS = TenantId(uuid4())
CONSUMER = "test.porter"


class DoorOpened(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.door.opened"

    number: int
    opened_by: str = "Ann, the porter’s daughter"


@dataclass(frozen=True)
class Messages:
    """One service's messages: a transaction gives the tenant's outbox and inbox."""

    begin: Callable[[TenantId], AbstractAsyncContextManager[tuple[Outbox, Inbox]]]
    queue: OutboxQueue
    keeper: InboxKeeper

    async def add(self, *numbers: int, tenant: TenantId = OURS, at: datetime = NOON) -> None:
        async with self.begin(tenant) as (outbox, _):
            for number in numbers:
                await outbox.add(DoorOpened(number=number), subject=UUID(int=number), at=at)

    async def claim(self, *, seconds: float = 0, events_max: int = 100) -> list[Envelope]:
        now = NOON + timedelta(seconds=seconds)
        return list(await self.queue.claim(now=now, events_max=events_max, lease_s=30))


def numbers(claimed: list[Envelope]) -> list[int]:
    return [envelope.decode(DoorOpened).number for envelope in claimed]


class AfterwardsOutbox(Outbox):
    """Adds when the block is over: on MongoDB the change is stored first, and what tells of it second."""

    def __init__(self) -> None:
        self.added: list[tuple[Event, UUID, datetime]] = []

    async def add(self, event: Event, *, subject: UUID, at: datetime) -> None:
        self.added.append((event, subject, at))


@asynccontextmanager
async def messages_on_mongodb(url: str) -> AsyncIterator[Messages]:
    """There is no inbox on MongoDB: consumers are safe to repeat; the memory's stands in for it."""
    memory = MemoryMessages(ids=Uuid7Source())
    async with fresh_database(url) as database:
        await prepare_outbox(database)

        @asynccontextmanager
        async def begin(tenant: TenantId) -> AsyncIterator[tuple[Outbox, Inbox]]:
            outbox = AfterwardsOutbox()
            async with memory.transaction():
                yield outbox, memory.inbox
            stored = MongoOutbox(database, tenant_id=tenant, cause="test", ids=Uuid7Source())
            for event, subject, at in outbox.added:
                await stored.add(event, subject=subject, at=at)

        queue = MongoOutboxQueue(database, source="fairseat/venue")
        yield Messages(begin, queue, memory.inbox_keeper)


@pytest.fixture(params=["memory", "postgres", "mongo"])
async def messages(request: pytest.FixtureRequest) -> AsyncIterator[Messages]:
    if request.param == "memory":
        memory = MemoryMessages(ids=Uuid7Source(), source="fairseat/venue")

        @asynccontextmanager
        async def begin_in_memory(tenant: TenantId) -> AsyncIterator[tuple[Outbox, Inbox]]:
            async with memory.transaction():
                yield memory.outbox(tenant), memory.inbox

        yield Messages(begin_in_memory, memory.queue, memory.inbox_keeper)
        return
    if request.param == "mongo":
        async with messages_on_mongodb(request.getfixturevalue("mongodb_url")) as messages:
            yield messages
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    database = await postgres.fresh("venue_db")
    app = await open_pool(database.app_url, connections_max=4)
    relay = await open_pool(database.relay_url, connections_max=4)

    @asynccontextmanager
    async def begin(tenant: TenantId) -> AsyncIterator[tuple[Outbox, Inbox]]:
        async with tenant_transaction(app, tenant) as connection:
            outbox = PostgresOutbox(connection, tenant_id=tenant, ids=Uuid7Source())
            yield outbox, PostgresInbox(connection, tenant_id=tenant)

    yield Messages(begin, PostgresOutboxQueue(relay, source="fairseat/venue"), PostgresInboxKeeper(relay))
    await app.close()
    await relay.close()


async def test_an_event_arrives_in_the_queue_as_it_was(messages: Messages) -> None:
    await messages.add(4)
    (envelope,) = await messages.claim()
    assert envelope.decode(DoorOpened) == DoorOpened(number=4)
    assert (envelope.type, envelope.source) == ("test.door.opened", "fairseat/venue")
    assert (envelope.subject, envelope.time, envelope.tenantid) == (str(UUID(int=4)), NOON, OURS)
    assert (envelope.specversion, envelope.datacontenttype) == ("1.0", "application/json")


async def test_an_event_carries_the_trace_in_which_it_was_made(messages: Messages) -> None:
    with at_work(Work(traceparent=TRACE)):
        await messages.add(4)
    await messages.add(5)
    assert [envelope.traceparent for envelope in await messages.claim()] == [TRACE, None]


async def test_an_event_whose_transaction_fails_never_was(messages: Messages) -> None:
    async def fail() -> None:
        async with messages.begin(OURS) as (outbox, inbox):
            await outbox.add(DoorOpened(number=1), subject=uuid4(), at=NOON)
            await inbox.accept(UUID(int=5), consumer=CONSUMER, at=NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await messages.claim() == []
    async with messages.begin(OURS) as (_, inbox):
        assert await inbox.accept(UUID(int=5), consumer=CONSUMER, at=NOON)


async def test_a_claim_spans_tenants_and_takes_the_oldest_first(messages: Messages) -> None:
    await messages.add(1)
    await messages.add(2, tenant=THEIRS)
    await messages.add(3)
    assert numbers(await messages.claim(events_max=2)) == [1, 2]
    assert numbers(await messages.claim()) == [3]


async def test_a_claimed_event_comes_back_exactly_when_its_lease_ends(messages: Messages) -> None:
    await messages.add(1)
    assert numbers(await messages.claim()) == [1]
    assert await messages.claim(seconds=29.999) == []
    assert numbers(await messages.claim(seconds=30)) == [1]


async def test_a_published_event_never_comes_back(messages: Messages) -> None:
    await messages.add(1, 2)
    first, _ = await messages.claim()
    await messages.queue.mark_published([first.id], at=NOON)
    assert numbers(await messages.claim(seconds=3600)) == [2]


async def test_a_failed_event_comes_back_at_its_time_with_its_tries_counted(messages: Messages) -> None:
    await messages.add(1)
    (event,) = await messages.claim()
    assert await messages.queue.attempts(event.id) == 0
    await messages.queue.mark_failed(event.id, error="away", retry_at=NOON + timedelta(seconds=5))
    assert await messages.queue.attempts(event.id) == 1
    assert await messages.claim(seconds=4.999) == []
    assert numbers(await messages.claim(seconds=5)) == [1]


async def test_an_event_that_was_given_up_stays_and_is_seen_as_dead(messages: Messages) -> None:
    await messages.add(1, 2)
    event, _ = await messages.claim()
    await messages.queue.mark_failed(event.id, error="x" * 10_000, retry_at=None)
    assert numbers(await messages.claim(seconds=3600)) == [2]
    depth = await messages.queue.depth(now=NOON)
    assert (depth.waiting, depth.dead) == (1, 1)


async def test_an_event_that_was_given_up_is_revived_as_if_it_was_never_tried(messages: Messages) -> None:
    await messages.add(1, 2)
    event, other = await messages.claim()
    await messages.queue.mark_failed(event.id, error="away", retry_at=None)
    later = NOON + timedelta(seconds=5)
    assert await messages.queue.revive(event.id, now=later)
    assert not await messages.queue.revive(event.id, now=later)
    assert not await messages.queue.revive(other.id, now=later)
    assert await messages.queue.attempts(event.id) == 0
    assert (await messages.queue.depth(now=NOON)).dead == 0
    assert numbers(await messages.claim(seconds=4.999)) == []
    assert numbers(await messages.claim(seconds=5)) == [1]


async def test_a_released_event_can_be_claimed_at_once_and_no_try_is_counted(messages: Messages) -> None:
    await messages.add(1)
    (event,) = await messages.claim()
    await messages.queue.release([event.id])
    assert numbers(await messages.claim()) == [1]
    assert await messages.queue.attempts(event.id) == 0


async def test_the_depth_tells_how_many_wait_and_since_when(messages: Messages) -> None:
    depth = await messages.queue.depth(now=NOON)
    assert (depth.waiting, depth.dead, depth.oldest_age_s) == (0, 0, 0)
    await messages.add(1)
    await messages.add(2, at=NOON + timedelta(seconds=50))
    depth = await messages.queue.depth(now=NOON + timedelta(seconds=60))
    assert (depth.waiting, depth.oldest_age_s) == (2, 60)


async def test_marks_on_events_that_are_gone_do_nothing(messages: Messages) -> None:
    await messages.queue.mark_published([uuid4()], at=NOON)
    await messages.queue.mark_failed(uuid4(), error="away", retry_at=None)
    await messages.queue.release([uuid4()])
    assert await messages.queue.attempts(uuid4()) == 0
    assert (await messages.queue.depth(now=NOON)).dead == 0


async def test_a_late_failure_does_not_unpublish(messages: Messages) -> None:
    await messages.add(1)
    (event,) = await messages.claim()
    await messages.queue.mark_published([event.id], at=NOON)
    await messages.queue.mark_failed(event.id, error="too late", retry_at=NOON)
    assert await messages.claim(seconds=3600) == []


async def test_pruning_forgets_published_events_only_and_only_old_ones(messages: Messages) -> None:
    await messages.add(1, 2, 3)
    first, second, _ = await messages.claim()
    await messages.queue.mark_published([first.id], at=NOON)
    await messages.queue.mark_published([second.id], at=NOON + timedelta(seconds=1))
    assert await messages.queue.prune(published_before=NOON, events_max=10) == 0
    assert await messages.queue.prune(published_before=NOON + timedelta(seconds=1), events_max=10) == 1
    assert await messages.queue.prune(published_before=NOON + timedelta(hours=1), events_max=10) == 1
    assert numbers(await messages.claim(seconds=3600)) == [3]


async def test_two_relays_at_once_never_claim_the_same_event(messages: Messages) -> None:
    await messages.add(*range(40))
    claims = await asyncio.gather(*(messages.claim(events_max=10) for _ in range(4)))
    assert sorted(number for claim in claims for number in numbers(claim)) == list(range(40))


async def test_an_event_is_accepted_once_for_each_consumer(messages: Messages) -> None:
    event_id = uuid4()
    async with messages.begin(OURS) as (_, inbox):
        assert await inbox.accept(event_id, consumer=CONSUMER, at=NOON)
        assert await inbox.accept(event_id, consumer="test.other", at=NOON)
        assert not await inbox.accept(event_id, consumer=CONSUMER, at=NOON)
    async with messages.begin(OURS) as (_, inbox):
        assert not await inbox.accept(event_id, consumer=CONSUMER, at=NOON)


async def test_of_two_deliveries_at_once_one_is_accepted(messages: Messages) -> None:
    event_id = uuid4()

    async def accept() -> bool:
        async with messages.begin(OURS) as (_, inbox):
            accepted = await inbox.accept(event_id, consumer=CONSUMER, at=NOON)
            await asyncio.sleep(0.02)
            return accepted

    assert sorted(await asyncio.gather(accept(), accept(), accept())) == [False, False, True]


async def test_an_old_inbox_entry_is_forgotten(messages: Messages) -> None:
    event_id = uuid4()
    async with messages.begin(OURS) as (_, inbox):
        await inbox.accept(event_id, consumer=CONSUMER, at=NOON)
    assert await messages.keeper.prune(accepted_before=NOON, entries_max=10) == 0
    assert await messages.keeper.prune(accepted_before=NOON + timedelta(seconds=1), entries_max=10) == 1
    async with messages.begin(OURS) as (_, inbox):
        assert await inbox.accept(event_id, consumer=CONSUMER, at=NOON)


async def test_on_mongodb_the_same_event_of_the_same_cause_is_stored_once(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_outbox(database)
        for cause in ("delivery 1", "delivery 1", "delivery 2"):
            outbox = MongoOutbox(database, tenant_id=OURS, cause=cause, ids=Uuid7Source())
            await outbox.add(DoorOpened(number=1), subject=UUID(int=1), at=NOON)
            await outbox.add(DoorOpened(number=2), subject=UUID(int=1), at=NOON)
        claimed = await MongoOutboxQueue(database, source="fairseat/venue").claim(now=NOON, events_max=9, lease_s=30)
        assert sorted(numbers(list(claimed))) == [1, 1, 2, 2]
