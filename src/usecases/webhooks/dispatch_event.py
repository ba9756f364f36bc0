"""Brings each event of a provider to whoever understands its type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import override

from ports.published.webhooks import ProviderEvent, ProviderEventHandler, ProviderEventOutcome

NOBODY = "Nobody handles events of this type."


@dataclass(frozen=True, slots=True)
class EventRoute:
    """Events of `source` whose type begins with `prefix` are for `handler`.

    A prefix such as `charge.` stands for a family, and a whole type for itself: the longest that fits is taken.
    """

    source: str
    prefix: str
    handler: ProviderEventHandler


@dataclass(frozen=True, slots=True)
class DispatchEvent(ProviderEventHandler):
    """Part of processing webhooks: a table from types to handlers. What nobody handles is done with, and says so."""

    routes: Sequence[EventRoute]

    @override
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome | None:
        """Let one handler take the event; raises what that raises."""
        fitting = [
            route for route in self.routes if route.source == event.source and event.event_type.startswith(route.prefix)
        ]
        if not fitting:
            return ProviderEventOutcome(note=NOBODY)
        return await max(fitting, key=lambda route: len(route.prefix)).handler(event)
