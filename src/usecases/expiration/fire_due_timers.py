"""Telling the owners that a time has come."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from core.expiration.timer import Timer
from ports.clock import Clock
from ports.events import Envelope, EventPublisher, PublishError, PublisherUnavailableError
from ports.expiration import Timers
from ports.published.expiration import TimerFired

_log = logging.getLogger(__name__)

_NAMESPACE = UUID("6f6d1f1e-6c1b-5c0b-9d0a-4a6b6f3f2d11")
"""Of event ids made from timers (RFC 9562, version 5)."""


@dataclass(frozen=True, slots=True)
class FireDueTimers:
    """Background work. A timer is forgotten only after its event has arrived, so it fires at least once.

    The event's id is made from the timer, so that a timer that fires twice is one event to the inboxes. A timer that
    could not be told for `give_up_after_s` is dropped: the owner's sweep has found its subject long since.
    """

    timers: Timers
    publisher: EventPublisher
    clock: Clock
    timers_max: int = 100
    lease_s: float = 30.0
    give_up_after_s: float = 3600.0

    async def __call__(self) -> int:
        """Return how many timers were told or dropped.

        Raises TimersUnavailableError, and PublisherUnavailableError when nothing can be told; those claimed come back.
        """
        now = self.clock.now()
        settled = 0
        for timer in await self.timers.claim_due(now=now, timers_max=self.timers_max, lease_s=self.lease_s):
            try:
                await self.publisher.publish(_event_of(timer))
            except PublisherUnavailableError:
                raise
            except PublishError as error:
                if timer.overdue_by(now) < timedelta(seconds=self.give_up_after_s):
                    _log.warning("timer of %s %s will fire again: %s", timer.kind, timer.subject_id, error)
                    continue
                _log.exception("timer of %s %s is dropped", timer.kind, timer.subject_id)
            await self.timers.acknowledge(timer)
            settled += 1
        return settled


def _event_of(timer: Timer) -> Envelope:
    name = f"{timer.kind}:{timer.tenant_id}:{timer.subject_id}:{timer.due_at.isoformat()}"
    return Envelope.of(
        TimerFired(kind=timer.kind, subject_id=timer.subject_id, due_at=timer.due_at),
        id=uuid5(_NAMESPACE, name),
        source="fairseat/expiration",
        subject=str(timer.subject_id),
        time=timer.due_at,
        tenant_id=timer.tenant_id,
    )
