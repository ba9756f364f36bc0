"""A timer: whom to remind of what, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from core.shared.ids import TenantId

type TimerKind = Literal["reservation", "order"]


@dataclass(frozen=True, slots=True)
class Timer:
    """A reminder about one reservation or order. There is at most one for each; a later time replaces an earlier.

    Only ever later, since the news of a hold and of its extension may arrive in the wrong order, and a reminder that
    is late only leaves work to the database sweep, while one replaced by an earlier is lost to the later time.
    """

    kind: TimerKind
    subject_id: UUID
    tenant_id: TenantId
    due_at: datetime

    def overdue_by(self, now: datetime) -> timedelta:
        """Return how long ago the timer was due; negative while it is not."""
        return now - self.due_at
