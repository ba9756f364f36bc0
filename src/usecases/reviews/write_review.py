"""Review an event that one has been to."""

from dataclasses import dataclass

from core.reviews.errors import AlreadyReviewedError
from core.reviews.opinion import Opinion
from core.reviews.review import Review, ReviewStatus, ReviewTerms
from core.shared.callers import Caller
from core.shared.ids import ReviewId, TicketId, VenueId
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.admission import AdmissionApi
from ports.reviews import ReviewStore
from usecases.reviews.changing import change_review, must_have_account
from usecases.reviews.visits import visit_of


@dataclass(frozen=True, slots=True)
class WriteReview:
    """Anybody with an account who was at the event, once; one that was withdrawn may be written again.

    Raises ForbiddenError for guests, NotAttendedError, ReviewSectionError, AlreadyReviewedError,
    ReviewEditsSpentError, and LinkUnavailableError while admission cannot be asked.
    """

    reviews: ReviewStore
    admission: AdmissionApi
    terms: ReviewTerms
    ids: IdSource
    clock: Clock

    async def __call__(
        self, caller: Caller, venue_id: VenueId, ticket_id: TicketId, opinion: Opinion, *, section: str | None
    ) -> Review:
        must_have_account(caller)
        tenant_id, by, now = caller.tenant_id, caller.account_id, self.clock.now()
        visit = await visit_of(self.admission, tenant_id, by, ticket_id=ticket_id, venue_id=venue_id, section=section)
        review = Review.written(
            ReviewId(self.ids.new()),
            venue_id=venue_id,
            ticket_id=ticket_id,
            by=by,
            visit=visit,
            opinion=opinion,
            terms=self.terms,
            now=now,
        )
        if await self.reviews.add(tenant_id, review):
            return review
        known = await self.reviews.of_person(tenant_id, by, ticket_id)
        if known is None:
            raise AlreadyReviewedError

        def again(before: Review) -> Review:
            if before.status is not ReviewStatus.WITHDRAWN:
                raise AlreadyReviewedError(before.id)
            return before.written_again(opinion, visit=visit, terms=self.terms, now=now)

        return await change_review(self.reviews, tenant_id, known.id, again)
