"""Documents of seating plans on PostgreSQL, in rows of a megabyte or so."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import tenant_transaction
from core.seating.writing import PlanDocumentNotFoundError
from core.shared.ids import PlanDocumentId, TenantId
from ports.plan_documents import DueDocument, DuePlanDocuments, NewDocument, PlanDocument, PlanDocuments


class PostgresPlanDocuments(PlanDocuments):
    """Documents on venue_db, as the app role."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def begin(self, tenant_id: TenantId, document: NewDocument) -> None:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            await connection.execute(
                """
                insert into plan_documents (tenant_id, id, venue_id, sent_by, created_at, expires_at)
                values ($1, $2, $3, $4, $5, $6)
                """,
                tenant_id,
                document.id,
                document.venue_id,
                document.sent_by,
                document.created_at,
                document.expires_at,
            )

    @override
    async def append(self, tenant_id: TenantId, document_id: PlanDocumentId, position: int, piece: bytes) -> None:
        try:
            async with tenant_transaction(self._pool, tenant_id) as connection:
                await connection.execute(
                    """
                    insert into plan_document_chunks (tenant_id, document_id, position, data) values ($1, $2, $3, $4)
                    """,
                    tenant_id,
                    document_id,
                    position,
                    piece,
                )
        except asyncpg.ForeignKeyViolationError as error:
            raise PlanDocumentNotFoundError from error

    @override
    async def complete(self, tenant_id: TenantId, document: PlanDocument) -> None:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            status = await connection.execute(
                """
                update plan_documents set expires_at = $3, bytes_count = $4, sha256 = $5
                where tenant_id = $1 and id = $2
                """,
                tenant_id,
                document.id,
                document.expires_at,
                document.bytes_count,
                document.sha256,
            )
        if rows_touched(status) != 1:
            raise PlanDocumentNotFoundError

    @override
    async def get(self, tenant_id: TenantId, document_id: PlanDocumentId) -> PlanDocument:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            row = await connection.fetchrow(
                """
                select venue_id, sent_by, created_at, expires_at, bytes_count, sha256 from plan_documents
                where tenant_id = $1 and id = $2 and sha256 is not null
                """,
                tenant_id,
                document_id,
            )
        if row is None:
            raise PlanDocumentNotFoundError
        return PlanDocument(id=document_id, **row)

    @override
    async def content(self, tenant_id: TenantId, document_id: PlanDocumentId) -> bytes:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            rows = await connection.fetch(
                """
                select c.data from plan_document_chunks c
                  join plan_documents d on d.tenant_id = c.tenant_id and d.id = c.document_id
                where d.tenant_id = $1 and d.id = $2 and d.sha256 is not null order by c.position
                """,
                tenant_id,
                document_id,
            )
        if not rows:
            await self.get(tenant_id, document_id)  # an empty one is there all the same
        return b"".join(row["data"] for row in rows)

    @override
    async def remove(self, tenant_id: TenantId, document_id: PlanDocumentId) -> None:
        async with tenant_transaction(self._pool, tenant_id) as connection:
            await connection.execute(
                "delete from plan_documents where tenant_id = $1 and id = $2", tenant_id, document_id
            )


class PostgresDuePlanDocuments(DuePlanDocuments):
    """Looks across tenants with the relay role, which may read when a document is due and nothing else of it."""

    def __init__(self, relay: Pool) -> None:
        self._relay = relay

    @override
    async def due(self, *, now: datetime, documents_max: int) -> Sequence[DueDocument]:
        async with driver_errors_translated():
            rows = await self._relay.fetch(
                """
                select tenant_id, id from plan_documents where expires_at <= $1
                order by expires_at, tenant_id, id limit $2
                """,
                now,
                documents_max,
            )
        return [DueDocument(row["tenant_id"], row["id"]) for row in rows]
