"""Say from when on accessible seats are anybody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.seating.blocking import AuditLine, Deed
from core.seating.plans import SeatingPlan
from core.shared.callers import SELLERS, Caller
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId, SeatId
from ports.clock import Clock
from ports.seating import SeatingTransactions
from usecases.seating.catalogues import Catalogues


@dataclass(frozen=True, slots=True)
class ReleaseAccessible:
    """Open to staff who sell, whether the plan is on sale or not. Seats that are held or sold stay so."""

    transactions: SeatingTransactions
    catalogues: Catalogues
    clock: Clock

    async def __call__(
        self, plan_id: PlanId, at: datetime | None, *, expected_version: int | None, caller: Caller
    ) -> SeatingPlan:
        """Return the plan, whose accessible and companions' seats are anybody's from `at` on, None for never.

        A time that has passed releases them at once, and a later one keeps those again that are still free. Each seat's
        audit tells who set the time. Raises ForbiddenError, PlanNotFoundError, and StaleVersionError when the plan was
        changed meanwhile.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
        catalogue = await self.catalogues.of(caller.tenant_id, plan_id, now=now, newer_than=plan.version - 1)
        async with self.transactions.begin(caller.tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            plan.must_be(expected_version)
            changed = plan.releasing_accessible(at, now=now)
            if changed is plan:
                return plan
            if plan.seats_version != catalogue.plan.seats_version:
                raise StaleVersionError("The plan was changed meanwhile.")
            await tx.plans.save(changed)
            seats = sorted(catalogue.accessible | catalogue.companions.keys())
            await tx.blocks.note(plan_id, _lines(seats, until=at, by=caller, at=now))
        return changed


def _lines(seat_ids: Iterable[SeatId], *, until: datetime | None, by: Caller, at: datetime) -> list[AuditLine]:
    return [
        AuditLine(seat_id=id, what=Deed.RELEASE_SET, by=by.account_id, at=at, reason=None, until=until)
        for id in seat_ids
    ]
