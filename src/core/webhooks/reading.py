"""How far a provider's own list of its events has been read: pure functions.

The list has the newest first. A pass goes down from there, page by page, to where the pass before it began.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FIRST_LOOK = timedelta(days=3)
"""How far back an installation looks that has never read: for so long Stripe tries to deliver an event by itself."""

OVERLAP = timedelta(minutes=15)
"""Read again in each pass, for events that the provider lists late, and for clocks of its that are not as one."""

AHEAD_MAX = timedelta(hours=1)
"""No interval and no lease is as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the events of `source` have been read.

    `since` is the provider's own time of the newest event of the last whole pass, so that no clock of ours moves it.
    While a pass is under way, `newest` is the time of its newest event and `after` the event below which it goes on.
    `read_at` is when a pass was last ended by our clock; before the first end, when reading began.
    """

    source: str
    since: datetime
    newest: datetime | None
    after: str | None
    read_at: datetime
    due_at: datetime


def begin(source: str, *, now: datetime) -> Reading:
    """Return the reading of an installation that has never read."""
    return Reading(source=source, since=now - FIRST_LOOK, newest=None, after=None, read_at=now, due_at=now)


def is_due(reading: Reading, *, now: datetime) -> bool:
    """Tell whether it may be read: its time has come, or is so far off that a clock of ours must have been wrong."""
    return reading.due_at <= now or reading.due_at > now + AHEAD_MAX


def looks_from(reading: Reading, *, now: datetime) -> datetime:
    """Return from which moment of the provider's on a pass looks; where that is to come, a clock of ours was wrong."""
    since = reading.since if reading.since <= now else now - FIRST_LOOK
    return since - OVERLAP


def lease(reading: Reading, *, now: datetime, lease_s: float) -> Reading:
    """Keep others from reading for so long; it is not needed for what is read to be right, only against doing twice."""
    return replace(reading, due_at=now + timedelta(seconds=lease_s))


def turn(reading: Reading, *, newest: datetime, last_id: str) -> Reading:
    """Note a page that has another one below it."""
    return replace(reading, newest=reading.newest or newest, after=last_id)


def end(reading: Reading, *, newest: datetime | None, now: datetime, interval_s: float) -> Reading:
    """Note the last page of a pass; `newest` is of its first event, None where the page was empty."""
    return replace(
        reading,
        since=reading.newest or newest or reading.since,
        newest=None,
        after=None,
        read_at=now,
        due_at=now + timedelta(seconds=interval_s),
    )


def start_over(reading: Reading) -> Reading:
    """Begin the pass under way anew: the event that it stopped at is not listed any more."""
    return replace(reading, newest=None, after=None)
