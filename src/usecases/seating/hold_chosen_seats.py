"""Hold seats that the buyer named."""

import asyncio
from dataclasses import dataclass, field

from core.seating.errors import SeatsAreAssignedError
from core.seating.orphan_rule import judge_choice
from core.seating.plans import AssignmentMode, OrphanRule
from core.shared.callers import Caller
from core.shared.ids import PlanId, ReservationId, SeatId, TenantId
from ports.clock import Clock
from ports.seating import SeatingTransactions
from usecases.seating.hold_seats import NOTHING_SHOWN, HoldSeats, NewHold, Showing
from usecases.seating.looking import look_around

_PLANS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ChosenHold:
    """A hold of seats that the buyer chose; `warning` names single seats that the choice leaves behind."""

    new: NewHold
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class _ChoiceRules:
    """What a plan says about choosing; neither ever changes."""

    assignment_mode: AssignmentMode
    orphan_rule: OrphanRule


@dataclass(frozen=True, slots=True)
class HoldChosenSeats:
    """Open to any caller of the tenant, on plans whose seats the buyers choose; all the seats or none.

    What a plan says about choosing never changes, so it is read once and remembered.
    """

    transactions: SeatingTransactions
    hold: HoldSeats
    clock: Clock
    _rules: dict[tuple[TenantId, PlanId], _ChoiceRules] = field(
        default_factory=dict[tuple[TenantId, PlanId], _ChoiceRules], init=False, repr=False, compare=False
    )

    async def __call__(
        self,
        plan_id: PlanId,
        reservation_id: ReservationId,
        seat_ids: tuple[SeatId, ...],
        *,
        caller: Caller,
        hold_token: str | None = None,
        showing: Showing = NOTHING_SHOWN,
    ) -> ChosenHold:
        """Return the hold as `HoldSeats` does, with its refusals; raises SeatsAreAssignedError besides.

        Where the plan has an orphan rule, the choice is judged on a look at the plan before the hold, so that two
        buyers at once may yet leave a single seat between them; raises SeatLeftAloneError where the rule is enforced.
        """
        rules = await self._rules_of(plan_id, caller.tenant_id)
        if rules.assignment_mode is AssignmentMode.AUTO:
            raise SeatsAreAssignedError("The seats of this plan are assigned. Ask for the best available ones.")
        warning: str | None = None
        if rules.orphan_rule is not OrphanRule.OFF:
            look = await look_around(self.transactions, plan_id, reservation_id, caller=caller, now=self.clock.now())
            chosen = frozenset(seat_ids)
            if look.known is None and look.plan.rules.active and chosen <= look.free:  # else the hold will refuse
                warning = await asyncio.to_thread(judge_choice, look.hall, look.free, chosen, rule=rules.orphan_rule)
        held = await self.hold(plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token, showing=showing)
        return ChosenHold(held, warning)

    async def _rules_of(self, plan_id: PlanId, tenant_id: TenantId) -> _ChoiceRules:
        rules = self._rules.get((tenant_id, plan_id))
        if rules is None:
            async with self.transactions.begin(tenant_id) as tx:
                plan = await tx.plans.get(plan_id)
            rules = _ChoiceRules(plan.assignment_mode, plan.orphan_rule)
            if len(self._rules) >= _PLANS_MAX:
                self._rules.clear()
            self._rules[tenant_id, plan_id] = rules
        return rules
