"""The ledger of payments on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import override
from uuid import UUID

from adapters.postgres.pool import Connection, Pool, driver_errors_translated
from core.payments.ledger import LedgerAccount, LedgerEntry, Posting, PostingKind
from core.payments.movements import COMPARED, BookedMovement
from core.shared.ids import PaymentId, RefundId, TenantId
from core.shared.money import Money
from ports.payments import Books, Ledger

_COMPARED = sorted(COMPARED)
_BOOKED = """
    with one as (
        select tenant_id, payment_id, kind, provider_ref, currency, min(occurred_at) as occurred_at,
               -coalesce(sum(amount_minor) filter (
                   where account in ('buyer', 'refund', 'dispute', 'seller', 'royalty')
               ), 0)::bigint as amount_minor
        from ledger_entries
        where kind = any($4) and (occurred_at >= $1 and occurred_at < $2 or provider_ref = any($3))
          and provider_ref is not null
        group by tenant_id, payment_id, kind, provider_ref, currency, transaction_id
    )
    select one.*,
           case when one.kind = 'refund_failed' then 0 else coalesce((
               select sum(fee.amount_minor) from ledger_entries fee
               where fee.tenant_id = one.tenant_id and fee.provider_ref = one.provider_ref
                 and fee.account in ('stripe_fee', 'dispute_fee')
           ), 0) end::bigint as fee_minor
    from one order by occurred_at, provider_ref, kind
"""


class PostgresLedger(Ledger):
    """The entries of one open transaction; a deferred trigger refuses to commit what does not balance."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def post(self, payment_id: PaymentId, posting: Posting, *, id: UUID, at: datetime) -> None:
        await self._connection.execute(
            """
            insert into ledger_entries
                (tenant_id, transaction_id, account, amount_minor, currency, kind, payment_id, refund_id, provider_ref,
                 occurred_at, booked_at)
            select $1, $2, entry.account, entry.amount_minor, $5, $6, $7, $8, $9, $10, $11
            from unnest($3::text[], $4::bigint[]) as entry (account, amount_minor)
            """,
            self._tenant_id,
            id,
            [entry.account.value for entry in posting.entries],
            [entry.amount_minor for entry in posting.entries],
            posting.currency,
            posting.kind.value,
            payment_id,
            posting.refund_id,
            posting.provider_ref,
            posting.at,
            at,
        )

    @override
    async def of_payment(self, payment_id: PaymentId) -> Sequence[Posting]:
        rows = await self._connection.fetch(
            """
            select transaction_id, account, amount_minor, currency, kind, refund_id, provider_ref, occurred_at
            from ledger_entries where tenant_id = $1 and payment_id = $2 order by transaction_id
            """,
            self._tenant_id,
            payment_id,
        )
        accounts = {account.value: place for place, account in enumerate(LedgerAccount)}
        found: list[Posting] = []
        for _, group in groupby(rows, key=lambda row: row["transaction_id"]):
            entries = sorted(group, key=lambda row: accounts[row["account"]])
            first = entries[0]
            found.append(
                Posting(
                    kind=PostingKind(first["kind"]),
                    currency=first["currency"],
                    entries=tuple(LedgerEntry(LedgerAccount(row["account"]), row["amount_minor"]) for row in entries),
                    provider_ref=first["provider_ref"],
                    at=first["occurred_at"],
                    refund_id=RefundId(first["refund_id"]) if first["refund_id"] is not None else None,
                )
            )
        return found


class PostgresBooks(Books):
    """The ledger of all tenants, as the relay role, which can only read it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def booked(self, *, start: datetime, end: datetime, refs: Sequence[str]) -> Sequence[BookedMovement]:
        async with driver_errors_translated():
            rows = await self._pool.fetch(_BOOKED, start, end, list(refs), _COMPARED)
        return [
            BookedMovement(
                tenant_id=TenantId(row["tenant_id"]),
                payment_id=PaymentId(row["payment_id"]),
                kind=PostingKind(row["kind"]),
                ref=row["provider_ref"],
                amount=Money(row["amount_minor"], row["currency"]),
                fee_minor=row["fee_minor"],
                at=row["occurred_at"],
            )
            for row in rows
        ]
