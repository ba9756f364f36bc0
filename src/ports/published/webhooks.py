"""What the webhook inbox hands to whoever understands the events of a provider."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

import msgspec


class ProviderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified event: `body` is the JSON text as the provider signed it, `occurred_at` the provider's time."""

    source: str
    event_id: str
    event_type: str
    occurred_at: datetime
    body: str


class ProviderEventHandler(Protocol):
    """Gives events their effect. It may get one again, or late, or out of order, and must not mind."""

    @abstractmethod
    async def __call__(self, event: ProviderEvent) -> None:
        """Take the event, or leave it alone when it means nothing to us; whatever is raised is a failed try."""
