"""Publishing what waits in an outbox."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ports.clock import Clock
from ports.events import Envelope, EventPublisher, OutboxQueue, PublishError, PublisherUnavailableError


@dataclass(frozen=True, slots=True)
class RelayOutbox:
    """Background work of each service; several relays may drain one outbox at once.

    Events about one subject are published one after the other, oldest first; up to `subjects_max` subjects go side by
    side. An event that fails is put off, twice as long each time, and given up after `retries_max` tries more; it then
    stays in the outbox as dead, for a person to see. While nothing at all can be published no event is blamed: the
    rest of the claim is given back and the error raised, so that the worker loop waits.
    """

    queue: OutboxQueue
    publisher: EventPublisher
    clock: Clock
    events_max: int = 100
    subjects_max: int = 8
    lease_s: float = 20.0
    retries_max: int = 12
    backoff_s: float = 1.0
    backoff_max_s: float = 300.0

    async def __call__(self) -> int:
        """Return how many events were handled, those that failed included.

        Raises PublisherUnavailableError when the broker is away.
        """
        started_at = self.clock.now()
        claimed = await self.queue.claim(now=started_at, events_max=self.events_max, lease_s=self.lease_s)
        by_subject = defaultdict[str, list[Envelope]](list)
        for envelope in claimed:
            by_subject[envelope.subject].append(envelope)
        # Half the lease is left for the publishing that is under way, so that no other relay publishes beside us.
        batch = _Batch(stop_at=started_at + timedelta(seconds=self.lease_s / 2))
        slots = asyncio.Semaphore(self.subjects_max)

        async def in_turn(envelopes: list[Envelope]) -> None:
            async with slots:
                for envelope in envelopes:
                    await self._publish(envelope, batch)

        try:
            async with asyncio.TaskGroup() as subjects:
                for envelopes in by_subject.values():
                    subjects.create_task(in_turn(envelopes))
        finally:
            if batch.published:
                await self.queue.mark_published(batch.published, at=self.clock.now())
            settled = {*batch.published, *batch.put_off}
            waiting = [envelope.id for envelope in claimed if envelope.id not in settled]
            if waiting:
                await self.queue.release(waiting)
        if batch.away is not None:
            raise batch.away
        return len(settled)

    async def _publish(self, envelope: Envelope, batch: "_Batch") -> None:
        if batch.away is not None or self.clock.now() >= batch.stop_at:
            return
        try:
            await self.publisher.publish(envelope)
        except PublisherUnavailableError as error:
            batch.away = error
        except PublishError as error:
            await self._put_off(envelope, error)
            batch.put_off.append(envelope.id)
        else:
            batch.published.append(envelope.id)

    async def _put_off(self, envelope: Envelope, error: PublishError) -> None:
        failed = await self.queue.attempts(envelope.id)
        if failed >= self.retries_max:
            await self.queue.mark_failed(envelope.id, error=str(error), retry_at=None)
            return
        delay_s = min(self.backoff_max_s, self.backoff_s * 2**failed)
        retry_at = self.clock.now() + timedelta(seconds=delay_s)
        await self.queue.mark_failed(envelope.id, error=str(error), retry_at=retry_at)


@dataclass(slots=True)
class _Batch:
    """What became of the events of one claim, so far."""

    stop_at: datetime
    published: list[UUID] = field(default_factory=list[UUID])
    put_off: list[UUID] = field(default_factory=list[UUID])
    away: PublisherUnavailableError | None = None
