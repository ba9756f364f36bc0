"""Consumers on a real RabbitMQ node: each event at least once, retries by ladder, nothing dropped unseen."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import msgspec
import pytest

from adapters.amqp.connection import BrokerUnavailableError
from adapters.amqp.doctor_dead_letters import AmqpDeadLetters
from adapters.amqp.topology import DELIVERIES_MAX
from adapters.embedded.readiness import free_port
from adapters.memory.messaging import MemoryMessages
from core.shared.errors import ForbiddenError
from ports.events import Delivery, Subscription
from tests.amqp_world import (
    DELAYS_S,
    TENANT,
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


@pytest.fixture
async def queues(rabbitmq_url: str) -> AsyncIterator[Queues]:
    queues = Queues(rabbitmq_url, f"test.porter_{uuid4().hex}")
    yield queues
    await queues.delete()


async def send_raw(queues: Queues, body: bytes) -> None:
    async with queues.channel() as channel:
        message = aio_pika.Message(body, message_id="raw", content_type="application/json")
        await channel.default_exchange.publish(message, f"fairseat.{queues.consumer}")


async def test_a_consumer_gets_the_event_with_its_id_and_tenant(queues: Queues) -> None:
    porter, event = Porter(), opened(4)
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        await publisher.publish(event)
        await until(lambda: porter.numbers == [4])
    assert porter.taken[0][1] == Delivery(event_id=event.id, tenant_id=TENANT)
    assert await queues.count() == 0


async def test_every_consumer_of_a_type_gets_its_own_copy(queues: Queues, rabbitmq_url: str) -> None:
    others = Queues(rabbitmq_url, f"test.other_{uuid4().hex}")
    first, second = Porter(), Porter()
    async with (
        consuming(queues.url, first, queues.consumer),
        consuming(queues.url, second, others.consumer),
        publishing(queues.url) as publisher,
    ):
        await publisher.publish(opened(1))
        await until(lambda: first.numbers == second.numbers == [1])
    await others.delete()


async def test_events_that_came_while_no_worker_ran_are_all_taken_by_the_next(queues: Queues) -> None:
    async with consuming(queues.url, Porter(), queues.consumer):
        pass
    async with publishing(queues.url) as publisher:
        for number in range(300):
            await publisher.publish(opened(number))
    porter = Porter()
    async with consuming(queues.url, porter, queues.consumer):
        await until(lambda: len(porter.numbers) >= 300)
    assert sorted(porter.numbers) == list(range(300))


async def test_an_event_that_nobody_listens_to_has_arrived(rabbitmq_url: str) -> None:
    async with publishing(rabbitmq_url) as publisher:
        await publisher.publish(msgspec.structs.replace(opened(1), type=f"test.unheard.{uuid4().hex}"))


async def test_a_failing_consumer_is_asked_again_after_each_delay_of_the_ladder(queues: Queues) -> None:
    porter = Porter(lambda number, seen: RuntimeError("not yet") if seen < 2 else None)
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        await publisher.publish(opened(1))
        await until(lambda: len(porter.taken) == 3)
        await asyncio.sleep(0.3)
    first, second, third = (at for _, _, at in porter.taken)
    assert second - first >= DELAYS_S[0]
    assert third - second >= DELAYS_S[1]
    assert await queues.count() == await queues.count(".dead") == 0


async def test_a_failing_event_does_not_hold_up_the_others(queues: Queues) -> None:
    porter = Porter(lambda number, seen: RuntimeError("not yet") if number == 0 and seen == 0 else None)
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        for number in range(5):
            await publisher.publish(opened(number))
        await until(lambda: len(porter.taken) == 6)
    assert porter.numbers[-1] == 0
    assert sorted(porter.numbers) == [0, 0, 1, 2, 3, 4]


async def test_after_the_last_retry_an_event_is_in_the_dead_queue_with_the_reason(queues: Queues) -> None:
    porter, event = Porter(lambda number, seen: RuntimeError("never")), opened(1)
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        await publisher.publish(event)
        dead = await queues.dead()
    assert porter.numbers == [1, 1, 1]
    assert dead.message_id == str(event.id)
    assert dead.headers["x-error"] == "RuntimeError: never"
    assert dead.headers["x-attempt"] == len(DELAYS_S)
    assert msgspec.json.decode(dead.body) == msgspec.json.decode(msgspec.json.encode(event))


async def test_the_doctor_counts_what_waits_in_dead_queues_and_takes_nothing(queues: Queues) -> None:
    wishes = [Subscription(name, DoorOpened, Porter) for name in (queues.consumer, f"test.nobody_{uuid4().hex}")]
    dead_letters, name = AmqpDeadLetters(queues.url, wishes), f"fairseat.{queues.consumer}.dead"
    async with consuming(queues.url, Porter(), queues.consumer):
        await send_raw(queues, b"no event at all")
        async with asyncio.timeout(20):
            while not (await dead_letters.depths())[name]:
                await asyncio.sleep(0.05)
    assert await dead_letters.depths() == await dead_letters.depths() == {name: 1}


async def test_dead_queues_that_cannot_be_asked_are_told_of() -> None:
    nowhere = AmqpDeadLetters(f"amqp://127.0.0.1:{free_port()}/", [])
    with pytest.raises(BrokerUnavailableError):
        await nowhere.depths()


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"not json", b"[1]", b'{"specversion":"1.0"}', b"[" * 100_000],
    ids=["empty", "no text", "no json", "no object", "no event", "very deep"],
)
async def test_what_is_no_event_goes_to_the_dead_queue_at_once(queues: Queues, body: bytes) -> None:
    porter = Porter()
    async with consuming(queues.url, porter, queues.consumer, delays_s=(60.0,)):
        await send_raw(queues, body)
        dead = await queues.dead()
    assert dead.body == body
    assert porter.taken == []


async def test_data_that_is_not_what_the_type_promises_goes_to_the_dead_queue_at_once(queues: Queues) -> None:
    porter, bad = Porter(), msgspec.structs.replace(opened(1), data=msgspec.Raw(b'{"number":"one"}'))
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        await publisher.publish(bad)
        dead = await queues.dead()
    assert "UndecodableEventError" not in str(dead.headers["x-error"])
    assert "Expected `int`" in str(dead.headers["x-error"])
    assert porter.taken == []


async def test_a_refusal_is_acknowledged_and_not_tried_again(queues: Queues) -> None:
    porter = Porter(lambda number, seen: ForbiddenError("not this door"))
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        await publisher.publish(opened(1))
        await until(lambda: porter.numbers == [1])
        await asyncio.sleep(DELAYS_S[0] + 0.2)
    assert porter.numbers == [1]
    assert await queues.count() == await queues.count(".dead") == 0


async def test_an_event_that_comes_twice_has_one_effect(queues: Queues) -> None:
    messages, clock = MemoryMessages(ids=RandomIds()), UtcClock()

    class CarefulPorter(Porter):
        effects = 0

        async def __call__(self, event: DoorOpened, delivery: Delivery) -> None:  # type: ignore[override]  # one type
            async with messages.transaction():
                if await messages.inbox.accept(delivery.event_id, consumer="test.porter", at=clock.now()):
                    self.effects += 1
            await super().__call__(event, delivery)

    porter, event = CarefulPorter(), opened(1)
    async with consuming(queues.url, porter, queues.consumer), publishing(queues.url) as publisher:
        await publisher.publish(event)
        await publisher.publish(event)
        await until(lambda: len(porter.taken) == 2)
    assert porter.effects == 1


async def test_an_event_under_way_when_its_worker_dies_is_taken_by_another(queues: Queues) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    class StuckPorter(Porter):
        async def __call__(self, event: DoorOpened, delivery: Delivery) -> None:  # type: ignore[override]  # one type
            begun.set()
            await never.wait()

    porter = Porter()
    async with publishing(queues.url) as publisher:
        async with consuming(queues.url, StuckPorter(), queues.consumer, stop_timeout_s=0.1):
            await publisher.publish(opened(1))
            await begun.wait()
        async with consuming(queues.url, porter, queues.consumer):
            await until(lambda: porter.numbers == [1])


async def test_stopping_lets_what_is_under_way_end(queues: Queues) -> None:
    begun = asyncio.Event()

    class SlowPorter(Porter):
        async def __call__(self, event: DoorOpened, delivery: Delivery) -> None:  # type: ignore[override]  # one type
            begun.set()
            await asyncio.sleep(0.3)
            await super().__call__(event, delivery)

    porter = SlowPorter()
    async with publishing(queues.url) as publisher:
        async with consuming(queues.url, porter, queues.consumer):
            await publisher.publish(opened(1))
            await begun.wait()
        assert porter.numbers == [1]
    assert await queues.count() == 0


async def test_a_message_that_is_given_back_too_often_goes_to_the_dead_queue(queues: Queues) -> None:
    async with consuming(queues.url, Porter(), queues.consumer):
        pass
    await send_raw(queues, b"crashes its process")
    async with queues.channel() as channel, asyncio.timeout(20):
        queue = await channel.declare_queue(f"fairseat.{queues.consumer}", passive=True)
        for _ in range(DELIVERIES_MAX + 1):
            message = await queue.get(fail=False)
            while message is None:
                await asyncio.sleep(0.02)
                message = await queue.get(fail=False)
            await message.nack(requeue=True)
    assert (await queues.dead()).body == b"crashes its process"


async def test_workers_may_start_together_and_again(queues: Queues) -> None:
    porter = Porter()
    async with (
        consuming(queues.url, porter, queues.consumer),
        consuming(queues.url, porter, queues.consumer),
        publishing(queues.url) as publisher,
    ):
        for number in range(20):
            await publisher.publish(opened(number))
        await until(lambda: len(porter.numbers) >= 20)
    assert sorted(porter.numbers) == list(range(20))


async def test_a_worker_without_a_node_says_so(queues: Queues) -> None:
    with pytest.raises(BrokerUnavailableError, match="RabbitMQ"):
        async with consuming(f"amqp://guest:guest@127.0.0.1:{free_port()}/", Porter(), queues.consumer):
            raise AssertionError


async def test_a_queue_that_stands_there_with_other_properties_is_an_error_and_stays_as_it_is(queues: Queues) -> None:
    async with queues.channel() as channel:
        await channel.declare_queue(f"fairseat.{queues.consumer}", durable=True)
    with pytest.raises(BrokerUnavailableError, match="PRECONDITION_FAILED"):
        async with consuming(queues.url, Porter(), queues.consumer):
            raise AssertionError
    assert await queues.count() == 0
