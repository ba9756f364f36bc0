"""How reviews are looked through: filters, orders, and words."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from core.reviews.review import Review, ReviewStatus
from core.shared.ids import AccountId, ReviewId, VenueId

WORDS_MAX = 10
_WORD = re.compile(r"[^\W_]+")


class ReviewOrder(StrEnum):
    """Which reviews come first: of equal ones, and by `newest`, those that were begun last."""

    NEWEST = "newest"
    HELPFUL = "helpful"
    RATING = "rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Which reviews of a venue are looked for; None stands for any. All of `words` must occur."""

    venue_id: VenueId
    statuses: frozenset[ReviewStatus]
    section: str | None = None
    overall: int | None = None
    language: str | None = None
    account_id: AccountId | None = None
    words: tuple[str, ...] = ()

    def admits(self, review: Review) -> bool:
        """Whether the review is among those."""
        said = review.opinion
        if review.venue_id != self.venue_id or review.status not in self.statuses:
            return False
        if self.section not in {None, review.visit.section} or self.account_id not in {None, review.account_id}:
            return False
        if said is None:
            return self.overall is None and self.language is None and not self.words
        if self.overall not in {None, said.overall} or self.language not in {None, said.language}:
            return False
        return set(self.words) <= set(words_of(f"{said.title} {said.body}"))


@dataclass(frozen=True, slots=True)
class ReviewMark:
    """Where a page of reviews ended: what the last one was ordered by (None by `newest`), and its id."""

    key: int | None
    review_id: ReviewId


def mark_of(review: Review, order: ReviewOrder) -> ReviewMark:
    """Return the mark of a review in this order."""
    match order:
        case ReviewOrder.NEWEST:
            return ReviewMark(None, review.id)
        case ReviewOrder.HELPFUL:
            return ReviewMark(review.helpful, review.id)
        case ReviewOrder.RATING:
            return ReviewMark(review.opinion.overall if review.opinion is not None else 0, review.id)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text without case and accents, each once, in the order in which they come."""
    plain = "".join(each for each in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(each))
    return tuple(dict.fromkeys(_WORD.findall(plain)))
