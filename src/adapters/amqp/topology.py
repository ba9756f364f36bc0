"""What stands in RabbitMQ: one exchange of events, and for each consumer a queue, a ladder of retries and a dead queue.

Only features that RabbitMQ 3.10 and 4 share. Declaring is idempotent, so every process declares all it knows of:
an event that is published before its consumer ever ran waits in the queue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import QueueType

from ports.events import Subscription

EVENTS = RabbitExchange("fairseat.events", type=ExchangeType.TOPIC, durable=True)
"""Every event, with its type as routing key."""

DEAD = RabbitExchange("fairseat.dead", type=ExchangeType.DIRECT, durable=True)
"""What a consumer's queue gave up, with the consumer's name as routing key."""

RETRY_DELAYS_S: tuple[float, ...] = (1.0, 5.0, 30.0)
DELIVERIES_MAX = 20
"""After so many deliveries without an answer (a consumer that crashes its process) RabbitMQ itself gives up."""


@dataclass(frozen=True, slots=True)
class ConsumerQueues:
    """The names and queues of one consumer."""

    consumer: str
    event_types: tuple[str, ...]
    retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S

    @property
    def work(self) -> RabbitQueue:
        """The queue that the consumer reads."""
        return RabbitQueue(
            f"fairseat.{self.consumer}",
            queue_type=QueueType.QUORUM,
            durable=True,
            arguments={
                "x-delivery-limit": DELIVERIES_MAX,
                "x-dead-letter-exchange": DEAD.name,
                "x-dead-letter-routing-key": self.consumer,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )

    @property
    def retries(self) -> tuple[RabbitQueue, ...]:
        """Queues that nobody reads: after its delay a message returns to the work queue."""
        return tuple(self._retry(delay_s) for delay_s in self.retry_delays_s)

    @property
    def dead(self) -> RabbitQueue:
        """Where events wait for a person."""
        return RabbitQueue(f"fairseat.{self.consumer}.dead", queue_type=QueueType.QUORUM, durable=True)

    def _retry(self, delay_s: float) -> RabbitQueue:
        # The delay stands in the name, since the arguments of a queue can never change.
        delay_ms = round(delay_s * 1000)
        return RabbitQueue(
            f"fairseat.{self.consumer}.retry.{delay_ms}ms",
            queue_type=QueueType.QUORUM,
            durable=True,
            arguments={
                "x-message-ttl": delay_ms,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self.work.name,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )


def queues_of(
    subscriptions: Iterable[Subscription], *, retry_delays_s: Sequence[float] = RETRY_DELAYS_S
) -> tuple[ConsumerQueues, ...]:
    """Return the queues of every consumer that the subscriptions name; one may listen to several event types."""
    types: dict[str, list[str]] = {}
    for subscription in subscriptions:
        types.setdefault(subscription.consumer, []).append(subscription.event.event_type)
    return tuple(ConsumerQueues(consumer, tuple(found), tuple(retry_delays_s)) for consumer, found in types.items())


async def declare(broker: RabbitBroker, consumers: Iterable[ConsumerQueues]) -> None:
    """Make exchanges, queues and bindings that are missing; the broker must be connected.

    Raises an AMQP error when one exists with other properties, which only a person can put right.
    """
    events = await broker.declare_exchange(EVENTS)
    dead_letters = await broker.declare_exchange(DEAD)
    for consumer in consumers:
        dead = await broker.declare_queue(consumer.dead)
        await dead.bind(dead_letters, routing_key=consumer.consumer)
        for retry in consumer.retries:
            await broker.declare_queue(retry)
        work = await broker.declare_queue(consumer.work)
        for event_type in consumer.event_types:
            await work.bind(events, routing_key=event_type)
