"""Moments as clients send them."""

from datetime import datetime

from core.shared.errors import InvalidInputError, Problem
from core.shared.time import utc


def moment(given: datetime, pointer: str) -> datetime:
    """Return the moment in UTC.

    Raises InvalidInputError at `pointer` for one without an offset, and for one that UTC has in no year from 1 to 9999.
    """
    try:
        return utc(given)
    except OverflowError:
        message = "The time lies outside the years 1 to 9999 in UTC."
    except ValueError:
        message = "A time has an offset, such as 2026-11-22T12:00:00Z."
    raise InvalidInputError(message, [Problem(pointer, message)])


def moment_or_none(given: datetime | None, pointer: str) -> datetime | None:
    """Return the moment in UTC, None for none; raises as `moment` does."""
    return None if given is None else moment(given, pointer)
