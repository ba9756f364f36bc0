"""Vouchers in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from core.orders.order import Order
from core.orders.statuses import LIVE
from core.orders.voucher_errors import VoucherCodeTakenError
from core.orders.voucher_misses import Misses
from core.orders.vouchers import CHANGES_SHOWN_MAX, Uses, Voucher, VoucherChange
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderId, TenantId, VoucherId
from ports.orders import VoucherStore
from ports.paging import Page, PageRequest

type OrderRows = dict[tuple[TenantId, OrderId], Order]


@dataclass(slots=True)
class VoucherRows:
    """What all tenants have."""

    vouchers: dict[tuple[TenantId, VoucherId], Voucher] = field(
        default_factory=dict[tuple[TenantId, VoucherId], Voucher]
    )
    changes: dict[tuple[TenantId, VoucherId], tuple[VoucherChange, ...]] = field(
        default_factory=dict[tuple[TenantId, VoucherId], tuple[VoucherChange, ...]]
    )
    used_by: dict[tuple[TenantId, OrderId], VoucherId] = field(
        default_factory=dict[tuple[TenantId, OrderId], VoucherId]
    )
    misses: dict[tuple[TenantId, AccountId], Misses] = field(default_factory=dict[tuple[TenantId, AccountId], Misses])

    def copied(self) -> "VoucherRows":
        """Return the rows as they are now, for a transaction that may have to go back to them."""
        return VoucherRows(dict(self.vouchers), dict(self.changes), dict(self.used_by), dict(self.misses))

    def restore(self, before: "VoucherRows") -> None:
        """Go back to what was copied."""
        self.vouchers, self.changes, self.used_by = before.vouchers, before.changes, before.used_by
        self.misses = before.misses


class MemoryVoucherStore(VoucherStore):
    """The vouchers of one tenant; the transaction around it holds the lock."""

    def __init__(self, rows: VoucherRows, orders: OrderRows, tenant_id: TenantId) -> None:
        self._rows = rows
        self._orders = orders
        self._tenant_id = tenant_id

    @override
    async def add(self, voucher: Voucher, change: VoucherChange) -> None:
        if await self.with_code(voucher.code) is not None:
            raise VoucherCodeTakenError
        self._keep(voucher, change)

    @override
    async def get(self, voucher_id: VoucherId) -> Voucher | None:
        return self._rows.vouchers.get((self._tenant_id, voucher_id))

    @override
    async def locked(self, voucher_id: VoucherId) -> Voucher | None:
        return await self.get(voucher_id)

    @override
    async def with_code(self, code: str) -> Voucher | None:
        return next((voucher for voucher in self._tenants() if voucher.code == code), None)

    @override
    async def save(self, voucher: Voucher, change: VoucherChange) -> None:
        stored = await self.get(voucher.id)
        if stored is None or stored.version != voucher.version - 1:
            raise StaleVersionError("The voucher was changed meanwhile.")
        self._keep(voucher, change)

    @override
    async def page(self, page: PageRequest) -> Page[Voucher]:
        wanted = [voucher for voucher in self._tenants() if page.after is None or voucher.id > page.after]
        items = sorted(wanted, key=lambda voucher: voucher.id)[: page.limit]
        return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)

    @override
    async def changes(self, voucher_id: VoucherId) -> Sequence[VoucherChange]:
        return list(self._rows.changes.get((self._tenant_id, voucher_id), ()))[-CHANGES_SHOWN_MAX:]

    @override
    async def uses_in_all(self, voucher_ids: Collection[VoucherId]) -> Mapping[VoucherId, int]:
        return {voucher_id: len(self._users(voucher_id)) for voucher_id in voucher_ids}

    @override
    async def uses(self, voucher_id: VoucherId, account_id: AccountId) -> Uses:
        users = self._users(voucher_id)
        return Uses(in_all=len(users), of_account=users.count(account_id))

    @override
    async def use(self, voucher_id: VoucherId, order_id: OrderId) -> None:
        self._rows.used_by[self._tenant_id, order_id] = voucher_id

    @override
    async def misses(self, account_id: AccountId) -> Misses | None:
        return self._rows.misses.get((self._tenant_id, account_id))

    @override
    async def note_misses(self, account_id: AccountId, misses: Misses, *, forget_before: datetime) -> None:
        key = (self._tenant_id, account_id)
        old = [each for each, kept in self._rows.misses.items() if each[0] == key[0] and kept.since < forget_before]
        for each in old:
            del self._rows.misses[each]
        self._rows.misses[key] = misses

    def _keep(self, voucher: Voucher, change: VoucherChange) -> None:
        key = (self._tenant_id, voucher.id)
        self._rows.vouchers[key] = voucher
        self._rows.changes[key] = (*self._rows.changes.get(key, ()), change)

    def _tenants(self) -> list[Voucher]:
        return [voucher for (tenant_id, _), voucher in self._rows.vouchers.items() if tenant_id == self._tenant_id]

    def _users(self, voucher_id: VoucherId) -> list[AccountId]:
        """Return the account of each live order that uses the voucher."""
        used_by = self._rows.used_by.items()
        orders = [self._orders[key] for key, used in used_by if key[0] == self._tenant_id and used == voucher_id]
        return [order.account_id for order in orders if order.status in LIVE]
