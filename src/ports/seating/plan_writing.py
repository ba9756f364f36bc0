"""What a long operation needs to write a plan bit by bit, so that repeating any bit changes nothing."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.seating.plans import PlannedSeat, SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.shared.ids import OperationId, PlanId


@dataclass(frozen=True, slots=True)
class Writer:
    """A worker of an operation; `fence` is greater for each worker than for those before it."""

    operation_id: OperationId
    fence: int


@dataclass(frozen=True, slots=True)
class Written:
    """How much of a plan is stored."""

    sections: int
    seats: int
    tiers: int


class PlanWriting(Protocol):
    """Plans of the transaction's tenant that operations write. The plan is locked until the transaction ends.

    `begin` and `claim` are what every transaction of a worker begins with: from then on workers with a smaller fence
    are refused for good. Parts that are there already, by their ids, stay as they are.
    """

    @abstractmethod
    async def begin(self, plan: SeatingPlan, *, fence: int) -> None:
        """Store a plan without sections and seats, which says who writes it; one that is there stays.

        Raises PlanNotAsWrittenError as `claim` does.
        """

    @abstractmethod
    async def claim(self, plan_id: PlanId, writer: Writer) -> None:
        """Lock the plan for this worker.

        Raises PlanNotAsWrittenError when another worker came after this one, or the plan is whole, or gone.
        """

    @abstractmethod
    async def reclaim(self, plan_id: PlanId, writer: Writer, *, seats_version: int) -> bool:
        """Lock a plan that is to go, and return whether it is there for this worker.

        It is when the operation still writes it, or has ended writing and nobody changed its layout or prices since
        (it has this `seats_version`) or put it on sale: that one is the operation's once more. Raises
        PlanNotAsWrittenError for a plan in writing that another worker claimed after this one.
        """

    @abstractmethod
    async def add_sections(self, plan_id: PlanId, sections: Sequence[Section]) -> None:
        """Store sections of a plan that this transaction has claimed."""

    @abstractmethod
    async def add_seats(self, plan_id: PlanId, seats: Sequence[PlannedSeat]) -> None:
        """Store seats of a plan that this transaction has claimed, all available."""

    @abstractmethod
    async def add_tiers(self, plan_id: PlanId, tiers: Sequence[PriceTier]) -> None:
        """Store price tiers of a plan that this transaction has claimed, all of them at once and in their order."""

    @abstractmethod
    async def written(self, plan_id: PlanId) -> Written:
        """Return how much is stored."""

    @abstractmethod
    async def remove_seats(self, plan_id: PlanId, *, seats_max: int) -> int:
        """Forget so many seats of a plan that this transaction has claimed; return how many there were."""

    @abstractmethod
    async def remove(self, plan_id: PlanId) -> None:
        """Forget a plan that this transaction has claimed, with all that is left of it."""
