"""Publishing what waits in an outbox."""

from dataclasses import dataclass
from datetime import timedelta

from ports.clock import Clock
from ports.events import Envelope, EventPublisher, OutboxQueue, PublishError, PublisherUnavailableError


@dataclass(frozen=True, slots=True)
class RelayOutbox:
    """Background work of each service; several relays may drain one outbox at once.

    Events of one claim are published one after the other, oldest first. An event that fails is put off, twice as long
    each time, and given up after `retries_max` tries more; it then stays in the outbox as dead, for a person to see.
    While nothing at all can be published no event is blamed: the rest of the claim is given back and the error raised,
    so that the worker loop waits.
    """

    queue: OutboxQueue
    publisher: EventPublisher
    clock: Clock
    events_max: int = 100
    lease_s: float = 60.0
    retries_max: int = 12
    backoff_s: float = 1.0
    backoff_max_s: float = 300.0

    async def __call__(self) -> int:
        """Return how many events were handled, those that failed included.

        Raises PublisherUnavailableError when the broker is away.
        """
        started_at = self.clock.now()
        claimed = await self.queue.claim(now=started_at, events_max=self.events_max, lease_s=self.lease_s)
        # Half the lease is left for the publishing that is under way, so that no other relay publishes beside us.
        stop_at = started_at + timedelta(seconds=self.lease_s / 2)
        waiting = list(claimed)
        published: list[Envelope] = []
        try:
            while waiting and self.clock.now() < stop_at:
                envelope = waiting[0]
                try:
                    await self.publisher.publish(envelope)
                except PublisherUnavailableError:
                    raise
                except PublishError as error:
                    await self._put_off(envelope, error)
                else:
                    published.append(envelope)
                del waiting[0]
        finally:
            if published:
                await self.queue.mark_published([envelope.id for envelope in published], at=self.clock.now())
            if waiting:
                await self.queue.release([envelope.id for envelope in waiting])
        return len(claimed) - len(waiting)

    async def _put_off(self, envelope: Envelope, error: PublishError) -> None:
        failed = await self.queue.attempts(envelope.id)
        if failed >= self.retries_max:
            await self.queue.mark_failed(envelope.id, error=str(error), retry_at=None)
            return
        delay_s = min(self.backoff_max_s, self.backoff_s * 2**failed)
        retry_at = self.clock.now() + timedelta(seconds=delay_s)
        await self.queue.mark_failed(envelope.id, error=str(error), retry_at=retry_at)
