"""Who was at which event, as reviews ask admission."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from ports.published.admission import Attendance, AttendedPlace

ENDED_AT = datetime(2026, 11, 20, 21, tzinfo=UTC)

ABSENT = Attendance(
    attended=False,
    reason="no_pass",
    pass_id=None,
    scanned_at=None,
    event_title=None,
    event_starts_at=None,
    event_ends_at=None,
    venue_id=None,
)


def absent(reason: Literal["passed_on", "pass_void", "pass_frozen", "event_not_over"], *, venue_id: UUID) -> Attendance:
    """Return what admission says of somebody who had a pass and was not there."""
    return Attendance(
        attended=False,
        reason=reason,
        pass_id=None,
        scanned_at=None,
        event_title="Gala",
        event_starts_at=ENDED_AT - timedelta(hours=3),
        event_ends_at=ENDED_AT,
        venue_id=venue_id,
    )


def present(venue_id: UUID, *, sections: Sequence[str | None] = ("A",), scanned: bool = True) -> Attendance:
    """Return what admission says of somebody who was there, with a pass in each of the sections; None has no seat."""
    scanned_at = ENDED_AT - timedelta(hours=3) if scanned else None
    places = tuple(
        AttendedPlace(
            pass_id=uuid7(),
            section=section,
            row="4" if section else None,
            number=str(number) if section else None,
            scanned_at=scanned_at,
        )
        for number, section in enumerate(sections, start=1)
    )
    return Attendance(
        attended=True,
        reason=None,
        pass_id=places[0].pass_id,
        scanned_at=scanned_at,
        event_title="Gala",
        event_starts_at=ENDED_AT - timedelta(hours=3),
        event_ends_at=ENDED_AT,
        venue_id=venue_id,
        places=places,
    )
