"""What the running task is at work on, for those who watch: its logs, its traces, and the events it makes.

A piece of work is one object that tasks share which were started on its behalf, so that what is learnt late (whose
request it is) is known everywhere. A task that many callers
share is started in a context of its own (`on_nobodys_behalf`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Work:
    """A request, a run of a job, or the taking of an event; what is not known is None.

    `traceparent` (W3C Trace Context) names the trace that the work is part of, and is None while traces are off.
    Nothing here is personal: ids of ours, and names that the code has.
    """

    request_id: str | None = None
    service: str | None = None
    job: str | None = None
    consumer: str | None = None
    event_id: str | None = None
    tenant_id: str | None = None
    order_id: str | None = None
    refusal: str | None = None
    traceparent: str | None = None

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield what is known, by the names that log lines have."""
        for name in _SHOWN:
            value = getattr(self, name)
            if value is not None:
                yield name, value
        if self.traceparent is not None:
            yield "trace_id", self.traceparent.split("-")[1]


_SHOWN = ("request_id", "service", "job", "consumer", "event_id", "tenant_id", "order_id")
_CURRENT: ContextVar[Work | None] = ContextVar("fairseat_work", default=None)


def current_work() -> Work | None:
    """Return the work of the running task, or None for nobody's."""
    return _CURRENT.get()


def current_traceparent() -> str | None:
    """Return the trace that the running task is part of, or None."""
    work = _CURRENT.get()
    return None if work is None else work.traceparent


@contextmanager
def at_work(work: Work) -> Iterator[Work]:
    """Be at work on this while the block lasts."""
    token = _CURRENT.set(work)
    try:
        yield work
    finally:
        _CURRENT.reset(token)


def on_nobodys_behalf() -> Context:
    """Return an empty context for a task whose result many callers share: it must not bear the first one's ids."""
    return Context()
