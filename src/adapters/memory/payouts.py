"""Payouts in memory, for the transactions on payments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from core.payments.accounts import AccountOwner, OwnerKind
from core.payments.errors import PayoutTooLargeError
from core.payments.payment import Payment
from core.payments.payout import Payout, PayoutStatus
from core.shared.ids import AccountId, PaymentId, PayoutId, TenantId
from ports.paging import Page, PageRequest
from ports.payments.payouts import PayoutStore

type PayoutRows = dict[tuple[TenantId, PayoutId], Payout]


class MemoryPayoutStore(PayoutStore):
    """Keeps what the payouts of a payment take on it, as the database's trigger does."""

    def __init__(self, tenant_id: TenantId, rows: PayoutRows, payments: dict[PaymentId, Payment]) -> None:
        self._tenant_id = tenant_id
        self._rows = rows
        self._payments = payments

    @override
    async def add(self, payout: Payout) -> bool:
        if await self.find(payout.id) is not None:
            return False
        self._put(payout)
        return True

    @override
    async def find(self, payout_id: PayoutId) -> Payout | None:
        return self._rows.get((self._tenant_id, payout_id))

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Payout]:
        found = [payout for payout in self._ours() if payout.payment_id == payment_id]
        return sorted(found, key=lambda payout: (payout.created_at, payout.id))

    @override
    async def save(self, payout: Payout) -> None:
        self._put(payout)

    @override
    async def page(
        self, page: PageRequest, *, status: PayoutStatus | None, seller: AccountId | None = None
    ) -> Page[Payout]:
        wanted = [
            payout
            for payout in self._ours()
            if status in {None, payout.status}
            and seller in {None, payout.seller_account_id}
            and (page.after is None or payout.id > page.after)
        ]
        items = sorted(wanted, key=lambda payout: payout.id)[: page.limit]
        return Page(items=tuple(items), next_after=items[-1].id if len(wanted) > len(items) else None)

    @override
    async def wake_owed(self, owner: AccountOwner, *, at: datetime) -> None:
        for payout in self._ours():
            whose = [payout.seller_account_id] if owner.kind is OwnerKind.SELLER else payout.venue_ids
            if payout.status is PayoutStatus.OWED and owner.id in whose:
                self._put(replace(payout, check_at=at))

    @override
    async def wake(self, payment_id: PaymentId, *, at: datetime) -> None:
        for payout in self._ours():
            if payout.payment_id == payment_id and payout.status is not PayoutStatus.REVERSED:
                self._put(replace(payout, check_at=at))

    def _ours(self) -> list[Payout]:
        return [payout for (tenant_id, _), payout in self._rows.items() if tenant_id == self._tenant_id]

    def _put(self, payout: Payout) -> None:
        assert payout.tenant_id == self._tenant_id, "a transaction writes its own tenant's rows only"
        payment = self._payments[payout.payment_id]
        others = [one for one in self._ours() if one.payment_id == payment.id and one.id != payout.id]
        total = sum(one.weight_minor for one in (*others, payout))
        received = payment.received.amount_minor if payment.escrow and payment.received is not None else 0
        if total > received:
            raise PayoutTooLargeError(f"{total} would be paid out of payment {payment.id}.")
        self._rows[self._tenant_id, payout.id] = payout
        self._payments[payment.id] = replace(payment, paid_out_minor=total)


def payouts_due(rows: PayoutRows, *, now: datetime) -> list[tuple[TenantId, PayoutId]]:
    """Return what has to be looked at, the longest due first."""
    due = [
        (payout.check_at, payout.tenant_id, payout.id)
        for payout in rows.values()
        if payout.check_at is not None and payout.check_at <= now
    ]
    return [(tenant_id, payout_id) for _, tenant_id, payout_id in sorted(due)]
