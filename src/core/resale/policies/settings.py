"""What an organisation sets about resale, for itself, for one venue or for one ticket, version by version."""

from dataclasses import dataclass
from datetime import datetime

from core.shared.ids import AccountId, TicketId, VenueId


@dataclass(frozen=True, slots=True)
class Target:
    """What a setting is for: a venue, a ticket, or with neither the organisation. Raises ValueError for both."""

    venue_id: VenueId | None = None
    ticket_id: TicketId | None = None

    def __post_init__(self) -> None:
        if self.venue_id is not None and self.ticket_id is not None:
            raise ValueError("a setting is for a venue or for a ticket, not for both")


ORGANISATION = Target()


def targets_of(venue_id: VenueId, ticket_id: TicketId) -> tuple[Target, Target, Target]:
    """Return what may have settings that hold for a pass, the widest first."""
    return ORGANISATION, Target(venue_id=venue_id), Target(ticket_id=ticket_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting[T]:
    """One version of a setting, by whom and when (UTC); the first is 1. Without a `value` it was taken back.

    Versions go on when a setting was taken back, so that nobody who read it before takes the next one for it.
    """

    target: Target
    value: T | None
    version: int
    changed_by: AccountId
    changed_at: datetime
