"""Change what one's review says, or take it back."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.reviews.errors import ReviewNotFoundError, ReviewStatusError
from core.reviews.opinion import Opinion, RatingCategory
from core.reviews.review import Review, ReviewStatus, ReviewTerms
from core.shared.callers import Caller
from core.shared.ids import ReviewId
from ports.clock import Clock
from ports.reviews import ReviewStore
from usecases.reviews.changing import change_review, must_be_version, must_have_account


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionChange:
    """What is to be different; None leaves a member as it is. Categories are replaced together."""

    overall: int | None = None
    categories: Mapping[RatingCategory, int] | None = None
    title: str | None = None
    body: str | None = None
    language: str | None = None
    section: str | None = None

    def of(self, said: Opinion) -> Opinion:
        """Return the opinion with the change; raises InvalidReviewError."""
        return Opinion.of(
            overall=said.overall if self.overall is None else self.overall,
            categories=said.categories if self.categories is None else self.categories,
            title=said.title if self.title is None else self.title,
            body=said.body if self.body is None else self.body,
            language=said.language if self.language is None else self.language,
        )


@dataclass(frozen=True, slots=True)
class EditReview:
    """Its writer, who names the version they read.

    Raises ReviewNotFoundError, NotReviewAuthorError for a published one of somebody else, StaleVersionError,
    InvalidReviewError, ReviewSectionError, ReviewStatusError for a withdrawn one, and ReviewEditsSpentError.
    """

    reviews: ReviewStore
    terms: ReviewTerms
    clock: Clock

    async def __call__(
        self, caller: Caller, review_id: ReviewId, change: OpinionChange, *, expected_version: int
    ) -> Review:
        must_have_account(caller)
        now = self.clock.now()

        def edit(before: Review) -> Review:
            _must_be_own(before, caller)
            must_be_version(before, expected_version)
            if before.opinion is None:
                raise ReviewStatusError("The review was withdrawn; write it again instead.")
            return before.edited(change.of(before.opinion), section=change.section, terms=self.terms, now=now)

        return await change_review(self.reviews, caller.tenant_id, review_id, edit)


@dataclass(frozen=True, slots=True)
class WithdrawReview:
    """Its writer. The text is gone for good; taking it back twice is fine.

    Raises ReviewNotFoundError, and NotReviewAuthorError for a published one of somebody else.
    """

    reviews: ReviewStore
    clock: Clock

    async def __call__(self, caller: Caller, review_id: ReviewId) -> None:
        now = self.clock.now()

        def withdraw(before: Review) -> Review:
            _must_be_own(before, caller)
            return before.withdrawn(now=now)

        await change_review(self.reviews, caller.tenant_id, review_id, withdraw)


def _must_be_own(review: Review, caller: Caller) -> None:
    if review.status is not ReviewStatus.PUBLISHED and review.account_id != caller.account_id:
        raise ReviewNotFoundError
    review.must_be_of(caller.account_id)
