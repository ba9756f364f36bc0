"""How a venue and its sections are rated: counts and sums of marks, all whole numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from core.reviews.opinion import MARKS, RatingCategory
from core.reviews.review import Review
from core.shared.ids import VenueId

COUNT_MAX = timedelta(minutes=4)
"""What one count of a venue may take: less than a run of background work may."""

_REST_MIN = timedelta(seconds=1)
_REST_FACTOR = 20


@dataclass(frozen=True, slots=True)
class MarkTally:
    """How many marks there are of one kind, and their sum."""

    count: int
    total: int

    @property
    def mean(self) -> float | None:
        """The mean mark, rounded to 2 places; None without marks."""
        return round(self.total / self.count, 2) if self.count else None

    def __add__(self, other: Self) -> Self:
        return type(self)(self.count + other.count, self.total + other.total)


NO_MARKS = MarkTally(0, 0)


@dataclass(frozen=True, slots=True)
class Tally:
    """The marks of some reviews: for the whole, how many of each from 1 to 5, and by category (without empty ones)."""

    overall: MarkTally = NO_MARKS
    distribution: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    categories: Mapping[RatingCategory, MarkTally] = field(default_factory=dict[RatingCategory, MarkTally])

    def __add__(self, other: Self) -> Self:
        names = sorted({*self.categories, *other.categories})
        one, two, three, four, five = (a + b for a, b in zip(self.distribution, other.distribution, strict=True))
        return type(self)(
            self.overall + other.overall,
            (one, two, three, four, five),
            {name: self.categories.get(name, NO_MARKS) + other.categories.get(name, NO_MARKS) for name in names},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRatings:
    """The marks of all published reviews of a venue, by section; None is the section of who had no seat."""

    venue_id: VenueId
    sections: Mapping[str | None, Tally]
    counted_at: datetime

    @property
    def whole(self) -> Tally:
        """The venue's own marks: those of all its sections."""
        return sum(self.sections.values(), start=Tally())


def tally_of(review: Review) -> Tally | None:
    """Return what a review adds to the ratings: None while it is not published."""
    said = review.opinion
    if not review.is_published or said is None:
        return None
    one, two, three, four, five = (int(said.overall == mark) for mark in MARKS)
    categories = {name: MarkTally(1, mark) for name, mark in sorted(said.categories.items())}
    return Tally(MarkTally(1, said.overall), (one, two, three, four, five), categories)


def changes_ratings(before: Review | None, after: Review) -> bool:
    """Whether the ratings of the venue differ by this change of a review, or by a new one (None before)."""
    was = (tally_of(before), before.visit.section) if before is not None else (None, None)
    now = (tally_of(after), after.visit.section)
    return was != now and not (was[0] is None and now[0] is None)


def rests_until(began: datetime, took: timedelta) -> datetime:
    """Return from when on a venue may be counted again whose count began then.

    20 times what a count takes, so that background work spends no more than a twentieth of its time on one venue; at
    least a second, and never longer than after the longest count, whatever the clock did meanwhile.
    """
    return began + max(_REST_MIN, _REST_FACTOR * min(took, COUNT_MAX))


def recounted(venue_id: VenueId, reviews: Iterable[Review], *, now: datetime) -> VenueRatings:
    """Count the ratings of a venue anew from all its reviews: what kept ratings have to be equal to."""
    sections: dict[str | None, Tally] = {}
    for review in reviews:
        tally = tally_of(review)
        if tally is not None and review.venue_id == venue_id:
            sections[review.visit.section] = sections.get(review.visit.section, Tally()) + tally
    return VenueRatings(venue_id=venue_id, sections=sections, counted_at=now)
