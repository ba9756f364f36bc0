"""Bodies of reviews and ratings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.reviews.opinion import BODY_LENGTH_MAX, MARK_MAX, MARK_MIN, TITLE_LENGTH_MAX, Opinion, RatingCategory
from core.reviews.ratings import MarkTally, Tally, VenueRatings
from core.reviews.review import REASON_LENGTH_MAX, REPLY_LENGTH_MAX, Review, ReviewStatus
from core.shared.callers import MANAGERS, Caller
from core.shared.errors import InvalidInputError, Problem
from ports.reviews import Reaction
from usecases.reviews.edit_review import OpinionChange
from usecases.reviews.moderate_review import Moderation

type Mark = Annotated[int, Meta(ge=MARK_MIN, le=MARK_MAX, description="1 is the worst and 5 the best.")]
type Category = Literal[
    "sightlines", "sound", "value", "comfort", "staff", "accessibility", "food_and_drink", "facilities"
]
type Marks = dict[Category, Mark]
type Title = Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
type Text = Annotated[str, Meta(max_length=BODY_LENGTH_MAX, description="Plain text; what looks like HTML is kept.")]
type Language = Annotated[str, Meta(min_length=2, max_length=35, description="BCP 47.", examples=["de", "pt-BR"])]
type Section = Annotated[str, Meta(min_length=1, max_length=200, description="The name of a section.")]
type Status = Literal["pending", "published", "rejected", "hidden", "withdrawn"]
type Verdict = Literal["published", "rejected", "hidden"]
type Reason = Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH_MAX)]
type ReplyText = Annotated[str, Meta(min_length=1, max_length=REPLY_LENGTH_MAX)]

_STAFF_MEMBERS = ("status", "reason", "reply")
_WRITERS_MEMBERS = ("overall", "categories", "title", "body", "language", "section")


class WriteReviewBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A review. The section is that of the pass; who had passes in several names the one that is meant."""

    ticket_id: UUID
    overall: Mark
    categories: Marks = msgspec.field(default_factory=dict[Category, Mark])
    title: Title
    body: Text = ""
    language: Language
    section: Section | None = None

    def opinion(self) -> Opinion:
        """Return what is said; raises InvalidReviewError."""
        return Opinion.of(
            overall=self.overall,
            categories=_categories(self.categories),
            title=self.title,
            body=self.body,
            language=self.language,
        )


class UpdateReviewBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change: what the review says, by its writer, or its standing and the reply, by staff; never both.

    Members that are left out stay; categories are replaced together, and a null takes the reply away.
    """

    overall: Mark | UnsetType = UNSET
    categories: Marks | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    body: Text | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    section: Section | UnsetType = UNSET
    status: Verdict | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    reply: ReplyText | UnsetType | None = UNSET

    def is_moderation(self) -> bool:
        """Whether staff act on the review; raises InvalidInputError for what only the writer may change beside it."""
        by_staff = [name for name in _STAFF_MEMBERS if getattr(self, name) is not UNSET]
        by_writer = [name for name in _WRITERS_MEMBERS if getattr(self, name) is not UNSET]
        if by_staff and by_writer:
            message = "Staff judge a review and do not change what it says."
            raise InvalidInputError(message, [Problem(f"/{name}", message) for name in by_writer])
        return bool(by_staff)

    def change(self) -> OpinionChange:
        """Return what the writer asks for."""
        return OpinionChange(
            overall=None if self.overall is UNSET else self.overall,
            categories=None if self.categories is UNSET else _categories(self.categories),
            title=None if self.title is UNSET else self.title,
            body=None if self.body is UNSET else self.body,
            language=None if self.language is UNSET else self.language,
            section=None if self.section is UNSET else self.section,
        )

    def moderation(self) -> Moderation:
        """Return what staff ask for."""
        return Moderation(
            status=None if self.status is UNSET else ReviewStatus(self.status),
            reason=None if self.reason is UNSET else self.reason,
            reply=None if self.reply is UNSET else self.reply,
            takes_reply_away=self.reply is None,
        )


class ReportBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Why a review should not be seen."""

    reason: Reason


class ReviewedEventBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The event, and where the writer was; section, row and number are null without a seat.

    `scanned` says that the pass was seen at the gate; otherwise it was valid when the event ended.
    """

    ticket_id: UUID
    title: str
    starts_at: datetime
    section: str | None
    row: str | None
    number: str | None
    scanned: bool


class ReplyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The organiser's answer."""

    text: str
    at: datetime


class JudgementBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A verdict: who gave it (null: reports hid the review), when, and why."""

    status: Status
    reason: str | None
    by: UUID | None
    at: datetime


class ReviewBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A review. What it says is null once it is withdrawn.

    `mine` is whether the caller wrote it. Managers also see who wrote it, how many reports are open, and each verdict.
    """

    id: UUID
    venue_id: UUID
    event: ReviewedEventBody
    status: Status
    overall: int | None
    categories: dict[str, int] | None
    title: str | None
    body: str | None
    language: str | None
    helpful: int
    reply: ReplyBody | None
    mine: bool
    version: int
    written_at: datetime
    updated_at: datetime
    account_id: UUID | UnsetType = UNSET
    reports: int | UnsetType = UNSET
    history: tuple[JudgementBody, ...] | UnsetType = UNSET

    @classmethod
    def of(cls, review: Review, caller: Caller) -> Self:
        """Return the review as the caller may see it."""
        said, visit, reply = review.opinion, review.visit, review.reply
        for_staff = caller.role in MANAGERS
        return cls(
            id=review.id,
            venue_id=review.venue_id,
            event=ReviewedEventBody(
                ticket_id=review.ticket_id,
                title=visit.event_title,
                starts_at=visit.event_starts_at,
                section=visit.section,
                row=visit.row,
                number=visit.number,
                scanned=visit.scanned,
            ),
            status=review.status.value,
            overall=said.overall if said else None,
            categories={name.value: mark for name, mark in said.categories.items()} if said else None,
            title=said.title if said else None,
            body=said.body if said else None,
            language=said.language if said else None,
            helpful=review.helpful,
            reply=ReplyBody(text=reply.text, at=reply.at) if reply else None,
            mine=review.account_id == caller.account_id,
            version=review.version,
            written_at=review.written_at,
            updated_at=review.updated_at,
            account_id=review.account_id if for_staff else UNSET,
            reports=review.reports if for_staff else UNSET,
            history=_history(review) if for_staff else UNSET,
        )


class ReportedBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One report; `open` is false when a verdict was given since."""

    account_id: UUID
    reason: str
    at: datetime
    open: bool

    @classmethod
    def of(cls, report: Reaction, review: Review) -> Self:
        """Return the report."""
        is_open = report.report_round == review.report_round
        return cls(account_id=report.account_id, reason=report.reason or "", at=report.at, open=is_open)


class MarksBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many marks there are, and their mean (2 places; null without marks)."""

    count: int
    mean: float | None

    @classmethod
    def of(cls, tally: MarkTally) -> Self:
        """Return the marks."""
        return cls(count=tally.count, mean=tally.mean)


class TallyBody(MarksBody, frozen=True, kw_only=True, rename="camel"):
    """The marks for the whole; `distribution` has how many gave each from 1 to 5, `categories` the marks of each."""

    distribution: dict[str, int]
    categories: dict[str, MarksBody]


class SectionRatingsBody(TallyBody, frozen=True, kw_only=True, rename="camel"):
    """The marks of a section; its name is null for those who had no seat."""

    section: str | None


class RatingsBody(TallyBody, frozen=True, kw_only=True, rename="camel"):
    """The marks of a venue by all its published reviews, and those of each section."""

    venue_id: UUID
    sections: tuple[SectionRatingsBody, ...]
    counted_at: datetime

    @classmethod
    def of_venue(cls, ratings: VenueRatings) -> Self:
        """Return the ratings, sections by name and those without a seat last."""
        ordered = sorted(ratings.sections.items(), key=lambda each: (each[0] is None, each[0] or ""))
        whole = ratings.whole
        return cls(
            venue_id=ratings.venue_id,
            count=whole.overall.count,
            mean=whole.overall.mean,
            counted_at=ratings.counted_at,
            sections=tuple(
                SectionRatingsBody(
                    section=name,
                    count=tally.overall.count,
                    mean=tally.overall.mean,
                    distribution=_distribution(tally),
                    categories=_means(tally),
                )
                for name, tally in ordered
            ),
            distribution=_distribution(whole),
            categories=_means(whole),
        )


def _distribution(tally: Tally) -> dict[str, int]:
    return {str(mark): times for mark, times in enumerate(tally.distribution, start=MARK_MIN)}


def _means(tally: Tally) -> dict[str, MarksBody]:
    return {name.value: MarksBody.of(marks) for name, marks in tally.categories.items()}


def _history(review: Review) -> tuple[JudgementBody, ...]:
    return tuple(
        JudgementBody(status=each.status.value, reason=each.reason, by=each.by, at=each.at) for each in review.history
    )


def _categories(marks: Mapping[Category, int]) -> dict[RatingCategory, int]:
    return {RatingCategory(name): mark for name, mark in marks.items()}
