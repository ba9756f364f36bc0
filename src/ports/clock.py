"""Time as the use cases see it."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The one source of time of a process; a decision takes `now` once and passes it on."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
