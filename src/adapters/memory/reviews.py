"""Reviews, reactions and ratings in memory. No method awaits anything, so each is one step for all tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

from uuid_utils.compat import uuid7

from core.reviews.looking import ReviewFilter, ReviewMark, mark_of
from core.reviews.ratings import VenueRatings, changes_ratings, recounted, rests_until
from core.reviews.review import Review
from core.shared.ids import AccountId, ReviewId, TenantId, TicketId, VenueId
from core.shared.time import to_the_millisecond
from ports.reviews import (
    RatingsStore,
    Reaction,
    ReactionKind,
    ReactionStore,
    ReactionTally,
    ReportMark,
    ReportPage,
    ReviewInTenant,
    ReviewPage,
    ReviewPageRequest,
    ReviewStore,
    VenueInTenant,
)


class MemoryReviewStore(ReviewStore):
    """One dictionary, and the venues whose ratings are due."""

    def __init__(self) -> None:
        self.reviews: dict[tuple[TenantId, ReviewId], Review] = {}
        self.due: set[VenueInTenant] = set()

    @override
    async def add(self, tenant_id: TenantId, review: Review) -> bool:
        if (tenant_id, review.id) in self.reviews:
            raise ValueError(f"there is a review {review.id} already")
        if await self.of_person(tenant_id, review.account_id, review.ticket_id) is not None:
            return False
        self._keep(tenant_id, None, review)
        return True

    @override
    async def get(self, tenant_id: TenantId, review_id: ReviewId) -> Review | None:
        return self.reviews.get((tenant_id, review_id))

    @override
    async def of_person(self, tenant_id: TenantId, account_id: AccountId, ticket_id: TicketId) -> Review | None:
        wanted = (account_id, ticket_id)
        return next((each for each in self.of_tenant(tenant_id) if (each.account_id, each.ticket_id) == wanted), None)

    @override
    async def save(self, tenant_id: TenantId, before: Review, after: Review) -> bool:
        stored = self.reviews.get((tenant_id, before.id))
        if stored is None or stored.revision != before.revision:
            return False
        self._keep(tenant_id, stored, after)
        return True

    @override
    async def written_by(self, account_id: AccountId) -> Sequence[ReviewInTenant]:
        every = self.reviews.items()
        return sorted(ReviewInTenant(owner, each.id) for (owner, _), each in every if each.account_id == account_id)

    @override
    async def page(self, tenant_id: TenantId, wanted: ReviewFilter, request: ReviewPageRequest) -> ReviewPage:
        placed = sorted(
            ((_place(mark_of(each, request.order)), each) for each in self.of_tenant(tenant_id) if wanted.admits(each)),
            key=lambda pair: pair[0],
            reverse=True,
        )
        found = [each for place, each in placed if request.after is None or place < _place(request.after)]
        items = tuple(found[: request.limit])
        return ReviewPage(items, mark_of(items[-1], request.order) if len(found) > request.limit else None)

    def of_tenant(self, tenant_id: TenantId) -> list[Review]:
        """Return every review of the tenant."""
        return [review for (owner, _), review in self.reviews.items() if owner == tenant_id]

    def _keep(self, tenant_id: TenantId, before: Review | None, after: Review) -> None:
        self.reviews[tenant_id, after.id] = after
        if changes_ratings(before, after):
            self.due.add(VenueInTenant(tenant_id, after.venue_id))


def _place(mark: ReviewMark) -> tuple[int, ReviewId]:
    return mark.key or 0, mark.review_id


class MemoryRatings(RatingsStore):
    """One dictionary beside the reviews."""

    def __init__(self, reviews: MemoryReviewStore) -> None:
        self._reviews = reviews
        self._kept: dict[VenueInTenant, VenueRatings] = {}
        self._took: dict[VenueInTenant, timedelta] = {}
        self._rests: dict[VenueInTenant, datetime] = {}

    @override
    async def get(self, tenant_id: TenantId, venue_id: VenueId) -> VenueRatings | None:
        return self._kept.get(VenueInTenant(tenant_id, venue_id))

    @override
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        return recounted(venue_id, self._reviews.of_tenant(tenant_id), now=to_the_millisecond(now))

    @override
    async def refresh(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        venue = VenueInTenant(tenant_id, venue_id)
        self._kept[venue] = await self.count(tenant_id, venue_id, now=now)
        self._reviews.due.discard(venue)
        return True

    @override
    async def begin(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
        venue = VenueInTenant(tenant_id, venue_id)
        if self._is_resting(venue, now):
            return False
        self._rests[venue] = to_the_millisecond(rests_until(now, self._took.get(venue, timedelta())))
        return True

    @override
    async def ended(self, tenant_id: TenantId, venue_id: VenueId, *, began: datetime, now: datetime) -> None:
        venue = VenueInTenant(tenant_id, venue_id)
        self._took[venue] = now - began
        self._rests[venue] = to_the_millisecond(rests_until(began, now - began))

    @override
    async def due(self, *, now: datetime, venues_max: int) -> Sequence[VenueInTenant]:
        return sorted(each for each in self._reviews.due if not self._is_resting(each, now))[:venues_max]

    @override
    async def venues(self, *, venue_id: VenueId | None) -> Sequence[VenueInTenant]:
        reviewed = {VenueInTenant(owner, each.venue_id) for (owner, _), each in self._reviews.reviews.items()}
        return sorted(each for each in {*reviewed, *self._kept} if venue_id in {None, each.venue_id})

    def _is_resting(self, venue: VenueInTenant, now: datetime) -> bool:
        return venue in self._rests and self._rests[venue] > now


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reaction with the mark of its last change (None once that is counted); `live` until it is taken back."""

    reaction: Reaction
    live: bool
    changed: tuple[UUID, datetime] | None


