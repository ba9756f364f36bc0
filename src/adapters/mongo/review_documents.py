"""How reviews, what people said of them, and ratings are written down in MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from beanie import Document
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pymongo import ASCENDING, DESCENDING, TEXT, IndexModel

from core.reviews.opinion import Opinion, RatingCategory
from core.reviews.ratings import MarkTally, Tally, VenueRatings
from core.reviews.review import Judgement, Reply, Review, ReviewStatus, Visit
from core.shared.ids import AccountId, PassId, ReviewId, TenantId, TicketId, VenueId
from core.shared.time import utc
from ports.reviews import Reaction, ReactionKind

_VENUE = (("tenantId", ASCENDING), ("venueId", ASCENDING))
_STANDING = (*_VENUE, ("status", ASCENDING))
_LAST_FIRST = ("_id", DESCENDING)


def _stored_name(field: str) -> str:
    return "_id" if field == "id" else to_camel(field)


_NAMES = ConfigDict(alias_generator=_stored_name, populate_by_name=True)


class VisitFields(BaseModel):
    """The visit inside a review; its section stands in the review, for the indexes."""

    model_config = _NAMES

    pass_id: UUID
    event_title: str
    event_starts_at: datetime
    sections: list[str]
    row: str | None
    number: str | None
    scanned: bool


class ReplyFields(BaseModel):
    """The organiser's answer inside a review."""

    model_config = _NAMES

    text: str
    by: UUID
    at: datetime


class JudgementFields(BaseModel):
    """One verdict inside a review."""

    model_config = _NAMES

    at: datetime
    by: UUID | None
    status: ReviewStatus
    reason: str | None


class ReviewDocument(Document):
    """A review. A withdrawn one has the mark 0 and empty texts.

    Beside these members a document has `ratingsDue` while the ratings of its venue do not tell of its last change: a
    mark of that change, written in the same update.
    """

    model_config = _NAMES

    id: UUID  # type: ignore[assignment]  # Beanie lets documents bring their own kind of id
    tenant_id: UUID
    venue_id: UUID
    ticket_id: UUID
    account_id: UUID
    status: ReviewStatus
    section: str | None
    visit: VisitFields
    overall: int
    categories: dict[str, int]
    title: str
    body: str
    language: str
    written_at: datetime
    updated_at: datetime
    version: int
    revision: int
    edits: int
    helpful: int
    reports: int
    report_round: int
    reply: ReplyFields | None
    history: list[JudgementFields]

    class Settings:
        """The collection and its indexes: one review a person and event, an index for each order, words, and upkeep."""

        name = "reviews"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel(
                [("tenantId", ASCENDING), ("accountId", ASCENDING), ("ticketId", ASCENDING)],
                name="reviews_one_a_person",
                unique=True,
            ),
            IndexModel([*_STANDING, _LAST_FIRST], name="reviews_newest"),
            IndexModel([*_STANDING, ("helpful", DESCENDING), _LAST_FIRST], name="reviews_helpful"),
            IndexModel([*_STANDING, ("overall", DESCENDING), _LAST_FIRST], name="reviews_rating"),
            # Words are taken as they are, whatever the language: MongoDB knows only some, and refuses the others.
            IndexModel(
                [*_VENUE, ("title", TEXT), ("body", TEXT)],
                name="reviews_words",
                default_language="none",
                language_override="languageOfWords",
            ),
            # The upkeep looks across tenants, so its index does not begin with one.
            IndexModel(
                [("ratingsDue", ASCENDING), *_VENUE],
                name="reviews_ratings_due",
                partialFilterExpression={"ratingsDue": {"$exists": True}},
            ),
        ]

    @classmethod
    def of(cls, tenant_id: TenantId, review: Review) -> Self:
        """Write a review down."""
        visit, said, reply = review.visit, review.opinion, review.reply
        return cls(
            id=review.id,
            tenant_id=tenant_id,
            venue_id=review.venue_id,
            ticket_id=review.ticket_id,
            account_id=review.account_id,
            status=review.status,
            section=visit.section,
            visit=VisitFields(
                pass_id=visit.pass_id,
                event_title=visit.event_title,
                event_starts_at=visit.event_starts_at,
                sections=list(visit.sections),
                row=visit.row,
                number=visit.number,
                scanned=visit.scanned,
            ),
            overall=said.overall if said else 0,
            categories={name.value: mark for name, mark in said.categories.items()} if said else {},
            title=said.title if said else "",
            body=said.body if said else "",
            language=said.language if said else "",
            written_at=review.written_at,
            updated_at=review.updated_at,
            version=review.version,
            revision=review.revision,
            edits=review.edits,
            helpful=review.helpful,
            reports=review.reports,
            report_round=review.report_round,
            reply=ReplyFields(text=reply.text, by=reply.by, at=reply.at) if reply else None,
            history=[
                JudgementFields(at=each.at, by=each.by, status=each.status, reason=each.reason)
                for each in review.history
            ],
        )

    def review(self) -> Review:
        """Read the review back."""
        visit, reply = self.visit, self.reply
        return Review(
            id=ReviewId(self.id),
            venue_id=VenueId(self.venue_id),
            ticket_id=TicketId(self.ticket_id),
            account_id=AccountId(self.account_id),
            visit=Visit(
                pass_id=PassId(visit.pass_id),
                event_title=visit.event_title,
                event_starts_at=utc(visit.event_starts_at),
                sections=tuple(visit.sections),
                section=self.section,
                row=visit.row,
                number=visit.number,
                scanned=visit.scanned,
            ),
            opinion=self._opinion(),
            status=self.status,
            written_at=utc(self.written_at),
            updated_at=utc(self.updated_at),
            version=self.version,
            revision=self.revision,
            edits=self.edits,
            helpful=self.helpful,
            reports=self.reports,
            report_round=self.report_round,
            reply=Reply(text=reply.text, by=AccountId(reply.by), at=utc(reply.at)) if reply else None,
            history=tuple(
                Judgement(
                    at=utc(each.at),
                    by=AccountId(each.by) if each.by else None,
                    status=each.status,
                    reason=each.reason,
                )
                for each in self.history
            ),
        )

    def _opinion(self) -> Opinion | None:
        if self.status is ReviewStatus.WITHDRAWN:
            return None
        return Opinion(
            overall=self.overall,
            categories={RatingCategory(name): mark for name, mark in self.categories.items()},
            title=self.title,
            body=self.body,
            language=self.language,
        )


