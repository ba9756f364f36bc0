"""Whether somebody may review an event, asked of admission."""

from core.reviews.errors import NotAttendedError, ReviewSectionError
from core.reviews.review import Visit
from core.shared.ids import AccountId, PassId, TenantId, TicketId, VenueId
from ports.published.admission import AdmissionApi


async def visit_of(
    admission: AdmissionApi,
    tenant_id: TenantId,
    account_id: AccountId,
    *,
    ticket_id: TicketId,
    venue_id: VenueId,
    section: str | None,
) -> Visit:
    """Return where the person was at the event: in the section that is named, or that of the first pass.

    Raises NotAttendedError with the reason, and ReviewSectionError for a section without a pass.
    """
    found = await admission.attendance(tenant_id=tenant_id, account_id=account_id, ticket_id=ticket_id)
    # Who never had a pass is told nothing of the event, not even where it was.
    if found.venue_id is None or found.event_title is None or found.event_starts_at is None:
        raise NotAttendedError("no_pass")
    if found.venue_id != venue_id:
        raise NotAttendedError("other_venue")
    if not found.attended:
        raise NotAttendedError(found.reason or "no_pass")
    sections = tuple(dict.fromkeys(each.section for each in found.places if each.section is not None))
    place = next((each for each in found.places if section is None or each.section == section), None)
    if place is None:
        raise ReviewSectionError(sections)
    return Visit(
        pass_id=PassId(place.pass_id),
        event_title=found.event_title,
        event_starts_at=found.event_starts_at,
        sections=sections,
        section=place.section,
        row=place.row,
        number=place.number,
        scanned=place.scanned_at is not None,
    )
