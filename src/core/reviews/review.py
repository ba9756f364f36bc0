"""A review: who wrote it of which visit, where it stands, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.reviews.errors import (
    NotReviewAuthorError,
    OwnReviewError,
    ReviewEditsSpentError,
    ReviewSectionError,
    ReviewStatusError,
)
from core.reviews.opinion import Opinion
from core.shared.ids import AccountId, PassId, ReviewId, TicketId, VenueId
from core.shared.time import to_the_millisecond

EDITS_MAX = 50
REASON_LENGTH_MAX = 500
REPLY_LENGTH_MAX = 2_000


class ReviewStatus(StrEnum):
    """PENDING waits for the organiser; HIDDEN was published; WITHDRAWN was taken back by its writer, with its text."""

    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"


VERDICTS: Mapping[ReviewStatus, frozenset[ReviewStatus]] = {
    ReviewStatus.PENDING: frozenset({ReviewStatus.PUBLISHED, ReviewStatus.REJECTED}),
    ReviewStatus.PUBLISHED: frozenset({ReviewStatus.PUBLISHED, ReviewStatus.HIDDEN, ReviewStatus.REJECTED}),
    ReviewStatus.HIDDEN: frozenset({ReviewStatus.PUBLISHED, ReviewStatus.REJECTED}),
    ReviewStatus.REJECTED: frozenset({ReviewStatus.PUBLISHED}),
    ReviewStatus.WITHDRAWN: frozenset(),
}
"""Which verdicts staff may give. That what is published stays so is one: the reports so far were unfounded."""


class Moderation(StrEnum):
    """Whether a review is seen before anybody judged it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """How reviews are moderated: before or after publication, and how many open reports hide one until it is judged."""

    moderation: Moderation
    reports_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The event that is reviewed, and where its writer sat; section, row and number are None without a seat.

    `sections` are all those in which the writer had a pass, `scanned` whether it was seen at the gate.
    """

    pass_id: PassId
    event_title: str
    event_starts_at: datetime
    sections: tuple[str, ...]
    section: str | None
    row: str | None
    number: str | None
    scanned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Who changed the standing of a review, when and why. `by` is None when reports hid it."""

    at: datetime
    by: AccountId | None
    status: ReviewStatus
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The organiser's answer, which everybody sees below the review."""

    text: str
    by: AccountId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One person's review of one event at a venue: there is never a second one.

    `opinion` is None exactly while it is withdrawn. `version` grows when its text or standing changes, which is what
    people name in If-Match; `revision` with every write, counts too. `helpful` and `reports` are how many said so;
    only reports since the last verdict count, which is what `report_round` numbers. `history` has every verdict.
    """

    id: ReviewId
    venue_id: VenueId
    ticket_id: TicketId
    account_id: AccountId
    visit: Visit
    opinion: Opinion | None
    status: ReviewStatus
    written_at: datetime
    updated_at: datetime
    version: int = 1
    revision: int = 1
    edits: int = 0
    helpful: int = 0
    reports: int = 0
    report_round: int = 1
    reply: Reply | None = None
    history: tuple[Judgement, ...] = ()

    @classmethod
    def written(
        cls,
        review_id: ReviewId,
        *,
        venue_id: VenueId,
        ticket_id: TicketId,
        by: AccountId,
        visit: Visit,
        opinion: Opinion,
        terms: ReviewTerms,
        now: datetime,
    ) -> Self:
        """Write a new review; it is seen at once where reviews are judged after publication."""
        at = to_the_millisecond(now)
        seen = terms.moderation is Moderation.AFTER
        return cls(
            id=review_id,
            venue_id=venue_id,
            ticket_id=ticket_id,
            account_id=by,
            visit=visit,
            opinion=opinion,
            status=ReviewStatus.PUBLISHED if seen else ReviewStatus.PENDING,
            written_at=at,
            updated_at=at,
        )

    @property
    def is_published(self) -> bool:
        return self.status is ReviewStatus.PUBLISHED

    def must_be_of(self, account_id: AccountId) -> None:
        """Raise NotReviewAuthorError for anybody else's."""
        if self.account_id != account_id:
            raise NotReviewAuthorError

    def must_not_be_of(self, account_id: AccountId) -> None:
        """Raise OwnReviewError for the writer."""
        if self.account_id == account_id:
            raise OwnReviewError

    def edited(self, opinion: Opinion, *, section: str | None, terms: ReviewTerms, now: datetime) -> Self:
        """Say something else; it is judged again, unless it was published and reviews are judged afterwards.

        Raises ReviewStatusError for a withdrawn one, ReviewSectionError, and ReviewEditsSpentError.
        """
        if self.status is ReviewStatus.WITHDRAWN:
            raise ReviewStatusError("The review was withdrawn; write it again instead.")
        stays = self.is_published and terms.moderation is Moderation.AFTER
        status = ReviewStatus.PUBLISHED if stays else ReviewStatus.PENDING
        visit = self.visit if section is None or section == self.visit.section else _seated(self.visit, section)
        return _one_on(replace(self, opinion=opinion, visit=visit, status=status, edits=self._one_edit_more()), now)

    def withdrawn(self, *, now: datetime) -> Self:
        """Take the review back: its text is gone for good, what staff said of it is not. Twice changes nothing."""
        if self.status is ReviewStatus.WITHDRAWN:
            return self
        return _one_on(replace(self, opinion=None, reply=None, status=ReviewStatus.WITHDRAWN), now)

    def forgotten(self, *, now: datetime) -> Self:
        """Leave nothing that says who wrote it: no text, marks, answer, seat or reasons. Twice changes nothing.

        That there was a review of the visit stays, with the verdicts on it, since it is never written a second time
        and the numbers of its venue have to be counted without it.
        """
        visit = replace(self.visit, sections=(), section=None, row=None, number=None)
        history = tuple(replace(each, reason=None) for each in self.history)
        bare = replace(self, opinion=None, reply=None, status=ReviewStatus.WITHDRAWN, visit=visit, history=history)
        bare = replace(bare, helpful=0, reports=0)
        return self if bare == self else _one_on(bare, now)

    def written_again(self, opinion: Opinion, *, visit: Visit, terms: ReviewTerms, now: datetime) -> Self:
        """Write a withdrawn review anew; one that staff ever rejected or hid has to be judged first.

        Raises ReviewStatusError for one that is not withdrawn, and ReviewEditsSpentError.
        """
        if self.status is not ReviewStatus.WITHDRAWN:
            raise ReviewStatusError("The review is not withdrawn.")
        blamed = any(each.status in {ReviewStatus.REJECTED, ReviewStatus.HIDDEN} for each in self.history)
        seen = terms.moderation is Moderation.AFTER and not blamed
        status = ReviewStatus.PUBLISHED if seen else ReviewStatus.PENDING
        return _one_on(replace(self, opinion=opinion, visit=visit, status=status, edits=self._one_edit_more()), now)

    def judged(self, status: ReviewStatus, *, reason: str | None, by: AccountId, now: datetime) -> Self:
        """Give a verdict, which settles the reports so far; raises ReviewStatusError for one that VERDICTS lacks."""
        if status not in VERDICTS[self.status]:
            raise ReviewStatusError(f"A review that is {self.status} cannot be made {status}.")
        verdict = Judgement(at=to_the_millisecond(now), by=by, status=status, reason=reason)
        return _one_on(
            replace(
                self, status=status, history=(*self.history, verdict), reports=0, report_round=self.report_round + 1
            ),
            now,
        )

    def replied(self, text: str | None, *, by: AccountId, now: datetime) -> Self:
        """Answer the review, or take the answer away (None); raises ReviewStatusError for a withdrawn one."""
        if self.status is ReviewStatus.WITHDRAWN:
            raise ReviewStatusError("The review was withdrawn.")
        reply = Reply(text=text, by=by, at=to_the_millisecond(now)) if text is not None else None
        return _one_on(replace(self, reply=reply), now)

    def counted(self, *, helpful: int, reports: int, terms: ReviewTerms, now: datetime) -> Self:
        """Note how many said what; as many open reports as the terms allow hide a published review."""
        noted = replace(self, helpful=helpful, reports=reports, revision=self.revision + 1)
        if not self.is_published or reports < terms.reports_max:
            return noted
        hidden = Judgement(
            at=to_the_millisecond(now), by=None, status=ReviewStatus.HIDDEN, reason=f"{reports} people reported it"
        )
        return replace(
            noted,
            status=ReviewStatus.HIDDEN,
            history=(*self.history, hidden),
            version=self.version + 1,
            updated_at=to_the_millisecond(now),
        )

    def _one_edit_more(self) -> int:
        if self.edits == EDITS_MAX:
            raise ReviewEditsSpentError(EDITS_MAX)
        return self.edits + 1


def _one_on[R: Review](changed: R, now: datetime) -> R:
    return replace(
        changed, version=changed.version + 1, revision=changed.revision + 1, updated_at=to_the_millisecond(now)
    )


def _seated(visit: Visit, section: str) -> Visit:
    if section not in visit.sections:
        raise ReviewSectionError(visit.sections)
    return replace(visit, section=section, row=None, number=None)
