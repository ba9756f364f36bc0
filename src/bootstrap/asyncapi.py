"""The events of all services, for their AsyncAPI document; needs no server and no settings."""

import importlib
import json
import pkgutil
from collections.abc import Iterator

import ports.published
from adapters.amqp.asyncapi import asyncapi_document
from bootstrap.version import VERSION
from ports.events import Event

SERVICE_OF = {
    "admission": "admission",
    "expiration": "expiration",
    "identity": "auth",
    "orders": "order",
    "payments": "payment",
    "personal_data": "user",  # and every service that keeps something of a person; `service` says which
    "resale": "venue",
    "operations": "venue",
    "seating": "venue",
    "ticketing": "venue",
    "users": "user",
    "venues": "venue",
}
"""Which service publishes the events of a context; ticketing has no outbox, and venue tells of it."""


def published_events() -> Iterator[type[Event]]:
    """Yield every event that a context publishes, in no promised order."""
    for module in pkgutil.iter_modules(ports.published.__path__, prefix=f"{ports.published.__name__}."):
        for found in vars(importlib.import_module(module.name)).values():
            if isinstance(found, type) and issubclass(found, Event) and found.__module__ == module.name:
                yield found


def events_document() -> str:
    """Return the AsyncAPI document as JSON in an order that only a change of the events changes."""
    sources = {event: f"fairseat/{SERVICE_OF[event.__module__.rpartition('.')[2]]}" for event in published_events()}
    return json.dumps(asyncapi_document(sources, version=VERSION), indent=1, sort_keys=True) + "\n"
