"""RabbitMQ is killed and comes back while a relay publishes: nothing is lost, and each event has its effect once."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters.amqp.connection import rabbit_broker
from adapters.amqp.publisher import AmqpPublisher
from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.rabbitmq import GIVEN_URL_VARIABLE, EmbeddedRabbit
from adapters.embedded.readiness import free_port
from adapters.memory.messaging import MemoryMessages
from adapters.system.loops import Job, JobLoops
from core.shared.ids import TenantId
from ports.events import Delivery, Envelope, EventPublisher, PublisherUnavailableError
from tests.amqp_world import (
    TENANT,
    DoorClosed,
    DoorOpened,
    Porter,
    Queues,
    RandomIds,
    UtcClock,
    consuming,
    opened,
    publishing,
    until,
)
from usecases.messaging.relay_outbox import RelayOutbox

EVENTS = 400
KILL_AFTER = 120


class CountingPublisher(EventPublisher):
    """Notes what the broker has confirmed."""

    def __init__(self, publisher: EventPublisher) -> None:
        self._publisher = publisher
        self.confirmed: list[UUID] = []

    async def publish(self, envelope: Envelope) -> None:
        await self._publisher.publish(envelope)
        self.confirmed.append(envelope.id)


class CarefulPorter(Porter):
    """Counts one effect for each event, however often it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = MemoryMessages(ids=RandomIds())
        self.effects: dict[int, int] = {}

    async def __call__(self, event: DoorOpened | DoorClosed, delivery: Delivery) -> None:
        async with self.messages.transaction():
            if await self.messages.inbox.accept(delivery.event_id, consumer="test.porter", at=UtcClock().now()):
                self.effects[event.number] = self.effects.get(event.number, 0) + 1


async def test_a_node_killed_under_a_relay_loses_and_doubles_nothing(rabbit: EmbeddedRabbit) -> None:
    if os.environ.get(GIVEN_URL_VARIABLE):
        pytest.skip("a node that was given is not ours to kill")
    queues = Queues(rabbit.url, f"test.porter_{uuid4().hex}")
    outbox = MemoryMessages(ids=RandomIds())
    for number in range(EVENTS):
        event = DoorOpened(number=number)
        await outbox.outbox(TenantId(TENANT)).add(event, subject=uuid4(), at=UtcClock().now())
    porter = CarefulPorter()
    async with consuming(rabbit.url, porter, queues.consumer), publishing(rabbit.url) as publisher:
        # RabbitMQ 3.10 writes the name of a new quorum queue to disk half a second late; killed before, it has the
        # messages and no queue. Queues are declared once in their life, so this is not what the test is about.
        await asyncio.sleep(1.5)
        counting = CountingPublisher(publisher)
        relay = RelayOutbox(queue=outbox.queue, publisher=counting, clock=UtcClock(), events_max=50)
        loops = JobLoops([Job("relay", 0.05, relay, backoff_max_s=1.0)], clock=UtcClock())
        loops.start()
        await until(lambda: len(counting.confirmed) >= KILL_AFTER)

        os.kill(rabbit.pid, signal.SIGKILL)
        await asyncio.to_thread(rabbit.stop)
        confirmed_before = set(counting.confirmed)
        with pytest.raises(PublisherUnavailableError):
            await publisher.publish(opened(-1))
        assert len(confirmed_before) < EVENTS
        await until(lambda: loops.health()[0].failures > 0)

        await asyncio.to_thread(rabbit.start)
        await until(lambda: len(porter.effects) >= EVENTS, timeout_s=60)
        await until(lambda: len(set(counting.confirmed)) == EVENTS)
        await loops.stop()
    assert porter.effects == dict.fromkeys(range(EVENTS), 1)
    depth = await outbox.queue.depth(now=UtcClock().now())
    assert (depth.waiting, depth.dead) == (0, 0)
    assert await queues.count(".dead") == 0
    await queues.delete()


async def test_a_relay_may_start_before_the_node(rabbit: EmbeddedRabbit, tmp_path: Path) -> None:
    if os.environ.get(GIVEN_URL_VARIABLE):
        pytest.skip("a node that was given is not ours to start")
    node = EmbeddedRabbit(None, tmp_path / "node", port=free_port())
    broker = rabbit_broker(f"amqp://guest:guest@127.0.0.1:{node._wanted_port}/", reconnect_s=0.2)
    publisher = AmqpPublisher(broker, subscriptions=[], publish_timeout_s=2.0)
    with pytest.raises(PublisherUnavailableError):
        await publisher.publish(opened(1))
    try:
        await asyncio.to_thread(node.start)
        await publisher.publish(opened(1))
    except EmbeddedServerError as error:
        pytest.skip(f"no second RabbitMQ node: {error}")
    finally:
        await publisher.stop()
        await asyncio.to_thread(node.stop)
