"""Refresh tokens on PostgreSQL: the row of the family is the lock."""

from datetime import datetime
from typing import override
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.postgres.tables.auth_db import RefreshFamilyRow, RefreshTokenRow
from core.identity.sessions import REFRESH_TTL, LiveSession, RefreshFamily, RefreshToken
from core.shared.ids import AccountId
from ports.identity import RefreshStore
from ports.paging import Page, PageRequest


class PostgresRefreshes(RefreshStore):
    """The refresh tokens within one open transaction."""

    def __init__(self, orm: AsyncSession) -> None:
        self._orm = orm

    @override
    async def start(self, family: RefreshFamily, token: RefreshToken) -> None:
        self._orm.add(
            RefreshFamilyRow(
                id=family.id,
                account_id=family.account_id,
                started_at=family.started_at,
                expires_at=token.expires_at,
                revoked_at=family.revoked_at,
            )
        )
        await self._orm.flush()
        await self._add(token)

    @override
    async def lock(self, digest: bytes) -> tuple[RefreshFamily, RefreshToken] | None:
        family_id = await self._orm.scalar(select(RefreshTokenRow.family_id).where(RefreshTokenRow.digest == digest))
        if family_id is None:
            return None
        family = await self._orm.scalar(
            select(RefreshFamilyRow)
            .where(RefreshFamilyRow.id == family_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        # Read only now: a statement of its own sees what the holder of the lock before us has committed.
        token = await self._orm.scalar(
            select(RefreshTokenRow).where(RefreshTokenRow.digest == digest).execution_options(populate_existing=True)
        )
        return None if family is None or token is None else (_family_of(family), _token_of(token))

    @override
    async def rotate(self, spent: RefreshToken, successor: RefreshToken) -> None:
        await self._orm.execute(
            update(RefreshTokenRow).where(RefreshTokenRow.digest == spent.digest).values(spent_at=spent.spent_at)
        )
        await self._orm.execute(
            update(RefreshFamilyRow)
            .where(RefreshFamilyRow.id == successor.family_id)
            .values(expires_at=successor.expires_at)
        )
        await self._add(successor)

    @override
    async def revoke(self, family_id: UUID, *, at: datetime) -> None:
        await self._orm.execute(
            update(RefreshFamilyRow)
            .where(RefreshFamilyRow.id == family_id, RefreshFamilyRow.revoked_at.is_(None))
            .values(revoked_at=at)
        )

    @override
    async def live_of(self, account_id: AccountId, page: PageRequest, *, now: datetime) -> Page[LiveSession]:
        live = select(RefreshFamilyRow).where(
            RefreshFamilyRow.account_id == account_id,
            RefreshFamilyRow.revoked_at.is_(None),
            RefreshFamilyRow.expires_at > now,
        )
        if page.after is not None:
            live = live.where(RefreshFamilyRow.id < page.after)
        rows = (await self._orm.scalars(live.order_by(RefreshFamilyRow.id.desc()).limit(page.limit + 1))).all()
        items = tuple(
            LiveSession(
                id=row.id,
                started_at=row.started_at,
                renewed_at=row.expires_at - REFRESH_TTL,
                expires_at=row.expires_at,
            )
            for row in rows[: page.limit]
        )
        return Page(items, items[-1].id if len(rows) > page.limit else None)

    @override
    async def end(self, account_id: AccountId, family_id: UUID, *, at: datetime) -> bool:
        ended = await self._orm.scalars(
            update(RefreshFamilyRow)
            .where(
                RefreshFamilyRow.id == family_id,
                RefreshFamilyRow.account_id == account_id,
                RefreshFamilyRow.revoked_at.is_(None),
                RefreshFamilyRow.expires_at > at,
            )
            .values(revoked_at=at)
            .returning(RefreshFamilyRow.id)
        )
        return bool(ended.all())

    @override
    async def end_all(self, account_id: AccountId, *, but: UUID | None, at: datetime) -> int:
        change = update(RefreshFamilyRow).where(
            RefreshFamilyRow.account_id == account_id, RefreshFamilyRow.revoked_at.is_(None)
        )
        if but is not None:
            change = change.where(RefreshFamilyRow.id != but)
        ended = await self._orm.scalars(change.values(revoked_at=at).returning(RefreshFamilyRow.id))
        return len(ended.all())

    @override
    async def forget_expired(self, *, now: datetime, families_max: int) -> int:
        expired = (
            select(RefreshFamilyRow.id)
            .where(RefreshFamilyRow.expires_at <= now)
            .order_by(RefreshFamilyRow.id)
            .limit(families_max)
            .with_for_update(skip_locked=True)
        )
        forgotten = await self._orm.scalars(
            delete(RefreshFamilyRow)
            .where(RefreshFamilyRow.id.in_(expired))
            .returning(RefreshFamilyRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(forgotten.all())

    async def _add(self, token: RefreshToken) -> None:
        self._orm.add(
            RefreshTokenRow(
                digest=token.digest,
                family_id=token.family_id,
                issued_at=token.issued_at,
                expires_at=token.expires_at,
                spent_at=token.spent_at,
            )
        )
        await self._orm.flush()


def _family_of(row: RefreshFamilyRow) -> RefreshFamily:
    return RefreshFamily(
        id=row.id, account_id=AccountId(row.account_id), started_at=row.started_at, revoked_at=row.revoked_at
    )


def _token_of(row: RefreshTokenRow) -> RefreshToken:
    return RefreshToken(
        digest=row.digest,
        family_id=row.family_id,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        spent_at=row.spent_at,
    )
