"""How far a step has come, how fast it goes, and how long it will take."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Pieces of work that are done of `total`, None while nobody knows how many there are.

    The rate counts from where the present try began (`base_done` pieces at `base_at`): pauses between tries are not
    the work's own time. `done` never goes back within a step, so that a step that begins anew shows no less.
    """

    done: int = 0
    total: int | None = None
    base_done: int = 0
    base_at: datetime
    at: datetime

    @classmethod
    def starting(cls, now: datetime) -> Self:
        return cls(base_at=now, at=now)

    def again(self, now: datetime) -> Self:
        """A new try goes on from here."""
        return replace(self, base_done=self.done, base_at=now, at=now)

    def noted(self, done: int, total: int | None, now: datetime) -> Self:
        return replace(self, done=max(self.done, done), total=total, at=now)

    @property
    def rate_per_s(self) -> float | None:
        """Return the pieces a second of the present try; None before the first of them."""
        seconds = (self.at - self.base_at).total_seconds()
        pieces = self.done - self.base_done
        return pieces / seconds if pieces > 0 and seconds > 0 else None

    @property
    def left_s(self) -> float | None:
        """Return the seconds that the step will take from here at that rate; None while that cannot be told."""
        rate = self.rate_per_s
        if self.total is None or rate is None:
            return None
        return max(self.total - self.done, 0) / rate
