"""What the webhook inbox hands to whoever understands the events of a provider."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

STRIPE = "stripe"
STRIPE_CONNECT = "stripe-connect"
"""Whose events: those of the platform's own account, and those of the accounts that are connected to it."""


class ProviderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified event: `body` is the JSON text as the provider signed it, `occurred_at` the provider's time.

    `account` is the provider's id of the connected account that it is of; None for the platform's own events. What a
    connected account wrote into its objects, metadata say, is that account's word and nobody else's.
    """

    source: str
    event_id: str
    event_type: str
    account: str | None = None
    occurred_at: datetime
    body: str


class ProviderEventOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler says of an event: whose it was, where it knows; a note, where the event had no effect at all."""

    tenant_id: UUID | None = None
    note: str | None = None


class ProviderEventHandler(Protocol):
    """Gives events their effect. It may get one again, or late, or out of order, and must not mind."""

    @abstractmethod
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome | None:
        """Take the event, or leave it alone when it means nothing to us; whatever is raised is a failed try."""
