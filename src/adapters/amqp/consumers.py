"""Consumers on RabbitMQ: take, retry by ladder, give up; the same meaning as delivery in process."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from dishka import AsyncContainer
from dishka_faststream import FromDishka, inject, setup_dishka
from faststream import AckPolicy
from faststream.rabbit import RabbitBroker, RabbitExchange, RabbitMessage
from faststream.rabbit.subscriber import RabbitSubscriber

from adapters.amqp.connection import RABBIT_ERRORS, BrokerUnavailableError
from adapters.amqp.publisher import CONTENT_TYPE
from adapters.amqp.topology import DEAD, RETRY_DELAYS_S, ConsumerQueues, declare, queues_of
from adapters.system.observer import DONE, FAILED, NOBODY, REFUSED, Observer
from adapters.system.watched_events import watched
from core.shared.errors import UnavailableError
from ports.events import Consumer, Envelope, Subscription
from usecases.messaging.take_event import UndecodableEventError, take_event

_log = logging.getLogger(__name__)

ATTEMPT_HEADER = "x-attempt"
ERROR_HEADER = "x-error"
_ERROR_LENGTH_MAX = 500


class AmqpConsumers:
    """The consumers of one service, made by its container.

    A message is acknowledged when its consumer succeeded or refused, or when RabbitMQ has confirmed it in the next
    queue: a retry queue after a failure, the dead queue after the last one, or at once when it cannot be read.
    So a crash at any point makes a repeat, never a loss.
    """

    def __init__(
        self,
        broker: RabbitBroker,
        container: AsyncContainer,
        subscriptions: Sequence[Subscription],
        *,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        take_timeout_s: float = 60.0,
        publish_timeout_s: float = 5.0,
        observer: Observer = NOBODY,
    ) -> None:
        self._broker = broker
        self._observer = observer
        self._take_timeout_s = take_timeout_s
        self._publish_timeout_s = publish_timeout_s
        self._queues = queues_of(subscriptions, retry_delays_s=retry_delays_s)
        self._subscribers: list[RabbitSubscriber] = []
        setup_dishka(container, broker=broker)
        for queues in self._queues:
            by_type = {each.event.event_type: each for each in subscriptions if each.consumer == queues.consumer}
            self._subscribe(queues, by_type)

    async def start(self) -> None:
        """Connect, declare what is missing and begin to read; raises BrokerUnavailableError, with nothing left open.

        A connection that breaks later comes back by itself.
        """
        try:
            await self._broker.connect()
            await declare(self._broker, self._queues)
            for subscriber in self._subscribers:
                # FastStream drops, unanswered, what arrives between its subscribing and its saying that it runs.
                subscriber.running = True
            await self._broker.start()
        except RABBIT_ERRORS as error:
            await self._broker.stop()
            raise BrokerUnavailableError(f"RabbitMQ: {type(error).__name__}: {error}") from error

    async def stop(self) -> None:
        """Take no more, let what is under way end, and close the connection."""
        await self._broker.stop()

    def _subscribe(self, queues: ConsumerQueues, by_type: Mapping[str, Subscription]) -> None:
        async def take(message: RabbitMessage, container: FromDishka[AsyncContainer]) -> None:
            await self._take(message, container, queues, by_type)

        subscriber = self._broker.subscriber(
            queues.work, ack_policy=AckPolicy.MANUAL, decoder=_undecoded, no_reply=True
        )
        subscriber(inject(take))
        self._subscribers.append(subscriber)

    async def _take(
        self,
        message: RabbitMessage,
        container: AsyncContainer,
        queues: ConsumerQueues,
        by_type: Mapping[str, Subscription],
    ) -> None:
        try:
            envelope = msgspec.json.decode(message.body, type=Envelope)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            await self._give_up(message, queues, f"no CloudEvent: {error}")
            return
        subscription = by_type.get(envelope.type)
        if subscription is None:
            # A binding of an earlier version is left: nobody here wants this any more.
            _log.warning("%s does not listen to %s; %s is passed over", queues.consumer, envelope.type, envelope.id)
            await message.ack()
            return
        with watched(envelope, queues.consumer, self._observer) as taking:
            taking.outcome = await self._given(message, envelope, container, queues, subscription)

    async def _given(
        self,
        message: RabbitMessage,
        envelope: Envelope,
        container: AsyncContainer,
        queues: ConsumerQueues,
        subscription: Subscription,
    ) -> str:
        """Give the event to its consumer, answer RabbitMQ, and return how it ended."""
        try:
            async with asyncio.timeout(self._take_timeout_s):
                consumer: Consumer[Any] = await container.get(subscription.handler)
                refusal = await take_event(envelope, subscription=subscription, consumer=consumer)
        except UndecodableEventError as error:
            await self._give_up(message, queues, str(error))
            return FAILED
        except UnavailableError as error:
            _log.warning("%s cannot take %s %s yet: %s", queues.consumer, envelope.type, envelope.id, error)
            await self._try_later(message, queues, f"{type(error).__name__}: {error}")
            return FAILED
        except Exception as error:  # noqa: BLE001  (whatever a consumer raises is a failure; it goes up the ladder)
            _log.exception("%s failed to take %s %s", queues.consumer, envelope.type, envelope.id)
            await self._try_later(message, queues, f"{type(error).__name__}: {error}")
            return FAILED
        if refusal is not None:
            _log.warning(
                "%s refused %s %s: %s (%s)",
                queues.consumer,
                envelope.type,
                envelope.id,
                refusal.message,
                refusal.code,
            )
        await message.ack()
        return DONE if refusal is None else REFUSED

    async def _try_later(self, message: RabbitMessage, queues: ConsumerQueues, reason: str) -> None:
        attempt = _attempt(message)
        if attempt >= len(queues.retries):
            await self._give_up(message, queues, reason)
            return
        await self._move(message, reason, attempt=attempt + 1, exchange=None, routing_key=queues.retries[attempt].name)

    async def _give_up(self, message: RabbitMessage, queues: ConsumerQueues, reason: str) -> None:
        _log.error("%s gives up message %s: %s", queues.consumer, message.message_id, reason)
        await self._move(message, reason, attempt=_attempt(message), exchange=DEAD, routing_key=queues.consumer)

    async def _move(
        self, message: RabbitMessage, reason: str, *, attempt: int, exchange: RabbitExchange | None, routing_key: str
    ) -> None:
        """Put the message into another queue and acknowledge it once that is confirmed; give it back otherwise."""
        try:
            async with asyncio.timeout(self._publish_timeout_s):
                await self._broker.publish(
                    message.body,
                    exchange=exchange,
                    routing_key=routing_key,
                    headers={ATTEMPT_HEADER: attempt, ERROR_HEADER: reason[:_ERROR_LENGTH_MAX]},
                    message_id=message.message_id,
                    message_type=message.raw_message.type,
                    content_type=message.content_type or CONTENT_TYPE,
                    persist=True,
                    mandatory=True,
                )
        except RABBIT_ERRORS:
            _log.exception("message %s could not be moved to %s and goes back", message.message_id, routing_key)
            await message.nack(requeue=True)
        else:
            await message.ack()


def _attempt(message: RabbitMessage) -> int:
    """Return how many retries the message has had; what somebody else put there counts as none."""
    header = message.headers.get(ATTEMPT_HEADER)
    return header if isinstance(header, int) and header > 0 else 0


async def _undecoded(message: RabbitMessage) -> bytes:
    """Hand the body over as it came: what cannot be read is ours to put aside, not the library's to drop."""
    return message.body
