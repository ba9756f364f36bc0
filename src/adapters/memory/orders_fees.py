"""Fees and taxes of organisations in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Sequence
from typing import override

from core.orders.fee_schedule import FeeSchedule, FeeScheduleChange
from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId
from ports.orders import FeeScheduleStore

type FeeScheduleRows = dict[TenantId, tuple[FeeScheduleChange, ...]]


class MemoryFeeScheduleStore(FeeScheduleStore):
    """The versions of one tenant, the oldest first; the transaction around it holds the lock."""

    def __init__(self, rows: FeeScheduleRows, tenant_id: TenantId) -> None:
        self._rows = rows
        self._tenant_id = tenant_id

    @override
    async def current(self) -> FeeSchedule:
        versions = self._rows.get(self._tenant_id, ())
        return versions[-1].schedule if versions else FeeSchedule()

    @override
    async def add(self, change: FeeScheduleChange) -> None:
        versions = self._rows.get(self._tenant_id, ())
        if change.schedule.version != len(versions) + 1:
            raise StaleVersionError("The fees were changed by somebody else.")
        self._rows[self._tenant_id] = (*versions, change)

    @override
    async def changes(self, *, changes_max: int) -> Sequence[FeeScheduleChange]:
        return self._rows.get(self._tenant_id, ())[::-1][:changes_max]
