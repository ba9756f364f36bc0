"""What orders passed on, in memory."""

from collections.abc import Mapping, Sequence
from typing import override

from core.orders.errors import PassedOnError
from core.orders.passing_on import PassedOn
from core.orders.shares import Unit
from core.shared.ids import AccountId, OrderId, OrderItemId, TenantId
from ports.orders import PassedOnStore

type PassedOnRows = dict[tuple[TenantId, Unit], PassedOn]
type HandedOverRows = dict[tuple[TenantId, Unit], tuple[OrderId, AccountId, int]]


class MemoryPassedOnStore(PassedOnStore):
    """That of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: PassedOnRows, handed_over: HandedOverRows, tenant_id: TenantId) -> None:
        self._rows = rows
        self._handed_over = handed_over
        self._tenant_id = tenant_id

    @override
    async def add(self, passed_on: PassedOn) -> None:
        if (self._tenant_id, passed_on.unit) in self._rows:
            raise PassedOnError
        self._rows[self._tenant_id, passed_on.unit] = passed_on

    @override
    async def save(self, passed_on: PassedOn) -> None:
        self._rows[self._tenant_id, passed_on.unit] = passed_on

    @override
    async def undo(self, to_item_id: OrderItemId) -> None:
        for each in self._tenants():
            if each.to_item_id == to_item_id:
                del self._rows[self._tenant_id, each.unit]

    @override
    async def by_order(self, order_id: OrderId) -> Sequence[PassedOn]:
        return [each for each in self._tenants() if each.origin.order_id == order_id]

    @override
    async def to_order(self, order_id: OrderId) -> Sequence[PassedOn]:
        found = [each for each in self._tenants() if each.to_order_id == order_id]
        return sorted(found, key=lambda each: each.to_item_id)

    @override
    async def with_root(self, item_id: OrderItemId) -> Sequence[PassedOn]:
        return [each for each in self._tenants() if each.root.item_id == item_id]

    @override
    async def hand_over(self, order_id: OrderId, unit: Unit, *, to: AccountId, revision: int) -> None:
        before = self._handed_over.get((self._tenant_id, unit))
        if before is None or before[2] < revision:
            self._handed_over[self._tenant_id, unit] = order_id, to, revision

    @override
    async def handed_over(self, order_id: OrderId) -> Mapping[Unit, AccountId]:
        return {
            unit: holder
            for (tenant_id, unit), (of, holder, _) in self._handed_over.items()
            if tenant_id == self._tenant_id and of == order_id
        }

    def _tenants(self) -> list[PassedOn]:
        found = [each for (tenant_id, _), each in self._rows.items() if tenant_id == self._tenant_id]
        return sorted(found, key=lambda each: each.unit)
