"""Reviews of venues, what people say of them, and ratings."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.paging import PageBody, cursor_of, read_cursor
from adapters.http.review_bodies import (
    RatingsBody,
    ReportBody,
    ReportedBody,
    ReviewBody,
    Status,
    UpdateReviewBody,
    WriteReviewBody,
)
from core.reviews.looking import WORDS_MAX, ReviewMark, ReviewOrder, words_of
from core.reviews.opinion import MARK_MAX, MARK_MIN
from core.reviews.review import Review, ReviewStatus
from core.shared.callers import Caller
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, ReviewId, TicketId, VenueId
from core.shared.languages import language_tag
from ports.paging import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from ports.reviews import ReactionKind, ReportMark, ReviewPageRequest
from usecases.reviews.edit_review import EditReview, WithdrawReview
from usecases.reviews.look_through_reviews import ListReports, ListReviews, ReadReview, ReviewWish
from usecases.reviews.moderate_review import ModerateReview
from usecases.reviews.react_to_review import ReactToReview, TakeHelpfulBack
from usecases.reviews.venue_ratings import ReadRatings
from usecases.reviews.write_review import WriteReview

_KEY_BYTES = 4
_CURSOR_BYTES = 1 + _KEY_BYTES + 16
_MOMENT_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class VenueReviewController(Controller):
    """Reviews of one venue."""

    path = "/venues/{venue_id:uuid}/reviews"
    tags = ("Reviews",)

    @post(summary="Review an event")
    @inject
    async def write(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[WriteReviewBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[WriteReview],
    ) -> Response[ReviewBody]:
        """Whoever was there: with a pass that was scanned, or that was valid when the event ended; once an event.

        Else 403 `reviews.not_attended`, and why. It is published once staff have judged it, or at once where they judge
        afterwards.
        """
        review = await usecase(
            caller, VenueId(venue_id), TicketId(data.ticket_id), data.opinion(), section=data.section
        )
        return _response(review, caller, status_code=201, headers={"Location": f"/api/v1/reviews/{review.id}"})

    @get(summary="List the reviews of a venue")
    @inject
    async def page(
        self,
        venue_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListReviews],
        status: Annotated[Status, QueryParameter(description="For managers: the queue is `pending`.")] = "published",
        mine: Annotated[bool, QueryParameter(description="One's own, whatever became of them.")] = False,
        section: Annotated[str | None, QueryParameter(max_length=200)] = None,
        rating: Annotated[int | None, QueryParameter(ge=MARK_MIN, le=MARK_MAX)] = None,
        language: Annotated[str | None, QueryParameter(max_length=35)] = None,
        q: Annotated[str | None, QueryParameter(max_length=200, description="Words that must all occur.")] = None,
        sort: Annotated[Literal["newest", "helpful", "rating"], QueryParameter()] = "newest",
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_DEFAULT,
        cursor: Annotated[str | None, QueryParameter(max_length=64)] = None,
    ) -> PageBody[ReviewBody]:
        """Everybody in the organisation; managers find every status.

        A cursor goes on in the order that it comes from. What somebody finds helpful meanwhile may move a review.
        """
        order = ReviewOrder(sort)
        wish = ReviewWish(
            status=ReviewStatus(status),
            mine=mine,
            section=section,
            overall=rating,
            language=None if language is None else language_tag(language, pointer="/language"),
            words=_words(q) if q is not None else (),
        )
        after = None if cursor is None else read_cursor(cursor, lambda packed: _mark_of(packed, order))
        request = ReviewPageRequest(limit, order, after)
        found = await usecase(caller, VenueId(venue_id), wish, request)
        items = tuple(ReviewBody.of(each, caller) for each in found.items)
        return PageBody(items=items, next_cursor=_cursor_of(found.next_after, order))


class ReviewController(Controller):
    """Reviews by their ids."""

    path = "/reviews/{review_id:uuid}"
    tags = ("Reviews",)

    @get(summary="Read a review")
    @inject
    async def one(
        self, review_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadReview]
    ) -> Response[ReviewBody]:
        """Everybody in the organisation; one that is not published is there for its writer and for managers."""
        return _response(await usecase(caller, ReviewId(review_id)), caller)

    @patch(summary="Change, judge or answer a review")
    @inject
    async def update(
        self,
        review_id: FromPath[UUID],
        data: JSONBody[UpdateReviewBody],
        caller: NamedDependency[Caller],
        edit: FromDishka[EditReview],
        moderate: FromDishka[ModerateReview],
        if_match: IfMatch = None,
    ) -> Response[ReviewBody]:
        """With the ETag that was read: its writer changes what it says, managers its `status` (and why) and `reply`.

        A changed review is judged again, unless it was published and staff judge afterwards. `rejected` and `hidden`
        need a `reason`. That a published one is `published` again settles its reports.
        """
        version = expected_version(if_match)
        if data.is_moderation():
            review = await moderate(caller, ReviewId(review_id), data.moderation(), expected_version=version)
        else:
            review = await edit(caller, ReviewId(review_id), data.change(), expected_version=version)
        return _response(review, caller)

    @delete(summary="Take a review back")
    @inject
    async def withdraw(
        self, review_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[WithdrawReview]
    ) -> None:
        """Its writer, for whom the text is gone for good; the event may be reviewed again."""
        await usecase(caller, ReviewId(review_id))

    @post("/helpful", status_code=200, summary="Find a review helpful")
    @inject
    async def helpful(
        self, review_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReactToReview]
    ) -> Response[ReviewBody]:
        """Anybody with an account, once, but its writer; saying it again changes nothing."""
        return _response(await usecase(caller, ReviewId(review_id), ReactionKind.HELPFUL), caller)

    @delete("/helpful", status_code=200, summary="Find a review helpful no more")
    @inject
    async def not_helpful(
        self, review_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[TakeHelpfulBack]
    ) -> Response[ReviewBody]:
        """Whoever found it helpful; who did not changes nothing."""
        return _response(await usecase(caller, ReviewId(review_id)), caller)

    @post("/report", status_code=204, summary="Report a review")
    @inject
    async def report(
        self,
        review_id: FromPath[UUID],
        data: JSONBody[ReportBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReactToReview],
    ) -> None:
        """Anybody with an account, once, but its writer. Enough reports hide a review until staff judge it."""
        await usecase(caller, ReviewId(review_id), ReactionKind.REPORT, reason=data.reason)

    @get("/reports", summary="List the reports of a review")
    @inject
    async def reports(
        self,
        review_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        read: FromDishka[ReadReview],
        usecase: FromDishka[ListReports],
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_DEFAULT,
        cursor: Annotated[str | None, QueryParameter(max_length=64)] = None,
    ) -> PageBody[ReportedBody]:
        """Managers only, the newest first; those since the last verdict are open."""
        after = None if cursor is None else read_cursor(cursor, _report_mark_of)
        found = await usecase(caller, ReviewId(review_id), reports_max=limit, after=after)
        review = await read(caller, ReviewId(review_id))
        items = tuple(ReportedBody.of(each, review) for each in found.items)
        return PageBody(items=items, next_cursor=_cursor_of_report(found.next_after))


class RatingsController(Controller):
    """Ratings of one venue."""

    path = "/venues/{venue_id:uuid}/ratings"
    tags = ("Reviews",)

    @get(summary="Read the ratings of a venue")
    @inject
    async def ratings(
        self, venue_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadRatings]
    ) -> RatingsBody:
        """Everybody in the organisation: the venue's marks and those of its sections, as of `countedAt`."""
        return RatingsBody.of_venue(await usecase(caller, VenueId(venue_id)))


