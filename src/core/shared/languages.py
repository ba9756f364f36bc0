"""Language tags as BCP 47 writes them."""

from langcodes import standardize_tag, tag_is_valid
from langcodes.tag_parser import LanguageTagError

from core.shared.errors import InvalidInputError, Problem

LANGUAGE_LENGTH_MAX = 35
"""RFC 5646, 4.4.1: so many characters are enough for every tag that is in use."""


def known_language(text: str) -> str | None:
    """Return the tag as it is written properly (`de-AT` for `de-at`), or None for what is none."""
    try:
        if len(text) <= LANGUAGE_LENGTH_MAX and tag_is_valid(text):
            tag = standardize_tag(text)
            return None if tag == "und" else tag
    except (LanguageTagError, ValueError):
        return None
    return None


def language_tag(text: str, *, pointer: str) -> str:
    """Return the tag as it is written properly; raises InvalidInputError at `pointer` for none."""
    tag = known_language(text)
    if tag is None:
        message = f"{text[:LANGUAGE_LENGTH_MAX]!r} is not a language tag of BCP 47 such as en or de-AT."
        raise InvalidInputError(message, [Problem(pointer, message)])
    return tag
