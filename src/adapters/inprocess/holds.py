"""Holds that are settled one by one."""

from datetime import datetime
from typing import override

from core.seating.ledger import Change
from core.seating.reservations import HoldRequest
from core.shared.ids import TenantId
from ports.seating import Holds, SeatingTransactions
from usecases.seating.announcements import announce


class HoldsOneByOne(Holds):
    """Each hold is a transaction of its own, over any store of seating."""

    def __init__(self, transactions: SeatingTransactions) -> None:
        self._transactions = transactions

    @override
    async def hold(self, tenant_id: TenantId, request: HoldRequest, *, now: datetime) -> Change:
        async with self._transactions.begin(tenant_id) as tx:
            change = await tx.seats.hold(request, now=now)
            await announce(tx, change, now=now)
        return change
