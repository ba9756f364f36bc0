"""Disputes on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated
from core.payments.dispute import Dispute, DisputeState
from core.shared.ids import DisputeId, OrderId, PaymentId, TenantId
from core.shared.money import Money
from ports.paging import Page, PageRequest
from ports.payments.disputes import DisputeStore, UnsettledDisputes

_COLUMNS = """
    tenant_id, id, payment_id, order_id, stripe_dispute_id, amount_minor, currency, reason, status, state,
    evidence_due_by, opened_at, closed_at, version, check_at, updated_at
"""
_PUT = f"""
    insert into disputes ({_COLUMNS})
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    on conflict on constraint disputes_pkey do update
       set amount_minor = excluded.amount_minor, currency = excluded.currency, reason = excluded.reason,
           status = excluded.status, state = excluded.state, evidence_due_by = excluded.evidence_due_by,
           closed_at = excluded.closed_at, version = excluded.version, check_at = excluded.check_at,
           updated_at = excluded.updated_at
"""  # noqa: S608 - built from our own column names
_SELECT = f"select {_COLUMNS} from disputes where tenant_id = $1"  # noqa: S608 - as above


class PostgresDisputeStore(DisputeStore):
    """The disputes of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def put(self, dispute: Dispute) -> None:
        await self._connection.execute(
            _PUT,
            self._tenant_id,
            dispute.id,
            dispute.payment_id,
            dispute.order_id,
            dispute.provider_id,
            dispute.amount.amount_minor,
            dispute.amount.currency,
            dispute.reason,
            dispute.status,
            dispute.state.value,
            dispute.evidence_due_by,
            dispute.opened_at,
            dispute.closed_at,
            dispute.version,
            dispute.check_at,
            dispute.updated_at,
        )

    @override
    async def find(self, dispute_id: DisputeId) -> Dispute | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, dispute_id)
        return _dispute(row) if row is not None else None

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Dispute]:
        rows = await self._connection.fetch(
            f"{_SELECT} and payment_id = $2 order by opened_at, id", self._tenant_id, payment_id
        )
        return [_dispute(row) for row in rows]

    @override
    async def page(self, page: PageRequest, *, state: DisputeState | None) -> Page[Dispute]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ($2::text is null or state = $2) and ($3::uuid is null or id > $3) order by id limit $4",
            self._tenant_id,
            state.value if state is not None else None,
            page.after,
            page.limit + 1,
        )
        items = tuple(_dispute(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)


class PostgresUnsettledDisputes(UnsettledDisputes):
    """The sweep's view, as the relay role, which reads just the columns that it needs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def disputes_due(self, *, now: datetime, disputes_max: int) -> Sequence[tuple[TenantId, DisputeId]]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                "select tenant_id, id from disputes where check_at <= $1 order by check_at limit $2", now, disputes_max
            )
        return [(TenantId(row["tenant_id"]), DisputeId(row["id"])) for row in rows]


def _dispute(row: asyncpg.Record) -> Dispute:
    return Dispute(
        id=DisputeId(row["id"]),
        tenant_id=TenantId(row["tenant_id"]),
        payment_id=PaymentId(row["payment_id"]),
        order_id=OrderId(row["order_id"]),
        provider_id=row["stripe_dispute_id"],
        amount=Money(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        status=row["status"],
        state=DisputeState(row["state"]),
        evidence_due_by=row["evidence_due_by"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        version=row["version"],
        check_at=row["check_at"],
        updated_at=row["updated_at"],
    )
