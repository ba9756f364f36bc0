"""Publishing events to RabbitMQ, as CloudEvents in structured mode."""

import asyncio
from collections.abc import Sequence
from typing import override

import msgspec
from aio_pika.exceptions import DeliveryError
from faststream.rabbit import RabbitBroker

from adapters.amqp.connection import RABBIT_ERRORS
from adapters.amqp.topology import EVENTS, declare, queues_of
from ports.events import Envelope, EventPublisher, PublishError, PublisherUnavailableError, Subscription

CONTENT_TYPE = "application/cloudevents+json"


class AmqpPublisher(EventPublisher):
    """An event has arrived when RabbitMQ confirms it, which it does once the queues have stored it.

    An event without a queue has arrived as well: nobody listens. So that nobody who listens is missed, the queues of
    `subscriptions`, those of every service, are declared before the first event. The first event connects, too:
    a relay may start before RabbitMQ. `declare_timeout_s` bounds that, `publish_timeout_s` the wait for each confirm.
    """

    def __init__(
        self,
        broker: RabbitBroker,
        *,
        subscriptions: Sequence[Subscription],
        publish_timeout_s: float = 5.0,
        declare_timeout_s: float = 30.0,
    ) -> None:
        self._broker = broker
        self._queues = queues_of(subscriptions)
        self._publish_timeout_s = publish_timeout_s
        self._declare_timeout_s = declare_timeout_s
        self._declared = False
        self._declaring = asyncio.Lock()

    @override
    async def publish(self, envelope: Envelope) -> None:
        try:
            await self._be_ready()
            # The client waits as long as it takes for a connection to come back, so the whole is bounded here.
            async with asyncio.timeout(self._publish_timeout_s):
                await self._broker.publish(
                    msgspec.json.encode(envelope),
                    exchange=EVENTS,
                    routing_key=envelope.type,
                    message_id=str(envelope.id),
                    message_type=envelope.type,
                    timestamp=envelope.time,
                    content_type=CONTENT_TYPE,
                    persist=True,
                    mandatory=False,
                )
        except DeliveryError as error:
            raise PublishError(f"RabbitMQ refused {envelope.type}: {error}") from error
        except RABBIT_ERRORS as error:
            raise PublisherUnavailableError(f"RabbitMQ: {type(error).__name__}: {error}") from error

    async def stop(self) -> None:
        """Close the connection."""
        await self._broker.stop()

    async def _be_ready(self) -> None:
        if self._declared:
            return
        async with asyncio.timeout(self._declare_timeout_s), self._declaring:
            if not self._declared:
                await self._broker.connect()
                await declare(self._broker, self._queues)
                self._declared = True
