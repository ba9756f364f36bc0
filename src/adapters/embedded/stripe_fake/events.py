"""Events: made when something happens to an object, kept, and sent to the endpoint that listens."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Protocol, override

from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now
from adapters.embedded.stripe_fake.settings import API_VERSION
from adapters.embedded.stripe_fake.webhooks import WebhookSender

_NO_REQUEST: StripeDict = {"id": None, "idempotency_key": None}


class Announce(Protocol):
    """Tells that something happened to an object."""

    @abstractmethod
    def __call__(
        self, kind: str, about: StripeDict, *, account: str | None = None, before: StripeDict | None = None
    ) -> None:
        """Tell it: `account` is the connected account that it belongs to, `before` how the object looked."""


class Events(Announce):
    """Keeps each event with the object as it is now, and hands it to the sender."""

    def __init__(self, ledger: Ledger, sender: WebhookSender) -> None:
        self._ledger = ledger
        self._sender = sender
        self._request = _NO_REQUEST

    @contextmanager
    def caused_by(self, *, idempotency_key: str | None) -> Iterator[None]:
        """Name the call that causes the events meanwhile; other events come of themselves."""
        self._request = {"id": new_id("req", length=14), "idempotency_key": idempotency_key}
        try:
            yield
        finally:
            self._request = _NO_REQUEST

    @override
    def __call__(
        self, kind: str, about: StripeDict, *, account: str | None = None, before: StripeDict | None = None
    ) -> None:
        """Keep the event and have it sent."""
        data: StripeDict = {"object": deepcopy(about)}
        if before is not None:
            data["previous_attributes"] = {
                name: deepcopy(value) for name, value in before.items() if about.get(name) != value
            }
        event: StripeDict = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": self._request,
            "type": kind,
        }
        if account is not None:
            event["account"] = account
        sent = self._sender.listens_to(event)
        event["pending_webhooks"] = int(sent)
        self._ledger.put("events", event)
        if sent:
            self._sender.send(event)
