"""Names that people give to themselves and to their organisations."""

import unicodedata

from core.shared.errors import InvalidInputError, Problem

NAME_CHARACTERS_MAX = 100

_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Unseen, yet part of the spelling in Persian and in several Indian scripts."""


def checked_name(text: str, *, pointer: str) -> str:
    """Return the name in NFC without spaces around it; raises InvalidInputError at `pointer`.

    A name shows something, has at most 100 characters, and no control or direction characters, by which one name
    could pass for another.
    """
    name = unicodedata.normalize("NFC", text).strip()
    unseen = [c for c in name if unicodedata.category(c) in _UNSEEN_CATEGORIES and c not in _JOINERS]
    if unseen:
        fault = f"A name has no control characters such as U+{ord(unseen[0]):04X}."
    elif not name.strip("".join(_JOINERS)):
        fault = "A name has at least one character that shows."
    elif len(name) > NAME_CHARACTERS_MAX:
        fault = f"A name has at most {NAME_CHARACTERS_MAX} characters."
    else:
        return name
    raise InvalidInputError(fault, [Problem(pointer, fault)])
