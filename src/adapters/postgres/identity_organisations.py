"""Organisations and memberships on PostgreSQL; row-level security shows the tenant's and the account's own."""

from collections.abc import Sequence
from typing import override

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.postgres.tables.auth_db import AccountRow, MembershipRow, OrganisationRow
from core.identity.errors import AlreadyMemberError
from core.identity.organisation import Member, Membership, Organisation, OrganisationRole
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.identity import MembershipStore, OrganisationStore
from ports.paging import Page, PageRequest


class _OrganisationRows(SQLAlchemyAsyncRepository[OrganisationRow]):
    model_type = OrganisationRow


class _MembershipRows(SQLAlchemyAsyncRepository[MembershipRow]):
    model_type = MembershipRow


class PostgresOrganisations(OrganisationStore):
    """The organisations that one open transaction may see."""

    def __init__(self, orm: AsyncSession) -> None:
        self._orm = orm
        self._rows = _OrganisationRows(session=orm, wrap_exceptions=False)

    @override
    async def add(self, organisation: Organisation) -> None:
        await self._rows.add(
            OrganisationRow(
                tenant_id=organisation.id,
                name=organisation.name,
                created_at=organisation.created_at,
                requires_totp=organisation.requires_totp,
            )
        )

    @override
    async def find(self, tenant_id: TenantId) -> Organisation | None:
        row = await self._rows.get_one_or_none(OrganisationRow.tenant_id == tenant_id)
        return None if row is None else _organisation_of(row)

    @override
    async def set_requires_totp(self, tenant_id: TenantId, *, required: bool) -> None:
        await self._orm.execute(
            update(OrganisationRow).where(OrganisationRow.tenant_id == tenant_id).values(requires_totp=required)
        )

    @override
    async def of_account(self, account_id: AccountId, page: PageRequest) -> Page[OrganisationRole]:
        query = (
            select(OrganisationRow, MembershipRow.role)
            .join(MembershipRow, MembershipRow.tenant_id == OrganisationRow.tenant_id)
            .where(MembershipRow.account_id == account_id)
        )
        if page.after is not None:
            query = query.where(MembershipRow.tenant_id > page.after)
        rows = (await self._orm.execute(query.order_by(MembershipRow.tenant_id).limit(page.limit + 1))).all()
        shown = tuple(
            OrganisationRole(organisation=_organisation_of(row), role=Role(role)) for row, role in rows[: page.limit]
        )
        return Page(shown, shown[-1].organisation.id if len(rows) > page.limit else None)


class PostgresMemberships(MembershipStore):
    """The memberships that one open transaction may see."""

    def __init__(self, orm: AsyncSession) -> None:
        self._orm = orm
        self._rows = _MembershipRows(session=orm, wrap_exceptions=False)

    @override
    async def add(self, membership: Membership) -> None:
        row = MembershipRow(
            tenant_id=membership.tenant_id,
            account_id=membership.account_id,
            role=membership.role.value,
            created_at=membership.created_at,
        )
        try:
            await self._rows.add(row)
        except IntegrityError as error:
            raise AlreadyMemberError("This account is a member already.") from error

    @override
    async def find(self, tenant_id: TenantId, account_id: AccountId) -> Membership | None:
        row = await self._rows.get_one_or_none(
            MembershipRow.tenant_id == tenant_id, MembershipRow.account_id == account_id
        )
        return None if row is None else _membership_of(row)

    @override
    async def lock_all(self, tenant_id: TenantId) -> Sequence[Membership]:
        rows = await self._orm.scalars(
            select(MembershipRow)
            .where(MembershipRow.tenant_id == tenant_id)
            .order_by(MembershipRow.account_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return [_membership_of(row) for row in rows]

    @override
    async def of_tenant(self, tenant_id: TenantId, page: PageRequest) -> Page[Member]:
        query = (
            select(MembershipRow, AccountRow.display_name, AccountRow.email)
            .join(AccountRow, AccountRow.id == MembershipRow.account_id)
            .where(MembershipRow.tenant_id == tenant_id)
        )
        if page.after is not None:
            query = query.where(MembershipRow.account_id > page.after)
        rows = (await self._orm.execute(query.order_by(MembershipRow.account_id).limit(page.limit + 1))).all()
        shown = tuple(
            Member(membership=_membership_of(row), display_name=display_name, email=email)
            for row, display_name, email in rows[: page.limit]
        )
        return Page(shown, shown[-1].membership.account_id if len(rows) > page.limit else None)

    @override
    async def set_role(self, membership: Membership) -> None:
        await self._orm.execute(
            update(MembershipRow)
            .where(MembershipRow.tenant_id == membership.tenant_id, MembershipRow.account_id == membership.account_id)
            .values(role=membership.role.value)
        )

    @override
    async def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        await self._orm.execute(
            delete(MembershipRow).where(MembershipRow.tenant_id == tenant_id, MembershipRow.account_id == account_id)
        )


def _organisation_of(row: OrganisationRow) -> Organisation:
    return Organisation(
        id=TenantId(row.tenant_id), name=row.name, created_at=row.created_at, requires_totp=row.requires_totp
    )


def _membership_of(row: MembershipRow) -> Membership:
    return Membership(
        tenant_id=TenantId(row.tenant_id),
        account_id=AccountId(row.account_id),
        role=Role(row.role),
        created_at=row.created_at,
    )
