"""Refunds and refund policies in memory."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import override

from core.orders.errors import OrderRefundTooLargeError
from core.orders.order import Order
from core.orders.refund_policy import DEFAULT_POLICY, RefundPolicy
from core.orders.refunds import OrderRefund, RefundStatus, money_left
from core.shared.errors import StaleVersionError
from core.shared.ids import OrderId, RefundId, TenantId
from ports.orders import RefundPolicyStore, RefundStore
from ports.paging import Page, PageRequest

type RefundRows = dict[tuple[TenantId, RefundId], OrderRefund]
type PolicyRows = dict[TenantId, RefundPolicy]


class MemoryRefundStore(RefundStore):
    """The refunds of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: RefundRows, tenant_id: TenantId, order_of: Callable[[OrderId], Order | None]) -> None:
        self._rows = rows
        self._tenant_id = tenant_id
        self._order_of = order_of

    @override
    async def add(self, refund: OrderRefund) -> None:
        self._rows[self._tenant_id, refund.id] = refund
        await self._must_not_exceed_the_order(refund.order_id)

    @override
    async def get(self, refund_id: RefundId) -> OrderRefund | None:
        return self._rows.get((self._tenant_id, refund_id))

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[OrderRefund]:
        return [refund for refund in self._tenants() if refund.order_id == order_id]

    @override
    async def save(self, refund: OrderRefund) -> None:
        stored = await self.get(refund.id)
        if stored is None or stored.version != refund.version - 1:
            raise StaleVersionError("The refund was changed by somebody else.")
        self._rows[self._tenant_id, refund.id] = refund
        await self._must_not_exceed_the_order(refund.order_id)

    @override
    async def page(self, page: PageRequest, *, status: RefundStatus | None) -> Page[OrderRefund]:
        wanted = [
            refund
            for refund in self._tenants()
            if status in {None, refund.status} and (page.after is None or refund.id > page.after)
        ]
        items = wanted[: page.limit]
        return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)

    async def _must_not_exceed_the_order(self, order_id: OrderId) -> None:
        order = self._order_of(order_id)
        assert order is not None and order.content is not None, "only what was sold is refunded"
        if money_left(order.content, await self.of_order(order_id)).amount_minor < 0:
            raise OrderRefundTooLargeError("More would go back than was paid.")

    def _tenants(self) -> list[OrderRefund]:
        found = [refund for (tenant_id, _), refund in self._rows.items() if tenant_id == self._tenant_id]
        return sorted(found, key=lambda refund: refund.id)


class MemoryRefundPolicyStore(RefundPolicyStore):
    """The policy of one tenant."""

    def __init__(self, rows: PolicyRows, tenant_id: TenantId) -> None:
        self._rows = rows
        self._tenant_id = tenant_id

    @override
    async def get(self) -> RefundPolicy:
        return self._rows.get(self._tenant_id, DEFAULT_POLICY)

    @override
    async def save(self, policy: RefundPolicy, *, at: datetime) -> None:
        if (await self.get()).version != policy.version - 1:
            raise StaleVersionError("The refund policy was changed by somebody else.")
        self._rows[self._tenant_id] = policy
