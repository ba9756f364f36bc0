"""Around the effect of each of Stripe's events: whose work it is, and who is told of it."""

from typing import Any, Protocol, override

import msgspec

from adapters.system.observer import DONE, FAILED, REFUSED, Observer
from adapters.system.work_context import Work, at_work, current_work
from core.shared.errors import DomainError
from ports.published.webhooks import STRIPE, ProviderEvent, ProviderEventHandler, ProviderEventOutcome


class Notes(Protocol):
    """Which trace an intent was made in."""

    async def find(self, intent_id: str) -> str | None:
        """Return the trace of an intent; None where none is known."""


class _Data(msgspec.Struct):
    object: dict[str, Any]  # Any: an object of Stripe's; only ids are taken from it


class _Body(msgspec.Struct):
    data: _Data


class WatchedStripeEvents(ProviderEventHandler):
    """Goes on with the trace of the payment that an event is about, where `notes` know of it."""

    def __init__(self, handler: ProviderEventHandler, observer: Observer, notes: Notes | None) -> None:
        self._handler = handler
        self._observer = observer
        self._notes = notes

    @override
    async def __call__(self, event: ProviderEvent) -> ProviderEventOutcome | None:
        job = current_work()
        work = Work(job=None if job is None else job.job, event_id=event.event_id)
        traceparent = await self._trace_of(event)
        with at_work(work):
            ended = self._observer.webhook(event.event_type, traceparent, work)
            outcome = FAILED
            try:
                taken = await self._handler(event)
                outcome = DONE
            except DomainError:
                outcome = REFUSED
                raise
            finally:
                if ended is not None:
                    ended(outcome)
        return taken

    async def _trace_of(self, event: ProviderEvent) -> str | None:
        if self._notes is None or event.source != STRIPE:
            return None
        about = msgspec.json.decode(event.body, type=_Body).data.object
        intent_id: object = about.get("id" if about.get("object") == "payment_intent" else "payment_intent")
        return await self._notes.find(intent_id) if isinstance(intent_id, str) else None
