"""What a resale setting is for, from the path of a request."""

from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath

from core.resale.errors import ResaleSettingsNotFoundError
from core.resale.policies.settings import ORGANISATION, Target
from core.shared.callers import Caller
from core.shared.ids import TicketId, VenueId


async def provide_organisation(organisation_id: FromPath[UUID], caller: NamedDependency[Caller]) -> Target:
    """Return the caller's organisation; raises ResaleSettingsNotFoundError for another."""
    if organisation_id != caller.tenant_id:
        raise ResaleSettingsNotFoundError
    return ORGANISATION


async def provide_venue(venue_id: FromPath[UUID]) -> Target:
    """Return the venue."""
    return Target(venue_id=VenueId(venue_id))


async def provide_ticket(ticket_id: FromPath[UUID]) -> Target:
    """Return the ticket."""
    return Target(ticket_id=TicketId(ticket_id))
