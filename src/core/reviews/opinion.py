"""What a review says: marks from 1 to 5, and plain text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from core.reviews.errors import InvalidReviewError
from core.shared.errors import Problem
from core.shared.languages import known_language

MARK_MIN, MARK_MAX = 1, 5
MARKS = range(MARK_MIN, MARK_MAX + 1)
TITLE_LENGTH_MAX = 120
BODY_LENGTH_MAX = 5_000


class RatingCategory(StrEnum):
    """What a venue is rated for beside the whole."""

    SIGHTLINES = "sightlines"
    SOUND = "sound"
    VALUE = "value"
    COMFORT = "comfort"
    STAFF = "staff"
    ACCESSIBILITY = "accessibility"
    FOOD_AND_DRINK = "food_and_drink"
    FACILITIES = "facilities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A mark for the whole and for as many categories as the writer likes, a title, and a text that may be empty.

    The texts are plain: what looks like HTML in them is kept as it is, and means nothing. `language` is the texts'
    BCP 47 tag.
    """

    overall: int
    categories: Mapping[RatingCategory, int]
    title: str
    body: str
    language: str

    @classmethod
    def of(
        cls, *, overall: int, categories: Mapping[RatingCategory, int], title: str, body: str, language: str
    ) -> Self:
        """Return what was said, tidied; raises InvalidReviewError with every fault."""
        said = cls(
            overall=overall,
            categories=dict(sorted(categories.items())),
            title=title.strip(),
            body=body.replace("\r\n", "\n").replace("\r", "\n").strip(),
            language=known_language(language) or language,
        )
        if problems := list(said._faults()):
            raise InvalidReviewError(problems)
        return said

    def _faults(self) -> Iterator[Problem]:
        marks = {"/overall": self.overall} | {f"/categories/{name}": mark for name, mark in self.categories.items()}
        for pointer, mark in marks.items():
            if mark not in MARKS:
                yield Problem(pointer, f"A mark must be from {MARK_MIN} to {MARK_MAX}.")
        if not 1 <= len(self.title) <= TITLE_LENGTH_MAX:
            yield Problem("/title", f"The title must have from 1 to {TITLE_LENGTH_MAX} characters.")
        elif not self.title.isprintable():
            yield Problem("/title", "The title must not hold control characters or line breaks.")
        if len(self.body) > BODY_LENGTH_MAX:
            yield Problem("/body", f"The text must have at most {BODY_LENGTH_MAX} characters.")
        elif not self.body.replace("\n", "").replace("\t", "").isprintable():
            yield Problem("/body", "The text must not hold control characters but line breaks and tabs.")
        if known_language(self.language) is None:
            yield Problem("/language", "The language must be a BCP 47 tag such as de or pt-BR.")
