"""Holds in memory, one by one, over the memory's own transactions."""

from datetime import datetime
from typing import override

from adapters.memory.seating import MemorySeatingTransactions
from core.seating import ledger
from core.seating.blocking import AuditLine, Deed
from core.seating.errors import PlanNotFoundError, ReservationNotFoundError
from core.seating.ledger import Change, Claim
from core.shared.ids import AccountId, SeatId, TenantId
from ports.seating import Holds, PlanChangedError
from usecases.seating.announcements import announce


class MemoryHolds(Holds):
    """Each hold is a transaction of its own."""

    def __init__(self, transactions: MemorySeatingTransactions) -> None:
        self._transactions = transactions

    @override
    async def hold(self, tenant_id: TenantId, claim: Claim, *, now: datetime) -> Change:
        request = claim.request
        async with self._transactions.begin(tenant_id) as tx:
            try:
                plan = await tx.plans.get(request.plan_id)
            except PlanNotFoundError as error:
                raise PlanChangedError from error
            if not plan.rules.active or plan.version != claim.rules.version:
                raise PlanChangedError
            try:
                known = await tx.seats.get(request.reservation_id)
            except ReservationNotFoundError:
                states = await tx.seats.states(plan.id, request.seat_ids)
                owned = await tx.seats.owned(plan.id, request.holder.account_id, now=now)
                change = ledger.hold(claim, states=states, owned=owned, now=now)
                await tx.seats.save([change])
                if request.made_by is not None:
                    await tx.blocks.note(plan.id, [_line(seat.seat_id, request.made_by, now) for seat in claim.seats])
                await announce(tx, change, now=now)
                return change
        return ledger.hold_again(known, request, now=now)


def _line(seat_id: SeatId, made_by: AccountId, now: datetime) -> AuditLine:
    return AuditLine(seat_id=seat_id, what=Deed.HELD_FOR, by=made_by, at=now, reason=None, until=None)
