"""Payouts on PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.payments.accounts import AccountOwner, OwnerKind
from core.payments.errors import PayoutTooLargeError
from core.payments.payout import Payout, PayoutStatus, Shares
from core.shared.ids import AccountId, OrderId, PaymentId, PayoutId, TenantId, VenueId
from ports.paging import Page, PageRequest
from ports.payments.payouts import PayoutBacklog, PayoutStore, UnsettledPayouts

_COLUMNS = """
    tenant_id, id, payment_id, order_id, seller_account_id, seller_minor, royalty_minor, fee_minor, currency, venue_ids,
    reason, created_at, status, attempt, released, reversed_minor, seller_transfer_id, royalty_transfer_id, failure,
    settled_by, note, check_at, updated_at
"""
_INSERT = f"""
    insert into payouts ({_COLUMNS})
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
    on conflict on constraint payouts_pkey do nothing
"""  # noqa: S608 - built from our own column names
_SELECT = f"select {_COLUMNS} from payouts where tenant_id = $1"  # noqa: S608 - as above
_UPDATE = """
    update payouts
       set status = $3, attempt = $4, released = $5, reversed_minor = $6, seller_transfer_id = $7,
           royalty_transfer_id = $8, failure = $9, settled_by = $10, note = $11, check_at = $12, updated_at = $13
     where tenant_id = $1 and id = $2
"""
_TOO_LARGE = "payments_paid_out"


class PostgresPayoutStore(PayoutStore):
    """The payouts of one open transaction. A trigger weighs them on their payment, under its row lock."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, payout: Payout) -> bool:
        async with _weighed():
            status = await self._connection.execute(
                _INSERT,
                self._tenant_id,
                payout.id,
                payout.payment_id,
                payout.order_id,
                payout.seller_account_id,
                payout.shares.seller_minor,
                payout.shares.royalty_minor,
                payout.shares.fee_minor,
                payout.shares.currency,
                list(payout.venue_ids),
                payout.reason,
                payout.created_at,
                *_progress(payout),
            )
        return rows_touched(status) == 1

    @override
    async def find(self, payout_id: PayoutId) -> Payout | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, payout_id)
        return _payout(row) if row is not None else None

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Payout]:
        rows = await self._connection.fetch(
            f"{_SELECT} and payment_id = $2 order by created_at, id", self._tenant_id, payment_id
        )
        return [_payout(row) for row in rows]

    @override
    async def save(self, payout: Payout) -> None:
        async with _weighed():
            await self._connection.execute(_UPDATE, self._tenant_id, payout.id, *_progress(payout))

    @override
    async def page(
        self, page: PageRequest, *, status: PayoutStatus | None, seller: AccountId | None = None
    ) -> Page[Payout]:
        rows = await self._connection.fetch(
            f"{_SELECT} and ($2::text is null or status = $2) and ($3::uuid is null or seller_account_id = $3) "
            "and ($4::uuid is null or id > $4) order by id limit $5",
            self._tenant_id,
            status.value if status is not None else None,
            seller,
            page.after,
            page.limit + 1,
        )
        items = tuple(_payout(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)

    @override
    async def wake_owed(self, owner: AccountOwner, *, at: datetime) -> None:
        whose = "seller_account_id = $2" if owner.kind is OwnerKind.SELLER else "$2 = any(venue_ids)"
        await self._connection.execute(
            f"update payouts set check_at = $3 where tenant_id = $1 and status = 'owed' and {whose}",  # noqa: S608 - ours
            self._tenant_id,
            owner.id,
            at,
        )

    @override
    async def wake(self, payment_id: PaymentId, *, at: datetime) -> None:
        await self._connection.execute(
            """
            update payouts set check_at = $3 where tenant_id = $1 and payment_id = $2 and status <> 'reversed'
            """,
            self._tenant_id,
            payment_id,
            at,
        )


class PostgresUnsettledPayouts(UnsettledPayouts):
    """The sweep's view, as the relay role, which reads just the columns that it needs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def payouts_due(self, *, now: datetime, payouts_max: int) -> Sequence[tuple[TenantId, PayoutId]]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(
                "select tenant_id, id from payouts where check_at <= $1 order by check_at limit $2", now, payouts_max
            )
        return [(TenantId(row["tenant_id"]), PayoutId(row["id"])) for row in rows]

    @override
    async def payout_backlog(self) -> PayoutBacklog:
        async with driver_errors_translated():
            row = await self._pool.fetchrow(
                """
                select count(*) filter (where status = 'pending') as pending,
                       count(*) filter (where status = 'owed') as owed,
                       count(*) filter (where status = 'failed') as failed
                from payouts where status in ('pending', 'owed', 'failed')
                """
            )
        assert row is not None, "a count is always a row"
        return PayoutBacklog(pending=row["pending"], owed=row["owed"], failed=row["failed"])


@asynccontextmanager
async def _weighed() -> AsyncIterator[None]:
    """Turn the database's refusal of too much into the domain's."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != _TOO_LARGE:
            raise
        raise PayoutTooLargeError("More would be paid out than is left of what was received.") from error


def _progress(payout: Payout) -> tuple[object, ...]:
    """Return what changes while a payout goes on, `status` to `updated_at` in the order of the columns."""
    return (
        payout.status.value,
        payout.attempt,
        payout.released,
        payout.reversed_minor,
        payout.seller_transfer,
        payout.royalty_transfer,
        payout.failure,
        payout.settled_by,
        payout.note,
        payout.check_at,
        payout.updated_at,
    )


def _payout(row: asyncpg.Record) -> Payout:
    return Payout(
        id=PayoutId(row["id"]),
        tenant_id=TenantId(row["tenant_id"]),
        payment_id=PaymentId(row["payment_id"]),
        order_id=OrderId(row["order_id"]),
        seller_account_id=AccountId(row["seller_account_id"]),
        shares=Shares(
            seller_minor=row["seller_minor"],
            royalty_minor=row["royalty_minor"],
            fee_minor=row["fee_minor"],
            currency=row["currency"],
        ),
        venue_ids=tuple(VenueId(venue_id) for venue_id in row["venue_ids"]),
        reason=row["reason"],
        status=PayoutStatus(row["status"]),
        attempt=row["attempt"],
        check_at=row["check_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        released=row["released"],
        reversed_minor=row["reversed_minor"],
        seller_transfer=row["seller_transfer_id"],
        royalty_transfer=row["royalty_transfer_id"],
        failure=row["failure"],
        settled_by=AccountId(row["settled_by"]) if row["settled_by"] is not None else None,
        note=row["note"],
    )
