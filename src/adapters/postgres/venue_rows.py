"""How venues, sections and settings stand in their rows."""

from adapters.postgres.tables.venue_db import VenueRow, VenueSectionRow
from core.shared.ids import VenueId, VenueSectionId
from core.venues.layout import SectionFacts, VenueSection
from core.venues.settings import VenueSettings
from core.venues.venue import Address, Venue, VenueFacts


def venue_columns(venue: Venue) -> dict[str, object]:
    """Return the columns of a venue, without its key."""
    facts = venue.facts
    return {
        "slug": venue.slug,
        "name": facts.name,
        "time_zone": facts.time_zone,
        "capacity": facts.capacity,
        "line1": facts.address.line1,
        "city": facts.address.city,
        "postal_code": facts.address.postal_code,
        "country": facts.address.country,
        "subdivision": facts.address.subdivision,
        "version": venue.version,
        "created_at": venue.created_at,
        "updated_at": venue.updated_at,
    }


def venue_of(row: VenueRow) -> Venue:
    """Return the venue that a row holds."""
    address = Address(row.line1, row.city, row.postal_code, row.country, row.subdivision)
    return Venue(
        id=VenueId(row.id),
        slug=row.slug,
        facts=VenueFacts(row.name, row.time_zone, row.capacity, address),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def section_columns(section: VenueSection) -> dict[str, object]:
    """Return the columns of a section, without its key."""
    facts = section.facts
    return {
        "venue_id": section.venue_id,
        "name": facts.name,
        "kind": facts.kind,
        "row_count": facts.row_count,
        "capacity": facts.capacity,
        "column_count": facts.column_count,
        "position": {"x": facts.position[0], "y": facts.position[1]},
        "display_order": facts.display_order,
        "version": section.version,
        "created_at": section.created_at,
        "updated_at": section.updated_at,
    }


def section_of(row: VenueSectionRow) -> VenueSection:
    """Return the section that a row holds."""
    facts = SectionFacts(
        name=row.name,
        kind="seated" if row.kind == "seated" else "ga",
        row_count=row.row_count,
        column_count=row.column_count,
        position=(row.position["x"], row.position["y"]),
        display_order=row.display_order,
        capacity=row.capacity,
    )
    return VenueSection(
        VenueSectionId(row.id), VenueId(row.venue_id), facts, row.version, row.created_at, row.updated_at
    )


def settings_document(settings: VenueSettings) -> dict[str, object]:
    """Return the JSON document that keeps the settings."""
    return {"max_seats_per_order": settings.max_seats_per_order, "orphan_rule": settings.orphan_rule}
