"""Ranges of bytes (RFC 9110, 14): one range is answered, several are not, as the RFC allows."""

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableRangeError(Exception):
    """The range begins behind the end."""


def range_asked(header: str | None, if_range: str | None, *, tag: str, length_bytes: int) -> tuple[int, int] | None:
    """Return the first byte and the one after the last; None when the whole is to be sent.

    A header that asks for nothing that we know is passed over, and so is one for another version than the tag's.
    Raises UnsatisfiableRangeError.
    """
    found = _RANGE.fullmatch((header or "").replace(" ", ""))
    if found is None or found.group(0) == "bytes=-" or (if_range is not None and if_range.strip() != tag):
        return None
    first, last = found.groups()
    if not first:
        suffix = min(int(last), length_bytes)
        if suffix == 0:
            raise UnsatisfiableRangeError
        return length_bytes - suffix, length_bytes
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= length_bytes:
        raise UnsatisfiableRangeError
    return start, min(int(last) + 1, length_bytes) if last else length_bytes
