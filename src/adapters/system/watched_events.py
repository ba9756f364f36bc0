"""Around the taking of an event, whichever way it came: whose work it is, and who is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.system.observer import FAILED, Observer
from adapters.system.work_context import Work, at_work
from ports.events import Envelope

_ABOUT_ORDERS = "orders.order."
"""Events of this beginning are about an order; their subject is its id."""


@dataclass(slots=True)
class Taking:
    """How it ends: failed, unless whoever takes the event says something else."""

    outcome: str = FAILED


@contextmanager
def watched(envelope: Envelope, consumer: str, observer: Observer) -> Iterator[Taking]:
    """Be at work on the event while the block lasts."""
    work = Work(
        consumer=consumer,
        event_id=str(envelope.id),
        tenant_id=None if envelope.tenantid is None else str(envelope.tenantid),
        order_id=envelope.subject if envelope.type.startswith(_ABOUT_ORDERS) else None,
    )
    taking = Taking()
    with at_work(work):
        ended = observer.event(envelope, consumer, work)
        try:
            yield taking
        finally:
            if ended is not None:
                ended(taking.outcome)
