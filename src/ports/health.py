"""How a dependency stands, for those who operate Fairseat."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HealthReport:
    """One dependency: whether it can be used now, and figures that say how well (counts, seconds)."""

    name: str
    ok: bool
    facts: Mapping[str, int | float | str] = field(default_factory=dict[str, int | float | str])


class HealthCheck(Protocol):
    """Asks one dependency. Without one that is not `needed`, Fairseat goes on: late at times, but fit to serve."""

    name: str
    needed: bool = True

    @abstractmethod
    async def check(self) -> HealthReport:
        """Return how it stands; raises UnavailableError, which counts as not ok."""
