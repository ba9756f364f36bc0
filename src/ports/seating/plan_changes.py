"""What changing the layout of a published plan needs, beside plans and seats."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.seating.plan_change import Redrawn
from core.seating.plans import PlannedSeat, SeatingPlan
from core.seating.seats import SeatState
from core.shared.ids import PlanId

RETIRED = "retired by a plan change"
"""The reason that a seat is blocked for which is in no plan any more."""


class PlanChanges(Protocol):
    """Changes of layouts in one transaction, and the fences of the operations that make changes."""

    @abstractmethod
    async def lead(self, operation_id: UUID, fence: int) -> bool:
        """Let nobody with a smaller fence change anything for this operation from now on, and tell whether it is done.

        Whoever comes meanwhile waits until this transaction ends. Raises OperationStoppedError when somebody with a
        greater fence was here: then this worker slept, and another has the operation.
        """

    @abstractmethod
    async def done(self, operation_id: UUID) -> None:
        """Record, in the transaction of its effect, that the operation has had it; `lead` was called before."""

    @abstractmethod
    async def lock(self, plan_id: PlanId) -> tuple[SeatingPlan, Sequence[tuple[PlannedSeat, SeatState]]]:
        """Lock the plan and all of its seats, and return them by id with their stored states.

        Raises PlanNotFoundError. No hold is made, and no seat changes hands, until the transaction ends.
        """

    @abstractmethod
    async def rebuild(self, plan: SeatingPlan, redrawn: Redrawn, *, at: datetime) -> None:
        """Put a layout in the place of the one that a frozen plan has, which this transaction has locked.

        `plan` is the plan after `core.seating.plan_freeze.republished`. Seats that stay keep their ids, states and
        owners, and the items of those who have moved ones say the new place. Removed seats are in no plan from then on:
        whoever had one still finds it, and nobody can get it. Allotments lose them. Raises StaleVersionError.
        """
