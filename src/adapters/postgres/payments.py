"""Payments on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.disputes import PostgresDisputeStore
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.payment_accounts import PostgresAccountStore
from adapters.postgres.payouts import PostgresPayoutStore
from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from adapters.postgres.refunds import PostgresRefundStore
from adapters.postgres.transactions import tenant_transaction
from core.payments.destination import Destination
from core.payments.payment import Payment, PaymentMethod, PaymentStatus
from core.payments.record import PaymentRecord, RecordKind
from core.shared.ids import AccountId, OrderId, PaymentId, TenantId
from core.shared.money import Money
from ports.events import Outbox
from ports.ids import IdSource
from ports.payments import (
    KeptRecord,
    Ledger,
    PaymentStore,
    PaymentTransaction,
    PaymentTransactions,
    RefundStore,
    UnsettledPayments,
)
from ports.payments.accounts import AccountStore
from ports.payments.disputes import DisputeStore
from ports.payments.payouts import PayoutStore

_COLUMNS = """
    tenant_id, id, order_id, account_id, method, amount_minor, currency, description, status, attempt,
    stripe_payment_intent_id, received_minor, received_currency, closing, refund_reason, decline_id, check_at,
    refunded_at, destination_account, application_fee_minor, needs_action, created_at, updated_at, escrow
"""
_INSERT = f"""
    insert into payments ({_COLUMNS})
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24)
    on conflict on constraint payments_order do nothing
"""  # noqa: S608 - built from our own column names
_SELECT = f"select {_COLUMNS}, refunded_minor, paid_out_minor from payments where tenant_id = $1"  # noqa: S608 - as above
_UPDATE = """
    update payments
       set status = $3, attempt = $4, stripe_payment_intent_id = $5, received_minor = $6, received_currency = $7,
           closing = $8, refund_reason = $9, decline_id = $10, check_at = $11, refunded_at = $12,
           destination_account = $13, application_fee_minor = $14, needs_action = $15, updated_at = $16, method = $17
     where tenant_id = $1 and id = $2
"""


class PostgresPaymentStore(PaymentStore):
    """The payments of one open transaction; locks are row locks."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, payment: Payment) -> bool:
        status = await self._connection.execute(
            _INSERT,
            self._tenant_id,
            payment.id,
            payment.order_id,
            payment.account_id,
            payment.method.value,
            payment.amount.amount_minor,
            payment.amount.currency,
            payment.description,
            *_progress(payment),
            payment.created_at,
            payment.updated_at,
            payment.escrow,
        )
        return rows_touched(status) == 1

    @override
    async def find(self, payment_id: PaymentId) -> Payment | None:
        return _payment(await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, payment_id))

    @override
    async def lock(self, payment_id: PaymentId) -> Payment | None:
        return _payment(
            await self._connection.fetchrow(f"{_SELECT} and id = $2 for update", self._tenant_id, payment_id)
        )

    @override
    async def lock_of_order(self, order_id: OrderId) -> Payment | None:
        return _payment(
            await self._connection.fetchrow(f"{_SELECT} and order_id = $2 for update", self._tenant_id, order_id)
        )

    @override
    async def save(self, payment: Payment) -> None:
        await self._connection.execute(
            _UPDATE,
            self._tenant_id,
            payment.id,
            *_progress(payment),
            payment.updated_at,
            payment.method.value,
        )

    @override
    async def append(self, payment_id: PaymentId, record: PaymentRecord, *, id: UUID, at: datetime) -> None:
        await self._connection.execute(
            """
            insert into payment_records
                (tenant_id, id, payment_id, event_type, movement_minor, currency, payload, recorded_at)
            values ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8)
            """,
            self._tenant_id,
            id,
            payment_id,
            record.kind.value,
            record.movement_minor,
            record.currency,
            msgspec.json.encode(record.detail).decode(),
            at,
        )

    @override
    async def records(self, payment_id: PaymentId) -> Sequence[KeptRecord]:
        rows = await self._connection.fetch(
            """
            select id, event_type, movement_minor, currency, payload::text as payload, recorded_at
            from payment_records where tenant_id = $1 and payment_id = $2 order by id
            """,
            self._tenant_id,
            payment_id,
        )
        return [
            KeptRecord(
                id=row["id"],
                payment_id=payment_id,
                record=PaymentRecord(
                    kind=RecordKind(row["event_type"]),
                    movement_minor=row["movement_minor"],
                    currency=row["currency"],
                    detail=msgspec.json.decode(row["payload"], type=dict[str, str | int | None]),
                ),
                recorded_at=row["recorded_at"],
            )
            for row in rows
        ]


