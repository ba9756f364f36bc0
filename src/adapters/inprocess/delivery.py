"""Handing events to consumers in the same process, with the meaning that a broker would give: at least once."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, override

from adapters.system.observer import DONE, NOBODY, REFUSED, Observer
from adapters.system.watched_events import watched
from core.shared.errors import UnavailableError
from ports.events import Consumer, Envelope, EventPublisher, PublishError, Subscription
from usecases.messaging.take_event import take_event

_log = logging.getLogger(__name__)

type Resolve = Callable[[type[Consumer[Any]]], Awaitable[Consumer[Any]]]
"""Gives the use case of a class, as `container.get` does. Any: consumers of all events pass through here."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription, and the container of its service to take the consumer from."""

    subscription: Subscription
    resolve: Resolve


class InProcessPublisher(EventPublisher):
    """Calls every consumer of an event, one after the other; an event that nobody wants has arrived as well.

    A refusal is logged and settles the matter. When a consumer fails, the others still get the event and then
    PublishError is raised: the relay tries again, and the inboxes keep those who had it from a second effect.
    """

    def __init__(self, subscribers: Sequence[Subscriber], *, observer: Observer = NOBODY) -> None:
        self._observer = observer
        self._subscribers: dict[str, list[Subscriber]] = {}
        for subscriber in subscribers:
            self._subscribers.setdefault(subscriber.subscription.event.event_type, []).append(subscriber)

    @override
    async def publish(self, envelope: Envelope) -> None:
        failures: list[str] = []
        for subscriber in self._subscribers.get(envelope.type, []):
            name = subscriber.subscription.consumer
            with watched(envelope, name, self._observer) as taking:
                try:
                    consumer = await subscriber.resolve(subscriber.subscription.handler)
                    refusal = await take_event(envelope, subscription=subscriber.subscription, consumer=consumer)
                except UnavailableError as error:
                    _log.warning("%s cannot take %s %s yet: %s", name, envelope.type, envelope.id, error)
                    failures.append(f"{name}: {type(error).__name__}: {error}")
                    continue
                except Exception as error:  # noqa: BLE001  (whatever a consumer raises is a failure; it is raised below)
                    _log.exception("%s failed to take %s %s", name, envelope.type, envelope.id)
                    failures.append(f"{name}: {type(error).__name__}: {error}")
                    continue
                taking.outcome = DONE if refusal is None else REFUSED
                if refusal is not None:
                    _log.warning(
                        "%s refused %s %s: %s (%s)", name, envelope.type, envelope.id, refusal.message, refusal.code
                    )
        if failures:
            raise PublishError("; ".join(failures))
