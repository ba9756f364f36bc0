"""Builders and neighbours for tests of reviews."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, override
from uuid import UUID

from uuid_utils.compat import uuid7

from core.reviews.opinion import Opinion, RatingCategory
from core.reviews.review import Moderation, Review, ReviewStatus, ReviewTerms, Visit
from core.shared.ids import AccountId, PassId, ReviewId, TicketId, VenueId
from ports.published.admission import Attendance
from tests.attendance_neighbour import ABSENT
from tests.resale_neighbours import Passes

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
BEFORE = ReviewTerms(moderation=Moderation.BEFORE, reports_max=3)
AFTER = ReviewTerms(moderation=Moderation.AFTER, reports_max=3)
STAFF = AccountId(uuid7())
SOUND, SIGHT = RatingCategory.SOUND, RatingCategory.SIGHTLINES


def an_opinion(overall: int = 4, **changes: Any) -> Opinion:
    said: dict[str, Any] = {
        "overall": overall,
        "categories": {SOUND: 5, SIGHT: 2},
        "title": "Close to the stage",
        "body": "Good view.\nWarm hall.",
        "language": "en",
    }
    return Opinion.of(**(said | changes))


def a_visit(section: str | None = "A", *, sections: tuple[str, ...] | None = None) -> Visit:
    return Visit(
        pass_id=PassId(uuid7()),
        event_title="Gala",
        event_starts_at=NOON - timedelta(days=2),
        sections=sections if sections is not None else (section,) if section else (),
        section=section,
        row="4" if section else None,
        number="1" if section else None,
        scanned=True,
    )


def a_review(
    overall: int = 4,
    *,
    venue_id: UUID | None = None,
    section: str | None = "A",
    terms: ReviewTerms = AFTER,
    categories: Mapping[RatingCategory, int] | None = None,
    ticket_id: UUID | None = None,
    account_id: UUID | None = None,
    **said: Any,
) -> Review:
    """Return a new review; a published one unless the terms say otherwise."""
    if categories is not None:
        said["categories"] = categories
    return Review.written(
        ReviewId(uuid7()),
        venue_id=VenueId(venue_id or uuid7()),
        ticket_id=TicketId(ticket_id or uuid7()),
        by=AccountId(account_id or uuid7()),
        visit=a_visit(section),
        opinion=an_opinion(overall, **said),
        terms=terms,
        now=NOON,
    )


def hidden(review: Review) -> Review:
    return review.judged(ReviewStatus.HIDDEN, reason="rude", by=STAFF, now=LATER)


@dataclass
class Audience(Passes):
    """Admission as reviews know it: who was at which event. Everybody else was not."""

    known: dict[UUID, Any] = field(default_factory=dict[UUID, Any])
    attendances: dict[tuple[UUID, UUID], Attendance] = field(default_factory=dict[tuple[UUID, UUID], Attendance])

    def was(self, account_id: UUID, ticket_id: UUID, attendance: Attendance) -> None:
        self.attendances[account_id, ticket_id] = attendance

    @override
    async def attendance(self, *, tenant_id: UUID, account_id: UUID, ticket_id: UUID) -> Attendance:
        if tenant_id != self.tenant_id:
            return ABSENT
        return self.attendances.get((account_id, ticket_id), ABSENT)
