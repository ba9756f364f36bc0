"""Payments in memory: their rows, and a provider that behaves as Stripe does."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import override

from adapters.memory.disputes import DisputeRows, MemoryDisputeStore
from adapters.memory.messaging import MemoryMessages
from adapters.memory.payment_accounts import MemoryAccountDirectory, MemoryAccountRows, MemoryAccountStore
from adapters.memory.payment_intents import MemoryIntents
from adapters.memory.payment_store import MemoryPaymentStore
from adapters.memory.payouts import MemoryPayoutStore, PayoutRows, payouts_due
from adapters.memory.refunds import Book, MemoryLedger, MemoryRefundStore, booked_movements
from core.payments.dispute import ProviderDispute
from core.payments.errors import PaymentDisputedError
from core.payments.intent import Intent, IntentStatus
from core.payments.movements import BookedMovement, Movement
from core.payments.payment import Payment
from core.payments.payout import Leg, Payout, PayoutStatus, ProviderTransfer
from core.payments.refund import ProviderRefund, Refund, RefundsSeen, RefundStatus
from core.shared.ids import DisputeId, PaymentId, PayoutId, RefundId, TenantId
from ports.events import Outbox
from ports.payments import (
    Books,
    KeptRecord,
    Ledger,
    PaymentGateway,
    PaymentStore,
    PaymentTransaction,
    PaymentTransactions,
    RefundBacklog,
    RefundStore,
    UnsettledPayments,
    UnsettledRefunds,
)
from ports.payments.accounts import AccountStore
from ports.payments.disputes import DisputeStore, UnsettledDisputes
from ports.payments.payouts import PayoutBacklog, PayoutStore, UnsettledPayouts


class MemoryPayments(
    PaymentTransactions, UnsettledPayments, UnsettledRefunds, UnsettledDisputes, UnsettledPayouts, Books
):
    """The payments of all tenants with all that is theirs; transactions run one after the other."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages
        self._payments: dict[PaymentId, Payment] = {}
        self._records: list[KeptRecord] = []
        self._accounts = MemoryAccountRows()
        self.directory = MemoryAccountDirectory(self._accounts)
        self._refunds: dict[tuple[TenantId, RefundId], Refund] = {}
        self._disputes: DisputeRows = {}
        self._payouts: PayoutRows = {}
        self._book: Book = []

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncIterator[PaymentTransaction]:
        async with self._messages.transaction():
            payments, records, accounts = dict(self._payments), list(self._records), self._accounts.copy()
            refunds, disputes, book = dict(self._refunds), dict(self._disputes), list(self._book)
            payouts = dict(self._payouts)
            try:
                yield _Transaction(
                    payments=MemoryPaymentStore(tenant_id, self._payments, self._records),
                    accounts=MemoryAccountStore(tenant_id, self._accounts),
                    refunds=MemoryRefundStore(tenant_id, self._refunds, self._payments),
                    disputes=MemoryDisputeStore(tenant_id, self._disputes),
                    payouts=MemoryPayoutStore(tenant_id, self._payouts, self._payments),
                    ledger=MemoryLedger(tenant_id, self._book),
                    outbox=self._messages.outbox(tenant_id),
                )
            except BaseException:
                self._payments, self._records, self._refunds, self._book = payments, records, refunds, book
                self._disputes, self._payouts = disputes, payouts
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

    @override
    async def refunds_due(self, *, now: datetime, refunds_max: int) -> Sequence[tuple[TenantId, RefundId]]:
        async with self._messages.lock:
            due = [
                (refund.check_at, refund.tenant_id, refund.id)
                for refund in self._refunds.values()
                if refund.check_at is not None and refund.check_at <= now
            ]
        return [(tenant_id, refund_id) for _, tenant_id, refund_id in sorted(due)[:refunds_max]]

    @override
    async def disputes_due(self, *, now: datetime, disputes_max: int) -> Sequence[tuple[TenantId, DisputeId]]:
        async with self._messages.lock:
            due = [
                (dispute.check_at, dispute.tenant_id, dispute.id)
                for dispute in self._disputes.values()
                if dispute.check_at is not None and dispute.check_at <= now
            ]
        return [(tenant_id, dispute_id) for _, tenant_id, dispute_id in sorted(due)[:disputes_max]]

    @override
    async def payouts_due(self, *, now: datetime, payouts_max: int) -> Sequence[tuple[TenantId, PayoutId]]:
        async with self._messages.lock:
            return payouts_due(self._payouts, now=now)[:payouts_max]

    @override
    async def payout_backlog(self) -> PayoutBacklog:
        statuses = [payout.status for payout in self._payouts.values()]
        return PayoutBacklog(
            pending=statuses.count(PayoutStatus.PENDING),
            owed=statuses.count(PayoutStatus.OWED),
            failed=statuses.count(PayoutStatus.FAILED),
        )

    @override
    async def backlog(self) -> RefundBacklog:
        statuses = [refund.status for refund in self._refunds.values()]
        return RefundBacklog(statuses.count(RefundStatus.PENDING), statuses.count(RefundStatus.FAILED))

    @override
    async def booked(self, *, start: datetime, end: datetime, refs: Sequence[str]) -> Sequence[BookedMovement]:
        return booked_movements(self._book, start=start, end=end, refs=frozenset(refs))


