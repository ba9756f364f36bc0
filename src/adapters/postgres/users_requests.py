"""What people asked about their data, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, override

import asyncpg
import msgspec

from adapters.postgres.pool import Connection, Pool, driver_errors_translated, rows_touched
from core.shared.ids import AccountId, DataRequestId
from core.users.data_requests import DataRequest, Part, RequestKind, RequestStatus
from ports.users import AnsweredPage, Bundle, DataRequestStore, DueRequests

_COLUMNS = (
    "id, account_id, kind, status, email, parts::text as parts, asked, requested_at, due_at, finished_at, second_look"
)
_OWN = f"select {_COLUMNS} from personal_data_requests where account_id = $1"  # noqa: S608 - our own column names
_GET = f"{_OWN} and id = $2 for update"
_NEWEST = f"{_OWN} and kind = $2 order by id desc limit 1 for update"


class PostgresDataRequestStore(DataRequestStore):
    """The requests of one account in an open transaction; row-level security shows no other."""

    def __init__(self, connection: Connection, account_id: AccountId) -> None:
        self._connection = connection
        self._account_id = account_id

    @override
    async def get(self, request_id: DataRequestId) -> DataRequest | None:
        row = await self._connection.fetchrow(
            _GET,
            self._account_id,
            request_id,
        )
        return None if row is None else _request_of(row)

    @override
    async def newest(self, kind: RequestKind) -> DataRequest | None:
        row = await self._connection.fetchrow(
            _NEWEST,
            self._account_id,
            kind.value,
        )
        return None if row is None else _request_of(row)

    @override
    async def add(self, request: DataRequest) -> bool:
        status = await self._connection.execute(
            """
            insert into personal_data_requests
                (id, account_id, kind, status, email, parts, asked, requested_at, due_at, finished_at, second_look)
            values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11)
            on conflict (account_id, kind) where status = 'open' do nothing
            """,
            *_values(request),
        )
        return rows_touched(status) == 1

    @override
    async def save(self, request: DataRequest) -> None:
        await self._connection.execute(
            """
            update personal_data_requests
            set kind = $3, status = $4, email = $5, parts = $6::text::jsonb, asked = $7, requested_at = $8,
                due_at = $9, finished_at = $10, second_look = $11
            where account_id = $2 and id = $1
            """,
            *_values(request),
        )

    @override
    async def keep_page(self, request_id: DataRequestId, page: AnsweredPage) -> None:
        await self._connection.execute(
            """
            insert into personal_data_pages (account_id, request_id, service, page, data)
            values ($1, $2, $3, $4, $5::text::jsonb)
            on conflict (account_id, request_id, service, page) do update set data = excluded.data
            """,
            self._account_id,
            request_id,
            page.service,
            page.page,
            msgspec.json.encode(page.data).decode(),
        )

    @override
    async def take_pages(self, request_id: DataRequestId) -> Sequence[AnsweredPage]:
        rows = await self._connection.fetch(
            """
            delete from personal_data_pages where account_id = $1 and request_id = $2
            returning service, page, data::text as data
            """,
            self._account_id,
            request_id,
        )
        pages = [AnsweredPage(row["service"], row["page"], _json(row["data"])) for row in rows]
        return sorted(pages, key=lambda each: (each.service, each.page))

    @override
    async def keep_bundle(self, request_id: DataRequestId, bundle: Bundle | None) -> None:
        await self._connection.execute(
            "update personal_data_requests set bundle = $3::text::jsonb where account_id = $1 and id = $2",
            self._account_id,
            request_id,
            None if bundle is None else msgspec.json.encode(bundle).decode(),
        )

    @override
    async def bundle(self, request_id: DataRequestId) -> Bundle | None:
        found = await self._connection.fetchval(
            "select bundle::text from personal_data_requests where account_id = $1 and id = $2",
            self._account_id,
            request_id,
        )
        return None if found is None else _json(found)


class PostgresDueRequests(DueRequests):
    """Looks as the relay role, which sees when something is due, and nothing of what it is about."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, requests_max: int) -> Sequence[tuple[AccountId, DataRequestId]]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                """
                select account_id, id from personal_data_requests where due_at <= $1
                order by due_at, account_id, id limit $2
                """,
                now,
                requests_max,
            )
        return [(AccountId(row["account_id"]), DataRequestId(row["id"])) for row in rows]


def _values(request: DataRequest) -> tuple[object, ...]:
    return (
        request.id,
        request.account_id,
        request.kind.value,
        request.status.value,
        request.email,
        msgspec.json.encode(request.parts).decode(),
        request.asked,
        request.requested_at,
        request.due_at,
        request.finished_at,
        request.second_look,
    )


def _request_of(row: asyncpg.Record) -> DataRequest:
    return DataRequest(
        id=DataRequestId(row["id"]),
        account_id=AccountId(row["account_id"]),
        kind=RequestKind(row["kind"]),
        status=RequestStatus(row["status"]),
        email=row["email"],
        parts=msgspec.json.decode(row["parts"], type=dict[str, Part]),
        asked=row["asked"],
        requested_at=row["requested_at"],
        due_at=row["due_at"],
        finished_at=row["finished_at"],
        second_look=row["second_look"],
    )


def _json(text: str) -> Mapping[str, Any]:  # Any: as the bundle has it
    return msgspec.json.decode(text, type=dict[str, Any])