@dataclass(frozen=True, slots=True)
class _PostgresPaymentTransaction(PaymentTransaction):
    payments: PaymentStore
    accounts: AccountStore
    refunds: RefundStore
    disputes: DisputeStore
    payouts: PayoutStore
    ledger: Ledger
    outbox: Outbox


class PostgresPaymentTransactions(PaymentTransactions):
    """Transactions on payment_db as its app role, which row-level security binds to the tenant."""

    def __init__(self, pool: Pool, ids: IdSource) -> None:
        self._pool = pool
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncIterator[PaymentTransaction]:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            yield _PostgresPaymentTransaction(
                payments=PostgresPaymentStore(connection, tenant_id),
                accounts=PostgresAccountStore(connection, tenant_id),
                refunds=PostgresRefundStore(connection, tenant_id),
                disputes=PostgresDisputeStore(connection, tenant_id),
                payouts=PostgresPayoutStore(connection, tenant_id),
                ledger=PostgresLedger(connection, tenant_id),
                outbox=PostgresOutbox(connection, tenant_id=tenant_id, ids=self._ids),
            )


class PostgresUnsettledPayments(UnsettledPayments):
    """The sweep's view, as the relay role, which reads just the columns that it needs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def due(self, *, now: datetime, payments_max: int) -> Sequence[tuple[TenantId, PaymentId]]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                "select tenant_id, id from payments where check_at <= $1 order by check_at limit $2", now, payments_max
            )
        return [(TenantId(row["tenant_id"]), PaymentId(row["id"])) for row in rows]


def _progress(payment: Payment) -> tuple[object, ...]:
    """Return what changes while a payment goes on, `status` to `needs_action` in the order of the columns."""
    received, destination = payment.received, payment.destination
    return (
        payment.status.value,
        payment.attempt,
        payment.intent_id,
        received.amount_minor if received else None,
        received.currency if received else None,
        payment.closing,
        payment.refund_reason,
        payment.decline_id,
        payment.check_at,
        payment.refunded_at,
        destination.account if destination else None,
        destination.application_fee_minor if destination else None,
        payment.needs_action,
    )


def _payment(row: asyncpg.Record | None) -> Payment | None:
    if row is None:
        return None
    received, account = row["received_minor"], row["destination_account"]
    return Payment(
        id=PaymentId(row["id"]),
        tenant_id=TenantId(row["tenant_id"]),
        order_id=OrderId(row["order_id"]),
        account_id=AccountId(row["account_id"]),
        method=PaymentMethod(row["method"]),
        amount=Money(row["amount_minor"], row["currency"]),
        description=row["description"],
        status=PaymentStatus(row["status"]),
        attempt=row["attempt"],
        intent_id=row["stripe_payment_intent_id"],
        received=Money(received, row["received_currency"]) if received is not None else None,
        closing=row["closing"],
        refund_reason=row["refund_reason"],
        decline_id=row["decline_id"],
        check_at=row["check_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        refunded_minor=row["refunded_minor"],
        refunded_at=row["refunded_at"],
        destination=Destination(account, row["application_fee_minor"]) if account is not None else None,
        needs_action=row["needs_action"],
        escrow=row["escrow"],
        paid_out_minor=row["paid_out_minor"],
    )
