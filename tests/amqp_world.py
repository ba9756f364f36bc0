"""Builders of the AMQP tests: a porter who takes events as he is told to, and the parts around him."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid4

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from dishka import Provider, Scope, make_async_container

from adapters.amqp.connection import rabbit_broker
from adapters.amqp.consumers import AmqpConsumers
from adapters.amqp.publisher import AmqpPublisher
from ports.clock import Clock
from ports.events import Consumer, Delivery, Envelope, Event, Subscription
from ports.ids import IdSource

TENANT = UUID(int=7)
DELAYS_S = (0.2, 0.4)


class DoorOpened(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.door.opened"

    number: int


class DoorClosed(Event, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "test.door.closed"

    number: int


class UtcClock(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds(IdSource):
    def new(self) -> UUID:
        return uuid4()


class Porter(Consumer[DoorOpened | DoorClosed]):
    """Notes what he takes and when; `trouble` says what goes wrong with a number, by how often he has seen it."""

    def __init__(self, trouble: Callable[[int, int], Exception | None] = lambda number, seen: None) -> None:
        self.taken: list[tuple[int, Delivery, float]] = []
        self._trouble = trouble

    @property
    def numbers(self) -> list[int]:
        return [number for number, _, _ in self.taken]

    async def __call__(self, event: DoorOpened | DoorClosed, delivery: Delivery) -> None:
        seen = self.numbers.count(event.number)
        self.taken.append((event.number, delivery, asyncio.get_running_loop().time()))
        trouble = self._trouble(event.number, seen)
        if trouble:
            raise trouble


def opened(number: int) -> Envelope:
    event = DoorOpened(number=number)
    return Envelope.of(event, id=uuid4(), source="test", subject=str(uuid4()), time=datetime.now(UTC), tenant_id=TENANT)


def subscriptions(consumer: str) -> list[Subscription]:
    return [Subscription(consumer, DoorOpened, Porter), Subscription(consumer, DoorClosed, Porter)]


@asynccontextmanager
async def consuming(
    url: str, porter: Porter, consumer: str, *, delays_s: Sequence[float] = DELAYS_S, stop_timeout_s: float = 5.0
) -> AsyncIterator[AmqpConsumers]:
    """A worker of one service, whose container makes the porter."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: porter, provides=Porter)
    container = make_async_container(provider)
    broker = rabbit_broker(url, reconnect_s=0.2, stop_timeout_s=stop_timeout_s)
    consumers = AmqpConsumers(broker, container, subscriptions(consumer), retry_delays_s=delays_s)
    try:
        await consumers.start()
        yield consumers
    finally:
        await consumers.stop()
        await container.close()


@asynccontextmanager
async def publishing(url: str) -> AsyncIterator[AmqpPublisher]:
    """A relay's publisher."""
    broker = rabbit_broker(url, reconnect_s=0.2)
    try:
        publisher = AmqpPublisher(broker, subscriptions=[], publish_timeout_s=2.0)
        yield publisher
    finally:
        await broker.stop()


@dataclass
class Queues:
    """The queues of one consumer, as an operator sees them."""

    url: str
    consumer: str

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        connection = await aio_pika.connect(self.url)
        async with connection:
            yield await connection.channel()

    async def count(self, suffix: str = "") -> int:
        """Return how many messages wait in the queue; those being taken are not counted."""
        async with self.channel() as channel:
            queue = await channel.declare_queue(f"fairseat.{self.consumer}{suffix}", passive=True)
            return queue.declaration_result.message_count or 0

    async def dead(self) -> AbstractIncomingMessage:
        """Wait for a message in the dead queue and take it."""
        async with self.channel() as channel, asyncio.timeout(10):
            queue = await channel.declare_queue(f"fairseat.{self.consumer}.dead", passive=True)
            while True:
                message = await queue.get(fail=False)
                if message is not None:
                    await message.ack()
                    return message
                await asyncio.sleep(0.05)

    async def delete(self) -> None:
        async with self.channel() as channel:
            delays = [f".retry.{round(delay_s * 1000)}ms" for delay_s in DELAYS_S]
            for suffix in ["", ".dead", *delays]:
                await channel.queue_delete(f"fairseat.{self.consumer}{suffix}")


async def until(condition: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
    """Wait for the condition; raises TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)
