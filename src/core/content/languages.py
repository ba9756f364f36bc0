"""Languages by BCP 47: which of those there are serves a reader best (RFC 9110, RFC 4647)."""

from collections.abc import Collection

import langcodes
from langcodes.tag_parser import LanguageTagError

from core.shared.languages import LANGUAGE_LENGTH_MAX

_RANGES_MAX = 20
_DISTANCE_MAX = 25
"""How far a language may be from what was asked for, as CLDR measures: Swiss German from German, but not English."""


def ranges_of(tag: str) -> tuple[str, ...]:
    """Return what finds the tag in a list: itself and every shorter one, in small letters (`de-at` and `de`)."""
    parts = tag.lower().split("-")
    return tuple("-".join(parts[:length]) for length in range(1, len(parts) + 1))


def best_language(accept: str | None, there: Collection[str], *, default: str) -> str:
    """Return which of the tags an Accept-Language header asks for, or the default where it asks for none of them.

    What the header likes best is looked for first; a near language does where the very one is not there.
    """
    for wanted in _wanted(accept or ""):
        if wanted == "*":
            return default
        if near := _near(wanted, there):
            return near
    return default


def _near(wanted: str, there: Collection[str]) -> str | None:
    same = next((tag for tag in there if tag.lower() == wanted.lower()), None)
    if same is not None:
        return same
    try:
        near, distance = langcodes.closest_match(wanted, list(there), max_distance=_DISTANCE_MAX)
    except (LanguageTagError, ValueError):
        return None
    return near if distance <= _DISTANCE_MAX and near in there else None


def _wanted(accept: str) -> list[str]:
    found: list[tuple[float, str]] = []
    for part in accept.split(",")[:_RANGES_MAX]:
        tag, *parameters = (each.strip() for each in part.split(";"))
        quality = _quality(parameters)
        if tag and len(tag) <= LANGUAGE_LENGTH_MAX and quality > 0:
            found.append((quality, tag))
    return [tag for _, tag in sorted(found, key=lambda each: -each[0])]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
