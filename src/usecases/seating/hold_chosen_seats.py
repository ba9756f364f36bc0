"""Hold seats that the buyer named."""

from dataclasses import dataclass, field

from core.seating.errors import SeatsAreAssignedError
from core.seating.plans import AssignmentMode
from core.shared.callers import Caller
from core.shared.ids import PlanId, ReservationId, SeatId, TenantId
from ports.seating import SeatingTransactions
from usecases.seating.hold_seats import HoldSeats, NewHold

_PLANS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class HoldChosenSeats:
    """Open to any caller of the tenant, on plans whose seats the buyers choose; all the seats or none.

    How a plan assigns its seats never changes, so it is read once and remembered.
    """

    transactions: SeatingTransactions
    hold: HoldSeats
    _modes: dict[tuple[TenantId, PlanId], AssignmentMode] = field(
        default_factory=dict[tuple[TenantId, PlanId], AssignmentMode], init=False, repr=False, compare=False
    )

    async def __call__(
        self,
        plan_id: PlanId,
        reservation_id: ReservationId,
        seat_ids: tuple[SeatId, ...],
        *,
        caller: Caller,
        hold_token: str | None = None,
    ) -> NewHold:
        """Return the hold as `HoldSeats` does, with its refusals; raises SeatsAreAssignedError besides."""
        if await self._mode_of(plan_id, caller.tenant_id) is AssignmentMode.AUTO:
            raise SeatsAreAssignedError("The seats of this plan are assigned. Ask for the best available ones.")
        return await self.hold(plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token)

    async def _mode_of(self, plan_id: PlanId, tenant_id: TenantId) -> AssignmentMode:
        mode = self._modes.get((tenant_id, plan_id))
        if mode is None:
            async with self.transactions.begin(tenant_id) as tx:
                mode = (await tx.plans.get(plan_id)).assignment_mode
            if len(self._modes) >= _PLANS_MAX:
                self._modes.clear()
            self._modes[tenant_id, plan_id] = mode
        return mode
