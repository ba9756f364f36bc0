"""How what people say of reviews, and the ratings of venues, are written down in MongoDB."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from beanie import Document
from pydantic import BaseModel
from pymongo import ASCENDING, IndexModel

from adapters.mongo.review_documents import NAMES, OF_VENUE
from core.reviews.opinion import RatingCategory
from core.reviews.ratings import MarkTally, Tally, VenueRatings
from core.shared.ids import AccountId, ReviewId, VenueId
from core.shared.time import utc
from ports.reviews import Reaction, ReactionKind


class ReactionDocument(Document):
    """What one person says of a review.

    Beside these members a document has `due` (a time) and `mark` while its last change is not counted.
    """

    model_config = NAMES

    id: UUID  # type: ignore[assignment]  # Beanie lets documents bring their own kind of id
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

    model_config = NAMES

    count: int
    total: int

    @classmethod
    def of(cls, tally: MarkTally) -> Self:
        """Write a tally down."""
        return cls(count=tally.count, total=tally.total)


class SectionRatingsFields(BaseModel):
    """The marks of a section inside a venue's ratings."""

    model_config = NAMES

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
    """The kept ratings of a venue, all in one document; `generation` grows with each count.

    It is 0 where a count began and none was kept yet. `tookMs` is how long the last count took, and until `restsUntil`
    the venue is not counted again; either is missing where no count was timed.
    """

    model_config = NAMES

    id: UUID  # type: ignore[assignment]  # as above
    tenant_id: UUID
    venue_id: UUID
    generation: int
    counted_at: datetime
    sections: list[SectionRatingsFields]
    took_ms: int = 0
    rests_until: datetime | None = None

    class Settings:
        """The collection and its indexes: one document a venue, and those that rest."""

        name = "ratings"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([*OF_VENUE], name="ratings_of_venue", unique=True),
            # The upkeep looks across tenants, so its index does not begin with one.
            IndexModel([("restsUntil", ASCENDING)], name="ratings_resting", sparse=True),
        ]

    def ratings(self) -> VenueRatings:
        """Read the ratings back."""
        return VenueRatings(
            venue_id=VenueId(self.venue_id),
            sections={each.section: each.tally() for each in self.sections},
            counted_at=utc(self.counted_at),
        )
