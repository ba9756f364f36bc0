"""Giving an event to its consumer: the same meaning of refusal and failure over every link."""

from typing import Any

import msgspec

from core.shared.errors import DomainError
from ports.events import Consumer, Delivery, Envelope, Subscription


class UndecodableEventError(Exception):
    """The data is not what the event type promises; no retry will change that."""


async def take_event(
    envelope: Envelope,
    *,
    subscription: Subscription,
    consumer: Consumer[Any],  # Any: the subscription pairs the consumer with its type of event
) -> DomainError | None:
    """Call the consumer with the event; return its refusal, which is an answer and needs no retry, or None.

    Any other exception of the consumer is a failure and passes through. Raises UndecodableEventError when the data
    cannot be read.
    """
    try:
        event = envelope.decode(subscription.event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableEventError(f"{envelope.type} {envelope.id}: {error}") from error
    try:
        await consumer(event, Delivery(event_id=envelope.id, tenant_id=envelope.tenantid))
    except DomainError as refusal:
        return refusal
    return None
