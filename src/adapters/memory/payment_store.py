"""The rows of payments in memory, for the transactions on payments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override
from uuid import UUID

from core.payments.payment import Payment
from core.payments.record import PaymentRecord
from core.shared.ids import OrderId, PaymentId, TenantId
from ports.payments import KeptRecord, PaymentStore


class MemoryPaymentStore(PaymentStore):
    """The payments of one tenant in an open transaction."""

    def __init__(self, tenant_id: TenantId, payments: dict[PaymentId, Payment], records: list[KeptRecord]) -> None:
        self._tenant_id = tenant_id
        self._payments = payments
        self._records = records

    @override
    async def add(self, payment: Payment) -> bool:
        self._must_be_ours(payment)
        if await self.lock_of_order(payment.order_id) is not None:
            return False
        self._payments[payment.id] = payment
        return True

    @override
    async def find(self, payment_id: PaymentId) -> Payment | None:
        payment = self._payments.get(payment_id)
        return payment if payment is not None and payment.tenant_id == self._tenant_id else None

    @override
    async def lock(self, payment_id: PaymentId) -> Payment | None:
        return await self.find(payment_id)

    @override
    async def lock_of_order(self, order_id: OrderId) -> Payment | None:
        for payment in self._payments.values():
            if payment.tenant_id == self._tenant_id and payment.order_id == order_id:
                return payment
        return None

    @override
    async def save(self, payment: Payment) -> None:
        self._must_be_ours(payment)
        before = self._payments[payment.id]
        self._payments[payment.id] = replace(
            payment, refunded_minor=before.refunded_minor, paid_out_minor=before.paid_out_minor
        )

    @override
    async def append(self, payment_id: PaymentId, record: PaymentRecord, *, id: UUID, at: datetime) -> None:
        self._records.append(KeptRecord(id, payment_id, record, at))

    @override
    async def records(self, payment_id: PaymentId) -> Sequence[KeptRecord]:
        if await self.find(payment_id) is None:
            return []
        return [kept for kept in self._records if kept.payment_id == payment_id]

    def _must_be_ours(self, payment: Payment) -> None:
        assert payment.tenant_id == self._tenant_id, "a transaction writes its own tenant's rows only"
