"""How many events wait in the dead queues of RabbitMQ."""

from collections.abc import Mapping, Sequence
from typing import override

import aio_pika
from aio_pika.exceptions import ChannelNotFoundEntity

from adapters.amqp.connection import RABBIT_ERRORS, BrokerUnavailableError
from adapters.amqp.topology import queues_of
from ports.doctor import DeadLetterQueues
from ports.events import Subscription

_TIMEOUT_S = 10.0


class AmqpDeadLetters(DeadLetterQueues):
    """Asks for each consumer's dead queue, changing nothing; one that was never made has none."""

    def __init__(self, url: str, subscriptions: Sequence[Subscription]) -> None:
        self._url = url
        self._names = [queues.dead.name for queues in queues_of(subscriptions)]

    @override
    async def depths(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        try:
            async with await aio_pika.connect(self._url, timeout=_TIMEOUT_S) as connection:
                for name in self._names:
                    try:
                        # RabbitMQ closes the channel with its answer that there is no such queue.
                        async with connection.channel() as channel:
                            queue = await channel.declare_queue(name, passive=True, timeout=_TIMEOUT_S)
                            found[name] = queue.declaration_result.message_count or 0
                    except ChannelNotFoundEntity:
                        continue
        except RABBIT_ERRORS as error:
            raise BrokerUnavailableError(f"RabbitMQ: {type(error).__name__}: {error}") from error
        return found
