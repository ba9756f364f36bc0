"""Venues on PostgreSQL, through Advanced Alchemy: rows that are created, read and changed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import override

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.sessions import OpenSession, tenant_session
from adapters.postgres.tables.venue_db import OrganizerSettingsRow, VenueRow, VenueSectionRow, VenueSettingsRow
from adapters.postgres.venue_rows import section_columns, section_of, settings_document, venue_columns, venue_of
from core.shared.errors import StaleVersionError
from core.shared.ids import TenantId, VenueId, VenueSectionId
from core.venues.errors import SectionNameTakenError, SectionNotFoundError, SlugTakenError, VenueNotFoundError
from core.venues.layout import VenueSection
from core.venues.settings import OrganiserSettings, VenueSettings
from core.venues.venue import Venue
from ports.events import Inbox, Outbox
from ports.ids import IdSource
from ports.paging import Page, PageRequest
from ports.venues import SettingsStore, VenueSectionStore, VenueStore, VenueTransaction, VenueTransactions


class _VenueRows(SQLAlchemyAsyncRepository[VenueRow]):
    model_type = VenueRow


class _SectionRows(SQLAlchemyAsyncRepository[VenueSectionRow]):
    model_type = VenueSectionRow


class _Venues(VenueStore):
    def __init__(self, session: OpenSession, tenant_id: TenantId) -> None:
        self._orm = session.orm
        self._rows = _VenueRows(session=session.orm, wrap_exceptions=False)
        self._tenant_id = tenant_id

    @override
    async def slugs_like(self, base: str) -> frozenset[str]:
        name = f"venues.slugs {self._tenant_id} {base}"
        await self._orm.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        query = select(VenueRow.slug).where(
            VenueRow.tenant_id == self._tenant_id, VenueRow.slug.startswith(base, autoescape=True)
        )
        return frozenset((await self._orm.scalars(query)).all())

    @override
    async def add(self, venue: Venue) -> None:
        try:
            await self._rows.add(VenueRow(tenant_id=self._tenant_id, id=venue.id, **venue_columns(venue)))
        except IntegrityError as error:
            raise SlugTakenError(f"{venue.slug!r} is taken.") from error

    @override
    async def get(self, venue_id: VenueId) -> Venue:
        row = await self._rows.get_one_or_none(
            VenueRow.tenant_id == self._tenant_id, VenueRow.id == venue_id, VenueRow.deleted_at.is_(None)
        )
        if row is None:
            raise VenueNotFoundError("There is no such venue.")
        return venue_of(row)

    @override
    async def page(self, page: PageRequest) -> Page[Venue]:
        query = select(VenueRow).where(VenueRow.tenant_id == self._tenant_id, VenueRow.deleted_at.is_(None))
        if page.after is not None:
            query = query.where(VenueRow.id > page.after)
        rows = (await self._orm.scalars(query.order_by(VenueRow.id).limit(page.limit + 1))).all()
        shown = tuple(venue_of(row) for row in rows[: page.limit])
        return Page(shown, shown[-1].id if len(rows) > page.limit else None)

    @override
    async def save(self, venue: Venue) -> None:
        changed = await self._orm.scalar(
            update(VenueRow)
            .where(
                VenueRow.tenant_id == self._tenant_id,
                VenueRow.id == venue.id,
                VenueRow.version == venue.version - 1,
                VenueRow.deleted_at.is_(None),
            )
            .values(**venue_columns(venue))
            .returning(VenueRow.id)
        )
        if changed is None:
            raise StaleVersionError("The venue was changed meanwhile.")

    @override
    async def delete(self, venue_id: VenueId, *, at: datetime) -> None:
        deleted = await self._orm.scalar(
            update(VenueRow)
            .where(VenueRow.tenant_id == self._tenant_id, VenueRow.id == venue_id, VenueRow.deleted_at.is_(None))
            .values(deleted_at=at)
            .returning(VenueRow.id)
        )
        if deleted is None:
            raise VenueNotFoundError("There is no such venue.")


class _Sections(VenueSectionStore):
    def __init__(self, session: OpenSession, tenant_id: TenantId) -> None:
        self._orm = session.orm
        self._rows = _SectionRows(session=session.orm, wrap_exceptions=False)
        self._tenant_id = tenant_id

    @override
    async def add(self, section: VenueSection) -> None:
        row = VenueSectionRow(tenant_id=self._tenant_id, id=section.id, **section_columns(section))
        try:
            await self._rows.add(row)
        except IntegrityError as error:
            raise SectionNameTakenError(f"The venue has a section {section.facts.name!r}.") from error

    @override
    async def of_venue(self, venue_id: VenueId) -> tuple[VenueSection, ...]:
        query = (
            select(VenueSectionRow)
            .where(VenueSectionRow.tenant_id == self._tenant_id, VenueSectionRow.venue_id == venue_id)
            .order_by(VenueSectionRow.display_order, VenueSectionRow.name)
        )
        return tuple(section_of(row) for row in (await self._orm.scalars(query)).all())

    @override
    async def get(self, section_id: VenueSectionId) -> VenueSection:
        row = await self._rows.get_one_or_none(
            VenueSectionRow.tenant_id == self._tenant_id, VenueSectionRow.id == section_id
        )
        if row is None:
            raise SectionNotFoundError("The venue has no such section.")
        return section_of(row)

    @override
    async def save(self, section: VenueSection) -> None:
        try:
            changed = await self._orm.scalar(
                update(VenueSectionRow)
                .where(
                    VenueSectionRow.tenant_id == self._tenant_id,
                    VenueSectionRow.id == section.id,
                    VenueSectionRow.version == section.version - 1,
                )
                .values(**section_columns(section))
                .returning(VenueSectionRow.id)
            )
        except IntegrityError as error:
            raise SectionNameTakenError(f"The venue has a section {section.facts.name!r}.") from error
        if changed is None:
            raise StaleVersionError("The section was changed meanwhile.")

    @override
    async def delete(self, section_id: VenueSectionId) -> None:
        gone = await self._rows.delete_where(
            VenueSectionRow.tenant_id == self._tenant_id, VenueSectionRow.id == section_id
        )
        if not gone:
            raise SectionNotFoundError("The venue has no such section.")

    @override
    async def delete_unchanged(self, section: VenueSection) -> bool:
        gone = await self._rows.delete_where(
            VenueSectionRow.tenant_id == self._tenant_id,
            VenueSectionRow.id == section.id,
            VenueSectionRow.version == section.version,
        )
        return bool(gone)


class _Settings(SettingsStore):
    def __init__(self, session: OpenSession, tenant_id: TenantId) -> None:
        self._orm = session.orm
        self._tenant_id = tenant_id

    @override
    async def of_venue(self, venue_id: VenueId) -> VenueSettings:
        row = await self._orm.get(VenueSettingsRow, (self._tenant_id, venue_id))
        if row is None:
            raise VenueNotFoundError("There is no such venue.")
        return VenueSettings(
            max_seats_per_order=row.settings["max_seats_per_order"],
            orphan_rule=row.settings["orphan_rule"],
            version=row.version,
        )

    @override
    async def add_for_venue(self, venue_id: VenueId, settings: VenueSettings, *, at: datetime) -> None:
        self._orm.add(
            VenueSettingsRow(
                tenant_id=self._tenant_id,
                venue_id=venue_id,
                settings=settings_document(settings),
                version=settings.version,
                updated_at=at,
            )
        )
        await self._orm.flush()

    @override
    async def save_for_venue(self, venue_id: VenueId, settings: VenueSettings, *, at: datetime) -> None:
        changed = await self._orm.scalar(
            update(VenueSettingsRow)
            .where(
                VenueSettingsRow.tenant_id == self._tenant_id,
                VenueSettingsRow.venue_id == venue_id,
                VenueSettingsRow.version == settings.version - 1,
            )
            .values(settings=settings_document(settings), version=settings.version, updated_at=at)
            .returning(VenueSettingsRow.venue_id)
        )
        if changed is None:
            raise StaleVersionError("The settings were changed meanwhile.")

    @override
    async def of_organiser(self) -> OrganiserSettings:
        row = await self._orm.get(OrganizerSettingsRow, self._tenant_id)
        return OrganiserSettings(row.hold_ttl_s, row.version) if row else OrganiserSettings()

    @override
    async def save_for_organiser(self, settings: OrganiserSettings, *, at: datetime) -> None:
        if settings.version == 1:
            self._orm.add(
                OrganizerSettingsRow(
                    tenant_id=self._tenant_id, hold_ttl_s=settings.hold_ttl_s, version=1, updated_at=at
                )
            )
            try:
                await self._orm.flush()
            except IntegrityError as error:
                raise StaleVersionError("The settings were changed meanwhile.") from error
            return
        changed = await self._orm.scalar(
            update(OrganizerSettingsRow)
            .where(
                OrganizerSettingsRow.tenant_id == self._tenant_id,
                OrganizerSettingsRow.version == settings.version - 1,
            )
            .values(hold_ttl_s=settings.hold_ttl_s, version=settings.version, updated_at=at)
            .returning(OrganizerSettingsRow.tenant_id)
        )
        if changed is None:
            raise StaleVersionError("The settings were changed meanwhile.")


@dataclass(slots=True)
class _Transaction(VenueTransaction):
    venues: VenueStore
    sections: VenueSectionStore
    settings: SettingsStore
    outbox: Outbox
    inbox: Inbox


class PostgresVenueTransactions(VenueTransactions):
    """Transactions on venue_db."""

    def __init__(self, engine: AsyncEngine, ids: IdSource) -> None:
        self._engine = engine
        self._ids = ids

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[VenueTransaction]:
        async with tenant_session(self._engine, tenant_id) as session:
            yield _Transaction(
                _Venues(session, tenant_id),
                _Sections(session, tenant_id),
                _Settings(session, tenant_id),
                PostgresOutbox(session.connection, tenant_id=tenant_id, ids=self._ids),
                PostgresInbox(session.connection, tenant_id=tenant_id),
            )
