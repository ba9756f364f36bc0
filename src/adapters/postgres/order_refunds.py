"""Refunds and refund policies on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.orders.errors import OrderRefundTooLargeError
from core.orders.refund_policy import DEFAULT_POLICY, RefundPolicy, RefundReason
from core.orders.refunds import Explanation, OrderRefund, RefundStatus, ReturnedItem
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderId, RefundId, TenantId
from core.shared.money import Money
from ports.orders import DueRefund, DueRefunds, RefundPolicyStore, RefundStore
from ports.paging import Page, PageRequest

_SELECT = """
select r.*, r.items::text as items_text, r.explanation::text as explanation_text
from order_refunds r where r.tenant_id = $1
"""
_INSERT = """
insert into order_refunds (
    tenant_id, id, order_id, items, amount_minor, currency, reason, note, account_id, by_staff, explanation, status,
    failure, requested_at, accepted_at, settled_at, due_at, version
) values ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14, $15, $16, $17, $18)
"""
_ITEMS = msgspec.json.Decoder(tuple[ReturnedItem, ...])
_EXPLANATION = msgspec.json.Decoder(Explanation)
_POLICY = msgspec.json.Decoder(RefundPolicy)


class PostgresRefundStore(RefundStore):
    """The refunds of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, refund: OrderRefund) -> None:
        await self._connection.execute(
            _INSERT,
            self._tenant_id,
            refund.id,
            refund.order_id,
            msgspec.json.encode(refund.items).decode(),
            refund.amount.amount_minor,
            refund.amount.currency,
            refund.reason.value,
            refund.note,
            refund.by,
            refund.by_staff,
            msgspec.json.encode(refund.explanation).decode(),
            refund.status.value,
            refund.failure,
            refund.requested_at,
            refund.accepted_at,
            refund.settled_at,
            refund.due_at,
            refund.version,
        )
        await self._count(refund, before=False)

    @override
    async def get(self, refund_id: RefundId) -> OrderRefund | None:
        row = await self._connection.fetchrow(f"{_SELECT} and r.id = $2", self._tenant_id, refund_id)
        return _refund_of(row) if row is not None else None

    @override
    async def of_order(self, order_id: OrderId) -> Sequence[OrderRefund]:
        rows = await self._connection.fetch(f"{_SELECT} and r.order_id = $2 order by r.id", self._tenant_id, order_id)
        return [_refund_of(row) for row in rows]

    @override
    async def save(self, refund: OrderRefund) -> None:
        counted = await self._connection.fetchval(
            """
            select status <> 'refused' from order_refunds
            where tenant_id = $1 and id = $2 and version = $3 - 1 for update
            """,
            self._tenant_id,
            refund.id,
            refund.version,
        )
        if counted is None:
            raise StaleVersionError("The refund was changed by somebody else.")
        await self._connection.execute(
            """
            update order_refunds
            set status = $3, failure = $4, accepted_at = $5, settled_at = $6, due_at = $7, version = $8
            where tenant_id = $1 and id = $2
            """,
            self._tenant_id,
            refund.id,
            refund.status.value,
            refund.failure,
            refund.accepted_at,
            refund.settled_at,
            refund.due_at,
            refund.version,
        )
        await self._count(refund, before=counted)

    @override
    async def page(self, page: PageRequest, *, status: RefundStatus | None) -> Page[OrderRefund]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ($2::text is null or r.status = $2) and ($3::uuid is null or r.id > $3) "
            "order by r.id limit $4",
            self._tenant_id,
            status.value if status else None,
            page.after,
            page.limit + 1,
        )
        items = tuple(_refund_of(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    async def _count(self, refund: OrderRefund, *, before: bool) -> None:
        """Keep the sum beside the order's total, where a constraint compares the two, whoever comes at once."""
        if refund.counts == before:
            return
        try:
            await self._connection.execute(
                "update orders set refunded_minor = refunded_minor + $3 where tenant_id = $1 and id = $2",
                self._tenant_id,
                refund.order_id,
                refund.amount.amount_minor * (1 if refund.counts else -1),
            )
        except asyncpg.CheckViolationError as error:
            if error.constraint_name != "orders_refunded":
                raise
            raise OrderRefundTooLargeError("More would go back than was paid.") from error


class PostgresRefundPolicyStore(RefundPolicyStore):
    """The policy of one tenant."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def get(self) -> RefundPolicy:
        text = await self._connection.fetchval(
            "select policy::text from refund_policies where tenant_id = $1", self._tenant_id
        )
        return policy_of(text)

    @override
    async def save(self, policy: RefundPolicy, *, at: datetime) -> None:
        status = await self._connection.execute(
            """
            insert into refund_policies as p (tenant_id, policy, version, updated_at)
            select $1, $2::text::jsonb, $3, $4
            where $3 = 1 or exists (select from refund_policies where tenant_id = $1)
            on conflict (tenant_id) do update
               set policy = excluded.policy, version = excluded.version, updated_at = excluded.updated_at
             where p.version = excluded.version - 1
            """,
            self._tenant_id,
            policy_text(policy),
            policy.version,
            at,
        )
        if rows_touched(status) != 1:
            raise StaleVersionError("The refund policy was changed by somebody else.")


class PostgresDueRefunds(DueRefunds):
    """The sweep's view, through the relay role: it reads ids and times of every tenant, and nothing else."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, refunds_max: int) -> Sequence[DueRefund]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                "select tenant_id, order_id, id from order_refunds where due_at <= $1 "
                "order by due_at, tenant_id, id limit $2",
                now,
                refunds_max,
            )
        return [DueRefund(TenantId(row["tenant_id"]), OrderId(row["order_id"]), RefundId(row["id"])) for row in rows]


def policy_text(policy: RefundPolicy) -> str:
    """Return the policy as JSON, for a jsonb parameter."""
    return msgspec.json.encode(policy).decode()


def policy_of(text: str | None) -> RefundPolicy:
    """Read a policy back; None is the one of an organisation that has set none."""
    return _POLICY.decode(text) if text is not None else DEFAULT_POLICY


def _refund_of(row: asyncpg.Record) -> OrderRefund:
    return OrderRefund(
        id=RefundId(row["id"]),
        order_id=OrderId(row["order_id"]),
        items=_ITEMS.decode(row["items_text"]),
        amount=Money(row["amount_minor"], row["currency"]),
        reason=RefundReason(row["reason"]),
        note=row["note"],
        by=AccountId(row["account_id"]),
        by_staff=row["by_staff"],
        explanation=_EXPLANATION.decode(row["explanation_text"]),
        requested_at=row["requested_at"],
        due_at=row["due_at"],
        status=RefundStatus(row["status"]),
        failure=row["failure"],
        accepted_at=row["accepted_at"],
        settled_at=row["settled_at"],
        version=row["version"],
    )
