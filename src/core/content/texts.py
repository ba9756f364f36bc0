"""Texts of pages: what they may hold, and the words by which they are found."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

from core.shared.errors import Problem

TITLE_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 20_000
WORD_LENGTH_MAX = 40
WORDS_ASKED_MAX = 8

_WORD = re.compile(r"\w+")
_LAYOUT = frozenset("\n\r\t")


def line_faults(pointer: str, text: str, *, length_max: int = TITLE_LENGTH_MAX) -> Iterator[Problem]:
    """Yield what is wrong with a text that stands on one line."""
    if not text.strip() or len(text) > length_max:
        yield Problem(pointer, f"The text must have from 1 to {length_max} characters.")
    elif not text.isprintable():
        yield Problem(pointer, "The text must not hold control characters or line breaks.")


def text_faults(pointer: str, text: str, *, length_max: int = TEXT_LENGTH_MAX) -> Iterator[Problem]:
    """Yield what is wrong with a text of several lines."""
    if not text.strip() or len(text) > length_max:
        yield Problem(pointer, f"The text must have from 1 to {length_max} characters.")
    elif any(unicodedata.category(each) == "Cc" and each not in _LAYOUT for each in text):
        yield Problem(pointer, "The text must not hold control characters.")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text once each, without case and accents, as they are searched for.

    It knows no language's grammar, so that one rule serves them all; words longer than 40 characters are cut.
    """
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return tuple(dict.fromkeys(word[:WORD_LENGTH_MAX] for word in _WORD.findall(plain)))


def words_asked(query: str) -> tuple[str, ...]:
    """Return the words of a query; each must begin a word of what is found. More than eight are not looked at."""
    return words_of(query)[:WORDS_ASKED_MAX]


def texts_in(value: object) -> Iterator[str]:
    """Yield every text that people read inside a value, in order."""
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]  # of whatever it is made
            yield from texts_in(item)  # pyright: ignore[reportUnknownArgumentType]  # as above
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name))
