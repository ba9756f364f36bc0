"""API keys on PostgreSQL; row-level security shows the tenant's, and to who brings a key that key alone."""

from datetime import datetime, timedelta
from typing import override

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.postgres.tables.auth_db import ApiKeyRow
from core.identity.api_keys import ApiKey
from core.shared.callers import ApiScope
from core.shared.ids import AccountId, ApiKeyId, TenantId
from ports.identity import ApiKeyStore
from ports.paging import Page, PageRequest


class _ApiKeyRows(SQLAlchemyAsyncRepository[ApiKeyRow]):
    model_type = ApiKeyRow


class PostgresApiKeys(ApiKeyStore):
    """The API keys that one open transaction may see."""

    def __init__(self, orm: AsyncSession) -> None:
        self._orm = orm
        self._rows = _ApiKeyRows(session=orm, wrap_exceptions=False)

    @override
    async def add(self, key: ApiKey) -> None:
        await self._rows.add(
            ApiKeyRow(
                tenant_id=key.tenant_id,
                id=key.id,
                name=key.name,
                scopes=sorted(scope.value for scope in key.scopes),
                digest=key.digest,
                created_by=key.created_by,
                created_at=key.created_at,
                expires_at=key.expires_at,
                last_used_at=key.last_used_at,
                revoked_at=key.revoked_at,
                revoked_by=key.revoked_by,
            )
        )

    @override
    async def find(self, key_id: ApiKeyId) -> ApiKey | None:
        row = await self._rows.get_one_or_none(ApiKeyRow.id == key_id)
        return None if row is None else _key_of(row)

    @override
    async def lock(self, tenant_id: TenantId, key_id: ApiKeyId) -> ApiKey | None:
        row = await self._orm.scalar(
            select(ApiKeyRow)
            .where(ApiKeyRow.tenant_id == tenant_id, ApiKeyRow.id == key_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return None if row is None else _key_of(row)

    @override
    async def live(self, tenant_id: TenantId, *, now: datetime) -> int:
        count = await self._orm.scalar(
            select(func.count())
            .select_from(ApiKeyRow)
            .where(
                ApiKeyRow.tenant_id == tenant_id,
                ApiKeyRow.revoked_at.is_(None),
                or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > now),
            )
        )
        return count or 0

    @override
    async def of_tenant(self, tenant_id: TenantId, page: PageRequest) -> Page[ApiKey]:
        query = select(ApiKeyRow).where(ApiKeyRow.tenant_id == tenant_id)
        if page.after is not None:
            query = query.where(ApiKeyRow.id > page.after)
        rows = (await self._orm.scalars(query.order_by(ApiKeyRow.id).limit(page.limit + 1))).all()
        shown = tuple(_key_of(row) for row in rows[: page.limit])
        return Page(shown, shown[-1].id if len(rows) > page.limit else None)

    @override
    async def revoke(self, key: ApiKey) -> None:
        await self._orm.execute(
            update(ApiKeyRow)
            .where(ApiKeyRow.tenant_id == key.tenant_id, ApiKeyRow.id == key.id)
            .values(revoked_at=key.revoked_at, revoked_by=key.revoked_by)
        )

    @override
    async def note_use(self, key_id: ApiKeyId, *, at: datetime, every: timedelta) -> None:
        long_ago = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= at - every)
        await self._orm.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id, long_ago).values(last_used_at=at))


def _key_of(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row.id),
        tenant_id=TenantId(row.tenant_id),
        name=row.name,
        # While a new release is rolled out, an older process leaves out what it does not know.
        scopes=frozenset(ApiScope(scope) for scope in row.scopes if scope in ApiScope),
        digest=row.digest,
        created_by=AccountId(row.created_by),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        revoked_by=None if row.revoked_by is None else AccountId(row.revoked_by),
    )
