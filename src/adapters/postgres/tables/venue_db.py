"""venue_db: venues, their layout sections and settings, organisers' settings; seating adds its own tables."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from adapters.postgres.tables.messaging import messaging_tables

metadata = MetaData()


class Base(DeclarativeBase):
    """Rows of venue_db."""

    metadata = metadata


class VenueRow(Base):
    """VENUES of the brief, with the address in parts, a slug, and a mark instead of a deletion."""

    __tablename__ = "venues"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    id: Mapped[UUID] = mapped_column(Uuid)
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int] = mapped_column(Integer)
    line1: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    postal_code: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    subdivision: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id", name="venues_pkey"),
        UniqueConstraint("tenant_id", "slug", name="venues_slug"),
        CheckConstraint("capacity > 0", name="venues_capacity"),
    )


class VenueSettingsRow(Base):
    """One row a venue, made with it: what its organiser may tune."""

    __tablename__ = "venue_settings"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    venue_id: Mapped[UUID] = mapped_column(Uuid)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "venue_id", name="venue_settings_pkey"),)


class VenueSectionRow(Base):
    """VENUE_SECTIONS of the brief: a reusable piece of layout, from which seating plans are made."""

    __tablename__ = "venue_sections"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    id: Mapped[UUID] = mapped_column(Uuid)
    venue_id: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    row_count: Mapped[int] = mapped_column(Integer)
    column_count: Mapped[int] = mapped_column(Integer)
    position: Mapped[dict[str, Any]] = mapped_column(JSONB)
    display_order: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    capacity: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id", name="venue_sections_pkey"),
        UniqueConstraint("tenant_id", "venue_id", "name", name="venue_sections_name"),
        CheckConstraint("kind in ('seated', 'ga')", name="venue_sections_kind"),
        CheckConstraint("capacity is null or (kind = 'ga' and capacity >= 1)", name="venue_sections_capacity"),
    )


class OrganizerSettingsRow(Base):
    """ORGANIZER_SETTINGS of the brief: one row a tenant, made when something is first changed."""

    __tablename__ = "organizer_settings"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    hold_ttl_s: Mapped[int] = mapped_column(Integer, server_default=text("600"))
    version: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", name="organizer_settings_pkey"),
        CheckConstraint("hold_ttl_s between 60 and 3600", name="organizer_settings_hold_ttl_s"),
    )


Index("venues_live", VenueRow.tenant_id, VenueRow.id, postgresql_where=VenueRow.deleted_at.is_(None))
messaging_tables(metadata, payload_as_text=True)
