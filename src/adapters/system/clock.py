"""The machine's clock."""

from datetime import UTC, datetime
from typing import override

from ports.clock import Clock


class SystemClock(Clock):
    """The wall clock of this machine, in UTC."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)
