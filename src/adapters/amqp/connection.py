"""The connection to RabbitMQ, which comes back by itself after the node was away."""

from aio_pika.exceptions import AMQPError
from faststream.exceptions import FastStreamException
from faststream.rabbit import Channel, RabbitBroker

from core.shared.errors import UnavailableError

RABBIT_ERRORS = (AMQPError, FastStreamException, OSError, RuntimeError, TimeoutError)
"""What the libraries raise when the node is away or says no; a channel in a wrong state is a RuntimeError to them."""


class BrokerUnavailableError(UnavailableError):
    """RabbitMQ cannot be used: it does not answer, or what stands in it has other properties than ours."""


def rabbit_broker(
    url: str,
    *,
    prefetch: int = 16,
    connect_timeout_s: float = 10.0,
    reconnect_s: float = 1.0,
    stop_timeout_s: float = 15.0,
) -> RabbitBroker:
    """Return a broker that is not connected yet; connecting for the first time raises at once when nobody answers.

    All goes over one channel with publisher confirms, on which a mandatory message without a queue is an error. At
    most `prefetch` messages of each consumer are under way at a time; stopping waits at most `stop_timeout_s` for
    them, and the rest goes back to their queues.
    """
    return RabbitBroker(
        url,
        timeout=connect_timeout_s,
        reconnect_interval=reconnect_s,
        graceful_timeout=stop_timeout_s,
        default_channel=Channel(prefetch_count=prefetch, publisher_confirms=True, on_return_raises=True),
        app_id="fairseat",
        logger=None,
    )