def _response(
    review: Review, caller: Caller, *, status_code: int = 200, headers: dict[str, str] | None = None
) -> Response[ReviewBody]:
    tagged = {"ETag": etag(review.version), **(headers or {})}
    return Response(ReviewBody.of(review, caller), status_code=status_code, headers=tagged)


def _words(text: str) -> tuple[str, ...]:
    words = words_of(text)
    if not 1 <= len(words) <= WORDS_MAX:
        message = f"Ask for 1 to {WORDS_MAX} words."
        raise InvalidInputError(message, [Problem("/q", message)])
    return words


def _cursor_of(mark: ReviewMark | None, order: ReviewOrder) -> str | None:
    if mark is None:
        return None
    packed = order[0].encode() + (mark.key or 0).to_bytes(_KEY_BYTES) + mark.review_id.bytes
    return cursor_of(packed)


def _mark_of(packed: bytes, order: ReviewOrder) -> ReviewMark:
    if len(packed) != _CURSOR_BYTES or packed[:1] != order[0].encode():
        raise ValueError("a cursor of another order")
    key = int.from_bytes(packed[1 : 1 + _KEY_BYTES])
    return ReviewMark(None if order is ReviewOrder.NEWEST else key, ReviewId(UUID(bytes=packed[1 + _KEY_BYTES :])))


def _cursor_of_report(mark: ReportMark | None) -> str | None:
    if mark is None:
        return None
    return cursor_of(((mark.at - _EPOCH) // _MILLISECOND).to_bytes(_MOMENT_BYTES) + mark.account_id.bytes)


def _report_mark_of(packed: bytes) -> ReportMark:
    try:
        at = _EPOCH + int.from_bytes(packed[:_MOMENT_BYTES]) * _MILLISECOND
    except OverflowError as error:
        raise ValueError("a cursor of no moment") from error
    return ReportMark(at, AccountId(UUID(bytes=packed[_MOMENT_BYTES:])))
