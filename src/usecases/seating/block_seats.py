"""Take seats off sale, and put them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.seating import blocking
from core.seating.blocking import Deed, Intervention
from core.shared.callers import SELLERS, Caller
from core.shared.ids import PlanId, SeatId
from ports.clock import Clock
from ports.events import Event
from ports.published.seating import SeatsBlocked, SeatsUnblocked
from ports.seating import SeatingTransaction, SeatingTransactions


@dataclass(frozen=True, slots=True)
class BlockSeats:
    """Open to staff who sell, whether the plan is on sale or not; all the seats or none."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(
        self, plan_id: PlanId, seat_ids: Sequence[SeatId], *, reason: str, until: datetime | None, caller: Caller
    ) -> Intervention:
        """Return what was blocked. The seats are on sale again at `until` exactly, whether or not anything tidied them.

        Raises ForbiddenError, PlanNotFoundError, PlanBeingWrittenError, InvalidInputError, UnknownSeatError,
        SeatTakenError.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            (await tx.plans.get(plan_id)).must_be_whole()
            seats = await tx.blocks.lock(plan_id, seat_ids)
            blocked = blocking.block(
                plan_id, seat_ids, seats=seats, reason=reason, until=until, by=caller.account_id, now=now
            )
            await _save_and_announce(tx, blocked)
        return blocked


@dataclass(frozen=True, slots=True)
class UnblockSeats:
    """Open to staff who sell."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, plan_id: PlanId, seat_ids: Sequence[SeatId], *, caller: Caller) -> Intervention:
        """Return what was put back on sale; seats that are not blocked stay as they are.

        Raises ForbiddenError, PlanNotFoundError, InvalidInputError, UnknownSeatError.
        """
        caller.must_be_one_of(SELLERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            seats = await tx.blocks.lock(plan_id, seat_ids)
            freed = blocking.unblock(plan_id, seat_ids, seats=seats, by=caller.account_id, now=now)
            if freed.seats:
                await _save_and_announce(tx, freed)
        return freed


async def _save_and_announce(tx: SeatingTransaction, intervention: Intervention) -> None:
    await tx.blocks.save(intervention)
    await tx.outbox.add(_event_of(intervention), subject=intervention.plan_id, at=intervention.at)


def _event_of(intervention: Intervention) -> Event:
    plan_id = intervention.plan_id
    seat_ids: tuple[UUID, ...] = tuple(sorted(intervention.seats))
    match intervention.what:
        case Deed.BLOCKED:
            reason = intervention.reason or ""
            return SeatsBlocked(plan_id=plan_id, seat_ids=seat_ids, reason=reason, until=intervention.until)
        case Deed.UNBLOCKED:
            return SeatsUnblocked(plan_id=plan_id, seat_ids=seat_ids)
        case Deed.ALLOTTED | Deed.RELEASED | Deed.HELD_FOR | Deed.RETURNED | Deed.RELEASE_SET:
            raise ValueError(f"{intervention.what} does not change how seats stand")
