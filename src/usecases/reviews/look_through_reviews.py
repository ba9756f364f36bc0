"""Read reviews."""

from dataclasses import dataclass

from core.reviews.errors import ReviewNotFoundError
from core.reviews.looking import ReviewFilter
from core.reviews.review import Review, ReviewStatus
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import ReviewId, VenueId
from ports.published.venues import VenuesApi
from ports.reviews import ReactionStore, ReportMark, ReportPage, ReviewPage, ReviewPageRequest, ReviewStore
from usecases.reviews.venues import must_be_a_venue

OWN = frozenset(ReviewStatus) - {ReviewStatus.WITHDRAWN}
"""The statuses in which people see their own reviews."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWish:
    """Which reviews of a venue somebody would like to see; `mine` for their own, whatever became of them."""

    status: ReviewStatus = ReviewStatus.PUBLISHED
    mine: bool = False
    section: str | None = None
    overall: int | None = None
    language: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListReviews:
    """Open to everyone in the tenant for what is published and their own; owners and managers see every status.

    Raises ReviewVenueNotFoundError, and ForbiddenError for a status that the caller may not ask for.
    """

    reviews: ReviewStore
    venues: VenuesApi

    async def __call__(
        self, caller: Caller, venue_id: VenueId, wish: ReviewWish, request: ReviewPageRequest
    ) -> ReviewPage:
        if wish.status is not ReviewStatus.PUBLISHED and not wish.mine:
            caller.must_be_one_of(MANAGERS)
        wanted = ReviewFilter(
            venue_id=venue_id,
            statuses=OWN if wish.mine else frozenset({wish.status}),
            account_id=caller.account_id if wish.mine else None,
            section=wish.section,
            overall=wish.overall,
            language=wish.language,
            words=wish.words,
        )
        page = await self.reviews.page(caller.tenant_id, wanted, request)
        if not page.items and request.after is None:
            await must_be_a_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)
        return page


@dataclass(frozen=True, slots=True)
class ReadReview:
    """Open to everyone in the tenant for what is published, to its writer, and to owners and managers.

    Raises ReviewNotFoundError.
    """

    reviews: ReviewStore

    async def __call__(self, caller: Caller, review_id: ReviewId) -> Review:
        found = await self.reviews.get(caller.tenant_id, review_id)
        if found is None or not may_see(caller, found):
            raise ReviewNotFoundError
        return found


@dataclass(frozen=True, slots=True)
class ListReports:
    """Owners and managers: the reports of a review, with who made them, page by page. Raises ReviewNotFoundError."""

    reviews: ReviewStore
    reactions: ReactionStore

    async def __call__(
        self, caller: Caller, review_id: ReviewId, *, reports_max: int, after: ReportMark | None = None
    ) -> ReportPage:
        caller.must_be_one_of(MANAGERS)
        if await self.reviews.get(caller.tenant_id, review_id) is None:
            raise ReviewNotFoundError
        return await self.reactions.reports_of(caller.tenant_id, review_id, reports_max=reports_max, after=after)


def may_see(caller: Caller, review: Review) -> bool:
    """Whether the review is there for the caller."""
    return review.is_published or caller.role in MANAGERS or review.account_id == caller.account_id
