"""Puts the events whose webhooks never came into the inbox, from the provider's own list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.webhooks.reading import Reading, end, lease, looks_from, start_over, turn
from ports.clock import Clock
from ports.ids import IdSource
from ports.webhooks import EventList, EventReadings, VerifiedEvent, WebhookInbox, WebhookQueue
from usecases.webhooks.arrived import arrived

PAGES_MAX = 10
"""How many pages one round reads; a pass goes on in the next round."""

LEASE_S = 120.0
"""Longer than a page takes with all the tries that its call has."""

GRACE_S = 60.0
"""Younger events are left to their webhooks; those that come from here were late, or would not have come."""

WAITING_MAX = 500
"""While so many webhooks wait for their effect no page is read: what is new must not queue behind what was missed."""


@dataclass(frozen=True, slots=True)
class ReadMissedEvents:
    """For the worker; one at a time, every `interval_s`. Heals lost webhooks of every kind, by the way of any webhook.

    One list tells of what happened to any payment at any time: a refund made in the provider's pages, one that came
    back, a dispute after four months. Reading each settled payment anew at some later moments would cost calls for
    every payment there ever was, find a dispute only at the next of those moments, and need a rule of its own for each
    kind of object. What is found goes into the inbox, where an event's id is stored once, so nothing has two effects.

    Progress follows the provider's times, so a clock of ours that is wrong makes it late and loses nothing. The
    provider keeps its list for a bounded time (Stripe for 30 days); for what is older there is the comparison of books.
    """

    source: str
    events: EventList
    readings: EventReadings
    inbox: WebhookInbox
    queue: WebhookQueue
    clock: Clock
    ids: IdSource
    interval_s: float

    async def __call__(self) -> int:
        """Return how many pages were read; raises UnavailableError when the provider does not answer."""
        backlog = await self.queue.backlog(now=self.clock.now())
        if backlog.unhandled - backlog.failed >= WAITING_MAX:
            return 0
        reading = await self.readings.take(self.source, now=self.clock.now(), lease_s=LEASE_S)
        pages = 0
        while reading is not None and pages < PAGES_MAX:
            pages += 1
            reading = await self._page(reading, last=pages == PAGES_MAX)
        return pages

    async def _page(self, reading: Reading, *, last: bool) -> Reading | None:
        """Read a page and store how far that is; return None once the pass has ended."""
        now = self.clock.now()
        page = await self.events.page(
            since=looks_from(reading, now=now), before=now - timedelta(seconds=GRACE_S), after=reading.after
        )
        now = self.clock.now()
        if page is None:
            reading = start_over(reading)
        else:
            await self._put_unknown(page.events)
            newest = page.events[0].occurred_at if page.events else None
            if newest is None or not page.more:
                await self.readings.save(end(reading, newest=newest, now=now, interval_s=self.interval_s))
                return None
            reading = turn(reading, newest=newest, last_id=page.events[-1].event_id)
        await self.readings.save(lease(reading, now=now, lease_s=0 if last else LEASE_S))
        return reading

    async def _put_unknown(self, events: Sequence[VerifiedEvent]) -> None:
        """Store those that never came, the oldest first."""
        known = await self.queue.known(self.source, [event.event_id for event in events])
        for event in reversed(events):
            if event.event_id not in known:
                await self.inbox.put(arrived(event, source=self.source, id=self.ids.new(), now=self.clock.now()))
