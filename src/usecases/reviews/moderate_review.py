"""Judge a review, and answer it."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.reviews.errors import InvalidReviewError
from core.reviews.review import REASON_LENGTH_MAX, REPLY_LENGTH_MAX, Review, ReviewStatus
from core.shared.callers import MANAGERS, Caller
from core.shared.errors import Problem
from core.shared.ids import ReviewId
from ports.clock import Clock
from ports.reviews import ReviewStore
from usecases.reviews.changing import change_review, must_be_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """A verdict with its reason, an answer, or both; `takes_reply_away` for the answer that is there."""

    status: ReviewStatus | None = None
    reason: str | None = None
    reply: str | None = None
    takes_reply_away: bool = False


@dataclass(frozen=True, slots=True)
class ModerateReview:
    """Owners and managers, who name the version they read: nobody judges a text that they have not seen.

    Raises ReviewNotFoundError, StaleVersionError, ReviewStatusError, and InvalidReviewError when what is not to be seen
    comes without a reason.
    """

    reviews: ReviewStore
    clock: Clock

    async def __call__(
        self, caller: Caller, review_id: ReviewId, moderation: Moderation, *, expected_version: int
    ) -> Review:
        caller.must_be_one_of(MANAGERS)
        if problems := list(_faults(moderation)):
            raise InvalidReviewError(problems)
        now = self.clock.now()

        def moderate(before: Review) -> Review:
            must_be_version(before, expected_version)
            after = before
            if moderation.status is not None:
                after = after.judged(moderation.status, reason=moderation.reason, by=caller.account_id, now=now)
            if moderation.reply is not None or moderation.takes_reply_away:
                after = after.replied(moderation.reply, by=caller.account_id, now=now)
            return after

        return await change_review(self.reviews, caller.tenant_id, review_id, moderate)


def _faults(asked: Moderation) -> Iterator[Problem]:
    needs_reason = asked.status in {ReviewStatus.REJECTED, ReviewStatus.HIDDEN}
    if needs_reason and not (asked.reason or "").strip():
        yield Problem("/reason", "Say why the review is not to be seen.")
    if asked.reason is not None and asked.status is None:
        yield Problem("/reason", "A reason goes with a status.")
    for pointer, text, length_max in (
        ("/reason", asked.reason, REASON_LENGTH_MAX),
        ("/reply", asked.reply, REPLY_LENGTH_MAX),
    ):
        if text is not None and len(text) > length_max:
            yield Problem(pointer, f"The text must have at most {length_max} characters.")
    if asked.reply is not None and not asked.reply.strip():
        yield Problem("/reply", "The reply must not be empty; null takes it away.")
