"""Bring the counts of a review up to date with what people said of it."""

from dataclasses import dataclass
from datetime import timedelta

from core.reviews.errors import ReviewNotFoundError
from core.reviews.review import Review, ReviewTerms
from ports.clock import Clock
from ports.reviews import ReactionStore, ReviewInTenant, ReviewStore
from ports.stores import StoreUnavailableError

_TRIES_MAX = 100
_REVIEWS_MAX = 200
_LEFT_ALONE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ReactionCount:
    """A part of other use cases, which have asked who may.

    A count is kept only over the revision that was read before counting, and even where it is the same: so of two who
    count at once, the one who saw less never has the last word.
    """

    reviews: ReviewStore
    reactions: ReactionStore
    terms: ReviewTerms
    clock: Clock

    async def __call__(self, review: ReviewInTenant) -> Review:
        """Return the review with its counts; raises ReviewNotFoundError, StoreUnavailableError."""
        for _ in range(_TRIES_MAX):
            before = await self.reviews.get(review.tenant_id, review.review_id)
            if before is None:
                raise ReviewNotFoundError
            tally = await self.reactions.tally(review.tenant_id, review.review_id, report_round=before.report_round)
            after = before.counted(helpful=tally.helpful, reports=tally.reports, terms=self.terms, now=self.clock.now())
            if await self.reviews.save(review.tenant_id, before, after):
                await self.reactions.counted(review.tenant_id, review.review_id, tally)
                return after
        raise StoreUnavailableError("The review is being changed by too many at once; try again.")


@dataclass(frozen=True, slots=True)
class CountReactions:
    """Background work: finishes what a caller left who died between saying something and counting it."""

    reactions: ReactionStore
    count: ReactionCount
    clock: Clock

    async def __call__(self) -> int:
        """Return how many reviews were brought up to date."""
        due = await self.reactions.due(before=self.clock.now() - _LEFT_ALONE, reviews_max=_REVIEWS_MAX)
        for review in due:
            await self.count(review)
        return len(due)
