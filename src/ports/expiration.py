"""What expiration needs: a place that remembers timers, and gives each to one worker at a time."""

from abc import abstractmethod
from collections.abc import Sequence, Set
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.expiration.timer import Timer, TimerKind
from core.shared.errors import UnavailableError
from core.shared.ids import TenantId


class TimersUnavailableError(UnavailableError):
    """The timers cannot be reached; whether the last command was done is unknown, and doing it again is safe."""


class Timers(Protocol):
    """The timers of all tenants, one for each subject.

    They are a cache of the owners' `expires_at`: losing them costs punctuality, nothing else.
    Every method raises TimersUnavailableError.
    """

    @abstractmethod
    async def schedule(self, *timers: Timer) -> None:
        """Remember the timers; of two times for one subject the later stands."""

    @abstractmethod
    async def cancel(self, kind: TimerKind, subject_id: UUID, *, tenant_id: TenantId) -> None:
        """Forget the subject's timer, if there is one; it may still fire when it is claimed already."""

    @abstractmethod
    async def armed(self, kind: TimerKind, subjects: Sequence[tuple[TenantId, UUID]]) -> Set[tuple[TenantId, UUID]]:
        """Return those of these subjects that have a timer, one that is leased included."""

    @abstractmethod
    async def claim_due(self, *, now: datetime, timers_max: int, lease_s: float) -> Sequence[Timer]:
        """Lease up to `timers_max` timers that are due, skipping those leased; the earliest due first.

        Timers whose lease ran out, because their worker died, come before all others.
        """

    @abstractmethod
    async def acknowledge(self, timer: Timer) -> None:
        """Forget a claimed timer; one that was scheduled again for a later time since then stays."""