@dataclass(frozen=True, slots=True)
class _Transaction(PaymentTransaction):
    payments: PaymentStore
    accounts: AccountStore
    refunds: RefundStore
    disputes: DisputeStore
    payouts: PayoutStore
    ledger: Ledger
    outbox: Outbox


class MemoryPaymentGateway(MemoryIntents, PaymentGateway):
    """The provider's calls over what its buyers, banks and staff do; see MemoryIntents."""

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
        if intent.status in {IntentStatus.AWAITING_BUYER, IntentStatus.NEEDS_ACTION}:
            intent = self._intents[intent_id] = replace(intent, status=IntentStatus.CANCELLED)
        return intent

    @override
    async def refund(self, payment: Payment, refund: Refund) -> ProviderRefund:
        await self._reach()
        intent = self._known(payment.intent_id or "")
        if self.bank.bars_refunds(intent.id):
            raise PaymentDisputedError(f"The charge of {intent.id} has been charged back.")
        return self.desk.make(intent, payment, refund)

    @override
    async def refunds(self, payment: Payment) -> RefundsSeen:
        await self._reach()
        intent = self._known(payment.intent_id or "")
        return RefundsSeen(self.desk.of(intent.id), self.desk.fees_returned.get(intent.id, 0))

    @override
    async def retrieve_dispute(self, dispute_id: str) -> ProviderDispute:
        await self._reach()
        return self.bank.known(dispute_id)

    @override
    async def disputes_of(self, payment: Payment) -> Sequence[ProviderDispute]:
        await self._reach()
        return list(self.bank.of(self._known(payment.intent_id or "").id))

    @override
    async def answer_dispute(self, dispute_id: str, text: str, *, submit: bool) -> None:
        await self._reach()
        self.bank.answer(dispute_id, text, submit=submit)

    @override
    async def transfer(self, payment: Payment, payout: Payout, leg: Leg, *, to: str) -> ProviderTransfer:
        await self._reach()
        intent = self._known(payment.intent_id or "")
        return self.till.make(intent, payout, leg, to=to)

    @override
    async def transfers(self, payment: Payment) -> Sequence[ProviderTransfer]:
        await self._reach()
        return self.till.of(self._known(payment.intent_id or "").id)

    @override
    async def retrieve_transfer(self, transfer_id: str) -> ProviderTransfer:
        await self._reach()
        return self.till.known(transfer_id)

    @override
    async def movements(self, *, start: datetime, end: datetime) -> Sequence[Movement]:
        await self._reach()
        return [one for one in self._movements if start <= one.at < end]
