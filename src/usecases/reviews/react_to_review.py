"""Find a review helpful, or report it."""

from dataclasses import dataclass

from core.reviews.errors import ReviewNotFoundError
from core.reviews.review import Review
from core.shared.callers import Caller
from core.shared.ids import ReviewId
from ports.clock import Clock
from ports.reviews import Reaction, ReactionKind, ReactionStore, ReviewInTenant, ReviewStore
from usecases.reviews.changing import must_have_account
from usecases.reviews.count_reactions import ReactionCount


@dataclass(frozen=True, slots=True)
class ReactToReview:
    """Anybody with an account, once, about a published review of somebody else; saying it again changes nothing.

    Enough reports hide a review until staff judge it. Raises ReviewNotFoundError, OwnReviewError, and ForbiddenError
    for guests.
    """

    reviews: ReviewStore
    reactions: ReactionStore
    count: ReactionCount
    clock: Clock

    async def __call__(
        self, caller: Caller, review_id: ReviewId, kind: ReactionKind, *, reason: str | None = None
    ) -> Review:
        """Return the review with its new counts."""
        review = await _published(self.reviews, caller, review_id)
        reaction = Reaction(
            review_id=review_id,
            account_id=caller.account_id,
            kind=kind,
            reason=reason,
            report_round=review.report_round,
            at=self.clock.now(),
        )
        await self.reactions.add(caller.tenant_id, reaction)
        return await self.count(ReviewInTenant(caller.tenant_id, review_id))


@dataclass(frozen=True, slots=True)
class TakeHelpfulBack:
    """Whoever found a published review helpful; who did not changes nothing. Raises as ReactToReview does."""

    reviews: ReviewStore
    reactions: ReactionStore
    count: ReactionCount
    clock: Clock

    async def __call__(self, caller: Caller, review_id: ReviewId) -> Review:
        """Return the review with its new counts."""
        await _published(self.reviews, caller, review_id)
        await self.reactions.take_back(
            caller.tenant_id, review_id, caller.account_id, ReactionKind.HELPFUL, at=self.clock.now()
        )
        return await self.count(ReviewInTenant(caller.tenant_id, review_id))


async def _published(reviews: ReviewStore, caller: Caller, review_id: ReviewId) -> Review:
    must_have_account(caller)
    review = await reviews.get(caller.tenant_id, review_id)
    if review is None or not (review.is_published or review.account_id == caller.account_id):
        raise ReviewNotFoundError
    review.must_not_be_of(caller.account_id)
    return review
