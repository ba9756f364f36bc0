"""How reviews are written down in MongoDB."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from beanie import Document
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pymongo import ASCENDING, DESCENDING, TEXT, IndexModel

from core.reviews.opinion import Opinion, RatingCategory
from core.reviews.review import Judgement, Reply, Review, ReviewStatus, Visit
from core.shared.ids import AccountId, PassId, ReviewId, TenantId, TicketId, VenueId
from core.shared.time import utc

OF_VENUE = (("tenantId", ASCENDING), ("venueId", ASCENDING))
_STANDING = (*OF_VENUE, ("status", ASCENDING))
_LAST_FIRST = ("_id", DESCENDING)


def _stored_name(field: str) -> str:
    return "_id" if field == "id" else to_camel(field)


NAMES = ConfigDict(alias_generator=_stored_name, populate_by_name=True)
"""Members are stored in camelCase."""


class VisitFields(BaseModel):
    """The visit inside a review; its section stands in the review, for the indexes."""

    model_config = NAMES

    pass_id: UUID
    event_title: str
    event_starts_at: datetime
    sections: list[str]
    row: str | None
    number: str | None
    scanned: bool


class ReplyFields(BaseModel):
    """The organiser's answer inside a review."""

    model_config = NAMES

    text: str
    by: UUID
    at: datetime


class JudgementFields(BaseModel):
    """One verdict inside a review."""

    model_config = NAMES

    at: datetime
    by: UUID | None
    status: ReviewStatus
    reason: str | None


class ReviewDocument(Document):
    """A review. A withdrawn one has the mark 0 and empty texts.

    Beside these members a document has `ratingsDue` while the ratings of its venue do not tell of its last change: a
    mark of that change, written in the same update.
    """

    model_config = NAMES

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
                [*OF_VENUE, ("title", TEXT), ("body", TEXT)],
                name="reviews_words",
                default_language="none",
                language_override="languageOfWords",
            ),
            # The upkeep looks across tenants, so its index does not begin with one.
            IndexModel(
                [("ratingsDue", ASCENDING), *OF_VENUE],
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
