"""What reviews need: the reviews, what people said of them, and the ratings that are kept from them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self
from uuid import UUID

from core.reviews.looking import ReviewFilter, ReviewMark, ReviewOrder
from core.reviews.ratings import VenueRatings
from core.reviews.review import Review
from core.shared.ids import AccountId, ReviewId, TenantId, TicketId, VenueId


@dataclass(frozen=True, slots=True)
class ReviewPageRequest:
    """At most `limit` (1 to 200) reviews in this order, after the one that `after` marks."""

    limit: int
    order: ReviewOrder = ReviewOrder.NEWEST
    after: ReviewMark | None = None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Reviews in the order asked for; `next_after` is None on the last page."""

    items: tuple[Review, ...]
    next_after: ReviewMark | None


@dataclass(frozen=True, slots=True, order=True)
class ReviewInTenant:
    """A review of which work across tenants is told."""

    tenant_id: TenantId
    review_id: ReviewId


class ReviewStore(Protocol):
    """The reviews of every organisation. Each method works in one tenant and can touch no other's.

    There are no transactions: each method is one atomic step. All raise StoreUnavailableError when the store cannot be
    reached.
    """

    @abstractmethod
    async def add(self, tenant_id: TenantId, review: Review) -> bool:
        """Keep a new review; False, and nothing kept, when its writer has one of the event already.

        Of many who add at once exactly one succeeds. Where ratings change by it, they are due to be counted anew.
        """

    @abstractmethod
    async def get(self, tenant_id: TenantId, review_id: ReviewId) -> Review | None:
        """Return the review, or None when the tenant has none of this id."""

    @abstractmethod
    async def of_person(self, tenant_id: TenantId, account_id: AccountId, ticket_id: TicketId) -> Review | None:
        """Return the person's review of the event, a withdrawn one too, or None."""

    @abstractmethod
    async def save(self, tenant_id: TenantId, before: Review, after: Review) -> bool:
        """Replace a review whose revision is still that of `before`; False, and nothing changed, otherwise.

        Where ratings change by it, it is in the same step that they become due to be counted anew.
        """

    @abstractmethod
    async def written_by(self, account_id: AccountId) -> Sequence[ReviewInTenant]:
        """Return, across tenants, every review that the person wrote, withdrawn ones too, by id."""

    @abstractmethod
    async def page(self, tenant_id: TenantId, wanted: ReviewFilter, request: ReviewPageRequest) -> ReviewPage:
        """Return one page of the reviews that the filter admits. A count that changes meanwhile may move a review."""


class ReactionKind(StrEnum):
    """What people say of others' reviews."""

    HELPFUL = "helpful"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One person finds a review helpful, or reports it (with a reason, in the round of reports that was open)."""

    review_id: ReviewId
    account_id: AccountId
    kind: ReactionKind
    reason: str | None
    report_round: int
    at: datetime


@dataclass(frozen=True, slots=True, order=True)
class ReportMark:
    """Where a page of reports ended: when the last one was made, and by whom."""

    at: datetime
    account_id: AccountId

    @classmethod
    def of(cls, report: Reaction) -> Self:
        """Return the mark of a report."""
        return cls(report.at, report.account_id)


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Reports of a review, the newest first; `next_after` is None on the last page."""

    items: tuple[Reaction, ...]
    next_after: ReportMark | None


@dataclass(frozen=True, slots=True)
class ReactionTally:
    """How many find a review helpful, how many report it in one round, and the marks of the changes that it saw."""

    helpful: int
    reports: int
    seen: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, order=True)
class VenueInTenant:
    """A venue that background work is about."""

    tenant_id: TenantId
    venue_id: VenueId


class ReactionStore(Protocol):
    """What people said of reviews: one reaction of a kind by a person and review.

    A reaction is due to be counted from the moment it is kept or taken back until `counted` was told of it, so that
    counts come right whenever whoever counts dies. All raise StoreUnavailableError.
    """

    @abstractmethod
    async def add(self, tenant_id: TenantId, reaction: Reaction) -> bool:
        """Keep a reaction; False, and nothing changed, when the person said so before and did not take it back."""

    @abstractmethod
    async def take_back(
        self, tenant_id: TenantId, review_id: ReviewId, account_id: AccountId, kind: ReactionKind, *, at: datetime
    ) -> bool:
        """Take a reaction back; False when there is none."""

    @abstractmethod
    async def made_by(self, account_id: AccountId, kind: ReactionKind) -> Sequence[ReviewInTenant]:
        """Return, across tenants and by id, the reviews of which the person said so.

        What was taken back is told of too until it is counted.
        """

    @abstractmethod
    async def without_person(
        self,
        tenant_id: TenantId,
        review_id: ReviewId,
        account_id: AccountId,
        kind: ReactionKind,
        *,
        stand_in: AccountId,
    ) -> bool:
        """Put the stand-in where the person was, and leave out the reason; the reaction counts as before.

        False, and nothing changed, where the person said nothing of the kind.
        """

    @abstractmethod
    async def forget_review(self, tenant_id: TenantId, review_id: ReviewId) -> None:
        """Delete all that people said of the review, so that nothing is left to be counted."""

    @abstractmethod
    async def tally(self, tenant_id: TenantId, review_id: ReviewId, *, report_round: int) -> ReactionTally:
        """Count what was not taken back: everything helpful, and the reports of this round."""

    @abstractmethod
    async def counted(self, tenant_id: TenantId, review_id: ReviewId, tally: ReactionTally) -> None:
        """Note that what the tally saw stands in the review now; what changed since it was made stays due."""

    @abstractmethod
    async def reports_of(
        self, tenant_id: TenantId, review_id: ReviewId, *, reports_max: int, after: ReportMark | None = None
    ) -> ReportPage:
        """Return up to so many reports of the review, of all rounds, the newest first, behind the one marked."""

    @abstractmethod
    async def due(self, *, before: datetime, reviews_max: int) -> Sequence[ReviewInTenant]:
        """Return, across tenants, reviews whose reactions changed before this moment and are not counted, each once."""


class RatingsStore(Protocol):
    """The ratings that are kept for each venue. Reading them reads no review. All raise StoreUnavailableError."""

    @abstractmethod
    async def get(self, tenant_id: TenantId, venue_id: VenueId) -> VenueRatings | None:
        """Return the kept ratings; None for a venue that was never counted."""

    @abstractmethod
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        """Count the ratings from the reviews, and keep nothing."""

    @abstractmethod
    async def refresh(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        """Count the ratings from the reviews and keep them; False when somebody else kept theirs meanwhile.

        Then they stay due, as they do when whoever counts dies. Older numbers never replace newer ones.
        """

    @abstractmethod
    async def begin(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        """Claim the next count of a venue: from now on it rests as long as its last count demands (`rests_until`).

        False, and nothing changed, while it rests already; of many who begin at once exactly one succeeds. What is due
        stays due, so the venue is counted after that rest when whoever began dies.
        """

    @abstractmethod
    async def ended(self, tenant_id: TenantId, venue_id: VenueId, *, began: datetime, now: datetime) -> None:
        """Note how long a count took that began then, whether it was kept or not; the venue rests accordingly."""

    @abstractmethod
    async def due(self, *, now: datetime, venues_max: int) -> Sequence[VenueInTenant]:
        """Return, across tenants, up to so many venues that are due to be counted anew and do not rest, each once."""

    @abstractmethod
    async def venues(self, *, venue_id: VenueId | None) -> Sequence[VenueInTenant]:
        """Return, across tenants, every venue that has reviews or kept ratings, by id; or the one of this id."""
