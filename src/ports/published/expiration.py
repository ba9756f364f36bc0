"""What expiration tells the others: a moment that somebody asked for has come."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from ports.events import Event

type TimerKind = Literal["reservation", "order"]


class TimerFired(Event, frozen=True, kw_only=True):
    """The time of a reservation or an order has come; whether it really ended is for its owner to decide."""

    event_type: ClassVar[str] = "expiration.timer.fired"

    kind: TimerKind
    subject_id: UUID
    due_at: datetime