type _Key = tuple[TenantId, ReviewId, AccountId, ReactionKind]


class MemoryReactions(ReactionStore):
    """One dictionary."""

    def __init__(self) -> None:
        self._kept: dict[_Key, _Kept] = {}

    @override
    async def add(self, tenant_id: TenantId, reaction: Reaction) -> bool:
        key = (tenant_id, reaction.review_id, reaction.account_id, reaction.kind)
        known = self._kept.get(key)
        if known is not None and known.live:
            return False
        at = to_the_millisecond(reaction.at)
        self._kept[key] = _Kept(replace(reaction, at=at), live=True, changed=(uuid7(), at))
        return True

    @override
    async def take_back(
        self, tenant_id: TenantId, review_id: ReviewId, account_id: AccountId, kind: ReactionKind, *, at: datetime
    ) -> bool:
        key = (tenant_id, review_id, account_id, kind)
        known = self._kept.get(key)
        if known is None or not known.live:
            return False
        self._kept[key] = _Kept(known.reaction, live=False, changed=(uuid7(), at))
        return True

    @override
    async def made_by(self, account_id: AccountId, kind: ReactionKind) -> Sequence[ReviewInTenant]:
        return sorted(ReviewInTenant(key[0], key[1]) for key in self._kept if key[2:] == (account_id, kind))

    @override
    async def without_person(
        self,
        tenant_id: TenantId,
        review_id: ReviewId,
        account_id: AccountId,
        kind: ReactionKind,
        *,
        stand_in: AccountId,
    ) -> bool:
        known = self._kept.pop((tenant_id, review_id, account_id, kind), None)
        if known is None:
            return False
        nobodys = replace(known.reaction, account_id=stand_in, reason=None)
        self._kept[tenant_id, review_id, stand_in, kind] = replace(known, reaction=nobodys)
        return True

    @override
    async def forget_review(self, tenant_id: TenantId, review_id: ReviewId) -> None:
        for key, _ in self._of(tenant_id, review_id):
            del self._kept[key]

    @override
    async def tally(self, tenant_id: TenantId, review_id: ReviewId, *, report_round: int) -> ReactionTally:
        found = self._of(tenant_id, review_id)
        live = [each.reaction for _, each in found if each.live]
        return ReactionTally(
            helpful=sum(each.kind is ReactionKind.HELPFUL for each in live),
            reports=sum(each.kind is ReactionKind.REPORT and each.report_round == report_round for each in live),
            seen=tuple(each.changed[0] for _, each in found if each.changed is not None),
        )

    @override
    async def counted(self, tenant_id: TenantId, review_id: ReviewId, tally: ReactionTally) -> None:
        for key, each in self._of(tenant_id, review_id):
            if each.changed is None or each.changed[0] not in tally.seen:
                continue
            if each.live:
                self._kept[key] = _Kept(each.reaction, live=True, changed=None)
            else:
                del self._kept[key]

    @override
    async def reports_of(
        self, tenant_id: TenantId, review_id: ReviewId, *, reports_max: int, after: ReportMark | None = None
    ) -> ReportPage:
        found = [
            each.reaction
            for _, each in self._of(tenant_id, review_id)
            if each.live
            and each.reaction.kind is ReactionKind.REPORT
            and (after is None or ReportMark.of(each.reaction) < after)
        ]
        items = tuple(sorted(found, key=ReportMark.of, reverse=True)[:reports_max])
        return ReportPage(items, ReportMark.of(items[-1]) if len(found) > reports_max else None)

    @override
    async def due(self, *, before: datetime, reviews_max: int) -> Sequence[ReviewInTenant]:
        changed = sorted(
            (each.changed[1], ReviewInTenant(tenant_id, review_id))
            for (tenant_id, review_id, _, _), each in self._kept.items()
            if each.changed is not None and each.changed[1] < before
        )
        return list(dict.fromkeys(review for _, review in changed))[:reviews_max]

    def _of(self, tenant_id: TenantId, review_id: ReviewId) -> list[tuple[_Key, _Kept]]:
        return [(key, each) for key, each in self._kept.items() if key[:2] == (tenant_id, review_id)]
