"""The live map's stream of changes: what seating writes, and what those who watch a plan read."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, override

from core.shared.errors import UnavailableError
from core.shared.ids import PlanId, SeatId, TenantId

_PART_MAX = 2**63 - 1


class SeatMapUnavailableError(UnavailableError):
    """The stream cannot be reached; whether the last change was written is unknown, and writing it again is safe."""


@dataclass(frozen=True, slots=True, order=True)
class MapEventId:
    """The place of a change in its plan's stream; later ones are greater."""

    time_ms: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the id that `str` wrote, or None for a text that is none."""
        first, dash, second = text.partition("-")
        if not dash or len(text) > 40 or not (_is_number(first) and _is_number(second)):
            return None
        place = cls(int(first), int(second))
        return place if place.time_ms <= _PART_MAX and place.number <= _PART_MAX else None

    @override
    def __str__(self) -> str:
        return f"{self.time_ms}-{self.number}"


BEGINNING = MapEventId(0, 0)
"""Before every change: the last id of a plan of which nothing was told yet."""


@dataclass(frozen=True, slots=True)
class SeatsChanged:
    """These seats have these statuses now, in the words that clients see."""

    statuses: Mapping[SeatId, str]


@dataclass(frozen=True, slots=True)
class PlanClosed:
    """The plan was taken off sale."""


type MapChange = SeatsChanged | PlanClosed


@dataclass(frozen=True, slots=True)
class MapEntry:
    """A change in its place."""

    id: MapEventId
    change: MapChange


@dataclass(frozen=True, slots=True)
class TooFarBehind:
    """What followed the reader's place is not all there: only a new snapshot helps."""


class SeatMapFeed(Protocol):
    """The last changes of each plan, at least the newest ten thousand. It may lag, and it decides nothing.

    Every method raises SeatMapUnavailableError.
    """

    @abstractmethod
    async def append(self, tenant_id: TenantId, plan_id: PlanId, change: MapChange) -> MapEventId:
        """Write the change behind all others of its plan, and return its place.

        When a write has failed, the next one that succeeds through this object first marks the gap: whoever stands
        before the gap is too far behind.
        """

    @abstractmethod
    async def begin_anew(self, tenant_id: TenantId, plan_id: PlanId) -> MapEventId:
        """Have everybody who watches the plan read its map again, and return the place from which changes go on.

        Whoever stands before that place is too far behind. A write that fails leaves a gap, as one of `append` does,
        and that comes to the same.
        """

    @abstractmethod
    async def last_id(self, tenant_id: TenantId, plan_id: PlanId) -> MapEventId:
        """Return the place of the newest change, BEGINNING when there is none."""

    @abstractmethod
    async def read(
        self, tenant_id: TenantId, plan_id: PlanId, *, after: MapEventId, changes_max: int, wait_s: float
    ) -> Sequence[MapEntry] | TooFarBehind:
        """Return the oldest changes behind `after`, at once when there are any, or none when `wait_s` has passed.

        TooFarBehind when changes behind `after` may be lost: it is not kept any more, or was never a place.
        """


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
