"""Hold seats that the buyer named."""

from dataclasses import dataclass

from core.seating.errors import SeatLeftAloneError, SeatsAreAssignedError
from core.seating.orphan_rule import judge_choice
from core.seating.plans import AssignmentMode, OrphanRule, SeatingPlan
from core.shared.callers import Caller
from core.shared.ids import PlanId, ReservationId, SeatId, TenantId
from ports.seating import SeatingTransactions
from usecases.seating.find_reservation import find_reservation
from usecases.seating.hold_seats import NOTHING_SHOWN, HoldSeats, NewHold, Showing
from usecases.seating.looking import Pictures


@dataclass(frozen=True, slots=True)
class ChosenHold:
    """A hold of seats that the buyer chose; `warning` names single seats that the choice leaves behind."""

    new: NewHold
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class HoldChosenSeats:
    """Open to any caller of the tenant, on plans whose seats the buyers choose; all the seats or none."""

    transactions: SeatingTransactions
    pictures: Pictures
    hold: HoldSeats

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
        buyers at once may yet leave a single seat between them. A warning may come of a picture that is a moment old.
        Where the rule is enforced, the look is a fresh one: all that was granted before the request came is in it, by
        whichever process, so that buyers who come one after the other meet the rule exactly. Raises SeatLeftAloneError
        then.
        """
        # What a plan says about choosing never changes, so that the remembered plan is as good as any.
        plan = (await self.pictures.catalogues.of(caller.tenant_id, plan_id, now=self.pictures.clock.now())).plan
        if plan.assignment_mode is AssignmentMode.AUTO:
            raise SeatsAreAssignedError("The seats of this plan are assigned. Ask for the best available ones.")
        warning: str | None = None
        if plan.orphan_rule is not OrphanRule.OFF:
            try:
                if await self._is_on_sale(plan, showing, caller):  # else the hold will refuse
                    warning = await self._judge(plan_id, seat_ids, caller.tenant_id, plan.orphan_rule)
            except SeatLeftAloneError:
                known = await find_reservation(self.transactions, reservation_id, caller=caller)
                if known is None:  # else the hold knows what the id stands for
                    raise
        held = await self.hold(plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token, showing=showing)
        self.pictures.mark_taken(caller.tenant_id, plan_id, seat_ids)
        return ChosenHold(held, warning)

    async def _is_on_sale(self, plan: SeatingPlan, showing: Showing, caller: Caller) -> bool:
        now = self.pictures.clock.now()
        sale = await self.hold.grant.sales.of(caller.tenant_id, plan.ticket_id, now=now)
        return not sale.objections(by_staff=showing.access(plan.id, caller).sells, now=now)

    async def _judge(
        self, plan_id: PlanId, seat_ids: tuple[SeatId, ...], tenant_id: TenantId, rule: OrphanRule
    ) -> str | None:
        fresh = rule is OrphanRule.ENFORCE
        look = await self.pictures.look(tenant_id, plan_id, fresh=fresh)
        if not fresh and not look.has_free(seat_ids):
            look = await self.pictures.look(tenant_id, plan_id, fresh=True)
        if not look.catalogue.plan.rules.active or not look.has_free(seat_ids):
            return None  # the hold will refuse
        released = look.catalogue.plan.accessible_is_released(self.pictures.clock.now())
        return judge_choice(look.catalogue.masks, look.free, seat_ids, rule=rule, released=released)
