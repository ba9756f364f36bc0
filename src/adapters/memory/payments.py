"""Payments in memory: their rows, and a provider that behaves as Stripe does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import override
from uuid import UUID

from adapters.memory.messaging import MemoryMessages
from adapters.memory.payment_accounts import MemoryAccountDirectory, MemoryAccountRows, MemoryAccountStore
from core.payments.errors import ProviderRefusedError, ProviderUnavailableError
from core.payments.intent import Decline, Intent, IntentStatus
from core.payments.payment import Payment
from core.payments.record import PaymentRecord
from core.shared.ids import OrderId, PaymentId, TenantId
from ports.events import Outbox
from ports.payments import (
    AccountStore,
    KeptRecord,
    PaymentGateway,
    PaymentStore,
    PaymentTransaction,
    PaymentTransactions,
    UnsettledPayments,
)


class MemoryPayments(PaymentTransactions, UnsettledPayments):
    """The payments of all tenants; transactions run one after the other."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._payments: dict[PaymentId, Payment] = {}
        self._records: list[KeptRecord] = []
        self._accounts = MemoryAccountRows()
        self.directory = MemoryAccountDirectory(self._accounts)

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncIterator[PaymentTransaction]:
        async with self._messages.transaction():
            payments, records, accounts = dict(self._payments), list(self._records), self._accounts.copy()
            try:
                yield _Transaction(
                    payments=_Store(tenant_id, self._payments, self._records),
                    accounts=MemoryAccountStore(tenant_id, self._accounts),
                    outbox=self._messages.outbox(tenant_id),
                )
            except BaseException:
                self._payments, self._records = payments, records
                self._accounts.accounts, self._accounts.fees = accounts.accounts, accounts.fees
                raise

    @override
    async def due(self, *, now: datetime, payments_max: int) -> Sequence[tuple[TenantId, PaymentId]]:
        async with self._messages.lock:
            silent = [
                (payment.check_at, payment.tenant_id, payment.id)
                for payment in self._payments.values()
                if payment.check_at is not None and payment.check_at <= now
            ]
        return [(tenant_id, payment_id) for _, tenant_id, payment_id in sorted(silent)[:payments_max]]


@dataclass(frozen=True, slots=True)
class _Transaction(PaymentTransaction):
    payments: PaymentStore
    accounts: AccountStore
    outbox: Outbox


class _Store(PaymentStore):
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
        self._payments[payment.id] = payment

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


class MemoryPaymentGateway(PaymentGateway):
    """A provider with buyers: `pay`, `decline`, `process` and `pay_wrongly` are what happens in the browser.

    Set `away` to let every call fail as if the network were down.
    """

    def __init__(self) -> None:
        self._intents: dict[str, Intent] = {}
        self._made: dict[str, str] = {}
        self._declines = 0
        self._refunds: dict[str, str] = {}
        self.away = False

    @override
    async def create_intent(self, payment: Payment) -> Intent:
        await self._reach()
        key = f"order:{payment.order_id}:attempt:{payment.attempt}"
        if key not in self._made:
            intent = Intent(
                id=f"pi_{len(self._intents) + 1:024d}",
                client_secret=f"pi_{len(self._intents) + 1:024d}_secret_memory",
                status=IntentStatus.AWAITING_BUYER,
                amount=payment.amount,
                received_minor=0,
                refunded_minor=0,
                decline=None,
                payment_id=payment.id,
                tenant_id=payment.tenant_id,
                attempt=payment.attempt,
            )
            self._made[key] = intent.id
            self._intents[intent.id] = intent
        return self._intents[self._made[key]]

    @override
    async def retrieve_intent(self, intent_id: str) -> Intent:
        await self._reach()
        return self._known(intent_id)

    @override
    async def cancel_intent(self, intent_id: str) -> Intent:
        await self._reach()
        intent = self._known(intent_id)
        if intent.status is IntentStatus.AWAITING_BUYER:
            intent = self._intents[intent_id] = replace(intent, status=IntentStatus.CANCELLED)
        return intent

    @override
    async def refund(self, payment: Payment) -> str | None:
        await self._reach()
        intent = self._known(payment.intent_id or "")
        if intent.id in self._refunds:
            return self._refunds[intent.id]
        if intent.received_minor == 0:
            raise ProviderRefusedError(f"{intent.id} has taken no money.")
        if intent.refunded_minor >= intent.received_minor:
            return None
        self._intents[intent.id] = replace(intent, refunded_minor=intent.received_minor)
        return self._refunds.setdefault(intent.id, f"re_{len(self._refunds) + 1:024d}")

    def pay(self, intent_id: str) -> None:
        """Let the buyer pay."""
        intent = self._known(intent_id)
        assert intent.status in {IntentStatus.AWAITING_BUYER, IntentStatus.PROCESSING}, "it can be paid no more"
        self._intents[intent_id] = replace(
            intent, status=IntentStatus.SUCCEEDED, received_minor=intent.amount.amount_minor, decline=None
        )

    def decline(self, intent_id: str, code: str = "card_declined") -> None:
        """Let the buyer's card be declined."""
        self._declines += 1
        self._intents[intent_id] = replace(
            self._known(intent_id),
            status=IntentStatus.AWAITING_BUYER,
            decline=Decline(id=f"ch_{self._declines}", code=code),
        )

    def process(self, intent_id: str) -> None:
        """Let the provider take its time."""
        self._intents[intent_id] = replace(self._known(intent_id), status=IntentStatus.PROCESSING, decline=None)

    def cancel_at_provider(self, intent_id: str) -> None:
        """Let somebody cancel the intent in the provider's own pages."""
        self._intents[intent_id] = replace(self._known(intent_id), status=IntentStatus.CANCELLED)

    def refund_at_provider(self, intent_id: str) -> None:
        """Let somebody refund the intent in the provider's own pages."""
        intent = self._known(intent_id)
        self._intents[intent_id] = replace(intent, refunded_minor=intent.received_minor)

    def pay_wrongly(self, intent_id: str, *, received_minor: int) -> None:
        """Let another amount be taken than was asked for."""
        self._intents[intent_id] = replace(
            self._known(intent_id), status=IntentStatus.SUCCEEDED, received_minor=received_minor
        )

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise ProviderUnavailableError("The provider is away.")

    def _known(self, intent_id: str) -> Intent:
        intent = self._intents.get(intent_id)
        if intent is None:
            raise ProviderRefusedError(f"No such intent: {intent_id!r}")
        return intent