class ReactionDocument(Document):
    """What one person says of a review.

    Beside these members a document has `due` (a time) and `mark` while its last change is not counted.
    """

    model_config = _NAMES

    id: UUID  # type: ignore[assignment]  # as above
    tenant_id: UUID
    review_id: UUID
    account_id: UUID
    kind: ReactionKind
    reason: str | None
    report_round: int
    at: datetime
    live: bool

    class Settings:
        """The collection and its indexes: one reaction of a kind by a person and review."""

        name = "reviewReactions"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel(
                [
                    ("tenantId", ASCENDING),
                    ("reviewId", ASCENDING),
                    ("kind", ASCENDING),
                    ("accountId", ASCENDING),
                ],
                name="reactions_once",
                unique=True,
            ),
            # The upkeep looks across tenants, so its index does not begin with one.
            IndexModel([("due", ASCENDING)], name="reactions_due", sparse=True),
        ]

    def reaction(self) -> Reaction:
        """Read the reaction back."""
        return Reaction(
            review_id=ReviewId(self.review_id),
            account_id=AccountId(self.account_id),
            kind=self.kind,
            reason=self.reason,
            report_round=self.report_round,
            at=utc(self.at),
        )


class MarkFields(BaseModel):
    """How many marks, and their sum."""

    model_config = _NAMES

    count: int
    total: int

    @classmethod
    def of(cls, tally: MarkTally) -> Self:
        """Write a tally down."""
        return cls(count=tally.count, total=tally.total)


class SectionRatingsFields(BaseModel):
    """The marks of a section inside a venue's ratings."""

    model_config = _NAMES

    section: str | None
    overall: MarkFields
    distribution: tuple[int, int, int, int, int]
    categories: dict[str, MarkFields]

    @classmethod
    def of(cls, section: str | None, tally: Tally) -> Self:
        """Write the marks of a section down."""
        return cls(
            section=section,
            overall=MarkFields.of(tally.overall),
            distribution=tally.distribution,
            categories={name.value: MarkFields.of(marks) for name, marks in tally.categories.items()},
        )

    def tally(self) -> Tally:
        """Read the marks back."""
        return Tally(
            MarkTally(self.overall.count, self.overall.total),
            self.distribution,
            {RatingCategory(name): MarkTally(each.count, each.total) for name, each in self.categories.items()},
        )


class VenueRatingsDocument(Document):
    """The kept ratings of a venue, all in one document; `generation` grows with each count."""

    model_config = _NAMES

    id: UUID  # type: ignore[assignment]  # as above
    tenant_id: UUID
    venue_id: UUID
    generation: int
    counted_at: datetime
    sections: list[SectionRatingsFields]

    class Settings:
        """The collection and its index: one document a venue."""

        name = "ratings"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([*_VENUE], name="ratings_of_venue", unique=True)]

    def ratings(self) -> VenueRatings:
        """Read the ratings back."""
        return VenueRatings(
            venue_id=VenueId(self.venue_id),
            sections={each.section: each.tally() for each in self.sections},
            counted_at=utc(self.counted_at),
        )


REVIEW_DOCUMENTS: Sequence[type[Document]] = (ReviewDocument, ReactionDocument, VenueRatingsDocument)
"""What the context keeps in content_db, with the indexes of each."""
