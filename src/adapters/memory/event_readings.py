"""A provider's list of events, and how far it has been read, in memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from core.shared.errors import UnavailableError
from core.webhooks.reading import Reading, begin, is_due, lease
from ports.webhooks import EventList, EventPage, EventReadings, VerifiedEvent


class MemoryEventList(EventList):
    """Lists what `happened`; gives no answer while it is `away`."""

    def __init__(self, *, page_size: int = 100) -> None:
        self._events: list[VerifiedEvent] = []
        self._page_size = page_size
        self.away = False
        self.calls = 0

    def happened(self, event: VerifiedEvent) -> None:
        """List an event."""
        self._events.append(event)

    def forget(self, event_id: str) -> None:
        """List an event no more, as one that is too old."""
        self._events = [event for event in self._events if event.event_id != event_id]

    @override
    async def page(self, *, since: datetime, before: datetime, after: str | None) -> EventPage | None:
        if self.away:
            raise UnavailableError("The list of events does not answer.")
        self.calls += 1
        newest_first = sorted(self._events, key=lambda event: event.occurred_at)[::-1]
        found: Sequence[VerifiedEvent] = newest_first
        if after is not None:
            places = [place for place, event in enumerate(newest_first) if event.event_id == after]
            if not places:
                return None
            found = newest_first[places[0] + 1 :]
        first, last = since.replace(microsecond=0), before.replace(microsecond=0)
        found = [event for event in found if first <= event.occurred_at < last]
        return EventPage(found[: self._page_size], more=len(found) > self._page_size)


class MemoryEventReadings(EventReadings):
    """How far lists have been read."""

    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}

    @override
    async def take(self, source: str, *, now: datetime, lease_s: float) -> Reading | None:
        reading = self._readings.get(source) or begin(source, now=now)
        if not is_due(reading, now=now):
            return None
        self._readings[source] = leased = lease(reading, now=now, lease_s=lease_s)
        return leased

    @override
    async def save(self, reading: Reading) -> None:
        self._readings[reading.source] = reading

    @override
    async def read_at(self, source: str) -> datetime | None:
        reading = self._readings.get(source)
        return None if reading is None else reading.read_at
