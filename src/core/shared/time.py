"""Time: aware datetimes in UTC; an event's IANA zone is kept beside, as its name."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.shared.errors import InvalidInputError, Problem


def utc(moment: datetime) -> datetime:
    """Return the moment in UTC; raises ValueError for a naive datetime, which names no moment."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no zone, so it is no moment in time")
    return moment.astimezone(UTC)


def to_the_millisecond(moment: datetime) -> datetime:
    """Cut off what MongoDB does not keep, so that a thing is equal to itself after it was stored."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def spoken(moment: datetime) -> str:
    """Return a moment in UTC as messages tell it, such as 2026-12-11T18:30:00Z."""
    return moment.isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def zone_named(name: str, *, pointer: str = "/timeZone") -> str:
    """Return the name if it is an IANA time zone; raises InvalidInputError at `pointer` otherwise."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is not an IANA time zone such as Europe/Berlin."
        raise InvalidInputError(message, [Problem(pointer, message)]) from None
    return name
