"""Refunds on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.payments.errors import RefundConflictError, RefundTooLargeError
from core.payments.refund import Refund, RefundStatus
from core.shared.ids import PaymentId, RefundId, TenantId
from core.shared.money import Money
from ports.paging import Page, PageRequest
from ports.payments import RefundBacklog, RefundStore, UnsettledRefunds

_COLUMNS = """
    tenant_id, id, payment_id, amount_minor, currency, reason, status, stripe_refund_id, failure, attempt, booked,
    check_at, created_at, updated_at, all_left
"""
_INSERT = f"""
    insert into refunds ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    on conflict on constraint refunds_pkey do nothing
"""  # noqa: S608 - built from our own column names
_SELECT = f"select {_COLUMNS} from refunds where tenant_id = $1"  # noqa: S608 - as above
_UPDATE = """
    update refunds
       set amount_minor = $4, status = $5, stripe_refund_id = $6, failure = $7, attempt = $8, booked = $9,
           check_at = $10, updated_at = $11
     where tenant_id = $1 and id = $2 and payment_id = $3
"""
_TOO_LARGE = "payments_refunded"


class PostgresRefundStore(RefundStore):
    """The refunds of one open transaction. A trigger weighs them on their payment, which a check limits."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, refund: Refund) -> bool:
        async with _weighed():
            status = await self._connection.execute(
                _INSERT,
                self._tenant_id,
                refund.id,
                refund.payment_id,
                refund.amount.amount_minor,
                refund.amount.currency,
                refund.reason,
                refund.status.value,
                refund.provider_id,
                refund.failure,
                refund.attempt,
                refund.booked,
                refund.check_at,
                refund.created_at,
                refund.updated_at,
                refund.all_left,
            )
        return rows_touched(status) == 1

    @override
    async def find(self, refund_id: RefundId) -> Refund | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, refund_id)
        return _refund(row) if row is not None else None

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        rows = await self._connection.fetch(
            f"{_SELECT} and payment_id = $2 order by created_at, id", self._tenant_id, payment_id
        )
        return [_refund(row) for row in rows]

    @override
    async def save(self, refund: Refund) -> None:
        async with _weighed():
            status = await self._connection.execute(
                _UPDATE,
                self._tenant_id,
                refund.id,
                refund.payment_id,
                refund.amount.amount_minor,
                refund.status.value,
                refund.provider_id,
                refund.failure,
                refund.attempt,
                refund.booked,
                refund.check_at,
                refund.updated_at,
            )
        if rows_touched(status) != 1:
            raise RefundConflictError(f"Refund {refund.id} is another payment's.")

    @override
    async def page(self, page: PageRequest, *, status: RefundStatus | None) -> Page[Refund]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ($2::text is null or status = $2) and ($3::uuid is null or id > $3) order by id limit $4",
            self._tenant_id,
            status.value if status is not None else None,
            page.after,
            page.limit + 1,
        )
        items = tuple(_refund(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)


class PostgresUnsettledRefunds(UnsettledRefunds):
    """The sweep's view, as the relay role, which reads just the columns that it needs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def refunds_due(self, *, now: datetime, refunds_max: int) -> Sequence[tuple[TenantId, RefundId]]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                "select tenant_id, id from refunds where check_at <= $1 order by check_at limit $2", now, refunds_max
            )
        return [(TenantId(row["tenant_id"]), RefundId(row["id"])) for row in rows]

    @override
    async def backlog(self) -> RefundBacklog:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                """
                select count(*) filter (where status = 'pending') as pending,
                       count(*) filter (where status = 'failed') as failed
                from refunds where status <> 'succeeded'
                """
            )
        assert row is not None, "a count is always a row"
        return RefundBacklog(pending=row["pending"], failed=row["failed"])


@asynccontextmanager
async def _weighed() -> AsyncIterator[None]:
    """Turn the database's refusal of too much into the domain's."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != _TOO_LARGE:
            raise
        raise RefundTooLargeError("More would go back than was received.") from error


def _refund(row: asyncpg.Record) -> Refund:
    return Refund(
        id=RefundId(row["id"]),
        tenant_id=TenantId(row["tenant_id"]),
        payment_id=PaymentId(row["payment_id"]),
        amount=Money(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        status=RefundStatus(row["status"]),
        provider_id=row["stripe_refund_id"],
        failure=row["failure"],
        attempt=row["attempt"],
        booked=row["booked"],
        check_at=row["check_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        all_left=row["all_left"],
    )
