"""Transfers of passes to persons, on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.resale.transfers.transfer import Transfer, TransferredPass
from core.resale.transfers.transfer_errors import TransferOpenError
from core.resale.transfers.transfer_status import TransferStatus
from core.shared.emails import Email
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, PassId, TenantId, TransferId
from ports.paging import Page, PageRequest
from ports.resale.transfers import DueTransfers, TransferStore

_SUBJECT = msgspec.json.Decoder(TransferredPass)
_CHANGING = "version, status, lapses_at, due_at, offered_at, to_account_id, holder_name, reason, offer_tied, updated_at"
_SELECT = f"""
select id, from_account_id, to_email, to_email_key, subject::text as subject, created_at, {_CHANGING}
from pass_transfers where tenant_id = $1
"""  # noqa: S608 - our own column names
_ADD = f"""
insert into pass_transfers (tenant_id, id, {_CHANGING}, pass_id, from_account_id, to_email, to_email_key, subject,
    created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::text::jsonb, $18)
on conflict do nothing
"""  # noqa: S608 - as above
_SAVE = f"""
update pass_transfers set ({_CHANGING}) = ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
 where tenant_id = $1 and id = $2 and version = $3 - 1
"""  # noqa: S608 - as above
_LIVE = "status in ('OPENING', 'OFFERED', 'ACCEPTING')"


class PostgresTransferStore(TransferStore):
    """The transfers of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, transfer: Transfer) -> None:
        status = await self._connection.execute(
            _ADD,
            self._tenant_id,
            transfer.id,
            *_changing(transfer),
            transfer.subject.pass_id,
            transfer.from_account,
            transfer.to_email.address,
            transfer.to_email.key,
            msgspec.json.encode(transfer.subject).decode(),
            transfer.created_at,
        )
        if rows_touched(status) != 1:
            raise TransferOpenError

    @override
    async def get(self, transfer_id: TransferId) -> Transfer | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2", self._tenant_id, transfer_id)
        return _transfer(row) if row is not None else None

    @override
    async def locked(self, transfer_id: TransferId) -> Transfer | None:
        row = await self._connection.fetchrow(f"{_SELECT} and id = $2 for update", self._tenant_id, transfer_id)
        return _transfer(row) if row is not None else None

    @override
    async def save(self, transfer: Transfer) -> None:
        status = await self._connection.execute(_SAVE, self._tenant_id, transfer.id, *_changing(transfer))
        if rows_touched(status) != 1:
            raise StaleVersionError("The transfer was changed by somebody else.")

    @override
    async def live_of_passes(self, pass_ids: Collection[PassId]) -> Sequence[TransferId]:
        rows = await self._connection.fetch(
            f"select id from pass_transfers where tenant_id = $1 and pass_id = any ($2) and {_LIVE} order by id",  # noqa: S608 - as above
            self._tenant_id,
            list(pass_ids),
        )
        return [TransferId(row["id"]) for row in rows]

    @override
    async def made_since(self, account_id: AccountId, since: datetime) -> int:
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"transfers of {account_id} at {self._tenant_id}"
        )
        count: int = await self._connection.fetchval(
            "select count(*) from pass_transfers where tenant_id = $1 and from_account_id = $2 and created_at > $3",
            self._tenant_id,
            account_id,
            since,
        )
        return count

    @override
    async def sent(self, account_id: AccountId, page: PageRequest) -> Page[Transfer]:
        return await self._page("from_account_id = $2", account_id, page)

    @override
    async def received(self, email: Email, page: PageRequest) -> Page[Transfer]:
        return await self._page("to_email_key = $2 and offered_at is not null", email.key, page)

    async def _page(self, condition: str, value: object, page: PageRequest) -> Page[Transfer]:
        rows = await self._connection.fetch(
            f"{_SELECT} and {condition} and ($3::uuid is null or id > $3) order by id limit $4",
            self._tenant_id,
            value,
            page.after,
            page.limit + 1,
        )
        items = tuple(_transfer(row) for row in rows[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(rows) > page.limit else None)


class PostgresDueTransfers(DueTransfers):
    """The sweep's view, as the relay role: it reads ids and times of every tenant, and nothing else."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, transfers_max: int) -> Sequence[tuple[TenantId, TransferId]]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                "select tenant_id, id from pass_transfers where due_at <= $1 order by due_at, tenant_id, id limit $2",
                now,
                transfers_max,
            )
        return [(TenantId(row["tenant_id"]), TransferId(row["id"])) for row in rows]


def _changing(transfer: Transfer) -> tuple[object, ...]:
    return (
        transfer.version,
        transfer.status.value,
        transfer.lapses_at,
        transfer.due_at,
        transfer.offered_at,
        transfer.to_account,
        transfer.holder_name,
        transfer.reason,
        transfer.offer_tied,
        transfer.updated_at,
    )


def _transfer(row: asyncpg.Record) -> Transfer:
    return Transfer(
        id=TransferId(row["id"]),
        subject=_SUBJECT.decode(row["subject"]),
        from_account=AccountId(row["from_account_id"]),
        to_email=Email(address=row["to_email"], key=row["to_email_key"]),
        status=TransferStatus(row["status"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        lapses_at=row["lapses_at"],
        due_at=row["due_at"],
        offered_at=row["offered_at"],
        to_account=AccountId(row["to_account_id"]) if row["to_account_id"] is not None else None,
        holder_name=row["holder_name"],
        reason=row["reason"],
        offer_tied=row["offer_tied"],
    )
