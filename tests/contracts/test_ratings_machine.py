"""Kept ratings and counts beside a plain recount, after random acts of people who die at any step."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.reviews import MemoryRatings, MemoryReactions, MemoryReviewStore
from adapters.mongo.content import prepare_documents
from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.review_reactions import MongoReactions
from adapters.mongo.reviews import REVIEW_DOCUMENTS, MongoReviewStore
from adapters.system.ids import Uuid7Source
from core.reviews.looking import ReviewFilter
from core.reviews.opinion import RatingCategory
from core.reviews.ratings import VenueRatings, recounted
from core.reviews.review import Review, ReviewStatus
from core.shared.callers import Caller, Role
from core.shared.errors import DomainError
from core.shared.ids import AccountId, ReviewId, TenantId, TicketId, VenueId
from ports.reviews import (
    RatingsStore,
    Reaction,
    ReactionKind,
    ReactionStore,
    ReactionTally,
    ReportMark,
    ReportPage,
    ReviewInTenant,
    ReviewPageRequest,
    ReviewStore,
)
from tests.attendance_neighbour import present
from tests.mongo_databases import fresh_database
from tests.reviews_builders import AFTER, NOON, Audience, an_opinion
from usecases.reviews.count_reactions import CountReactions, ReactionCount
from usecases.reviews.edit_review import EditReview, OpinionChange, WithdrawReview
from usecases.reviews.moderate_review import ModerateReview, Moderation
from usecases.reviews.react_to_review import ReactToReview, TakeHelpfulBack
from usecases.reviews.venue_ratings import RefreshRatings
from usecases.reviews.write_review import WriteReview

TENANT, VENUE = TenantId(uuid7()), VenueId(uuid7())
STEPS = 150
SECTIONS = ("A", "B", None)
CATEGORIES = tuple(RatingCategory)


class Died(BaseException):
    """The process of a caller is gone."""


@dataclass
class Mortal:
    """Dies before a step, now and then."""

    chance: random.Random
    armed: bool = False

    def step(self) -> None:
        if self.armed and self.chance.random() < 0.25:
            raise Died


@dataclass
class MortalReactions(ReactionStore):
    inner: ReactionStore
    life: Mortal

    @override
    async def add(self, tenant_id: TenantId, reaction: Reaction) -> bool:
        added = await self.inner.add(tenant_id, reaction)
        self.life.step()
        return added

    @override
    async def take_back(
        self, tenant_id: TenantId, review_id: ReviewId, account_id: AccountId, kind: ReactionKind, *, at: datetime
    ) -> bool:
        taken = await self.inner.take_back(tenant_id, review_id, account_id, kind, at=at)
        self.life.step()
        return taken

    @override
    async def made_by(self, account_id: AccountId, kind: ReactionKind) -> Sequence[ReviewInTenant]:
        return await self.inner.made_by(account_id, kind)

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
        return await self.inner.without_person(tenant_id, review_id, account_id, kind, stand_in=stand_in)

    @override
    async def forget_review(self, tenant_id: TenantId, review_id: ReviewId) -> None:
        await self.inner.forget_review(tenant_id, review_id)

    @override
    async def tally(self, tenant_id: TenantId, review_id: ReviewId, *, report_round: int) -> ReactionTally:
        tally = await self.inner.tally(tenant_id, review_id, report_round=report_round)
        self.life.step()
        return tally

    @override
    async def counted(self, tenant_id: TenantId, review_id: ReviewId, tally: ReactionTally) -> None:
        self.life.step()
        await self.inner.counted(tenant_id, review_id, tally)

    @override
    async def reports_of(
        self, tenant_id: TenantId, review_id: ReviewId, *, reports_max: int, after: ReportMark | None = None
    ) -> ReportPage:
        return await self.inner.reports_of(tenant_id, review_id, reports_max=reports_max, after=after)

    @override
    async def due(self, *, before: datetime, reviews_max: int) -> Sequence[ReviewInTenant]:
        return await self.inner.due(before=before, reviews_max=reviews_max)


class MortalMongoRatings(MongoRatings):
    """Dies between counting and keeping."""

    life: Mortal

    @override
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        counted = await super().count(tenant_id, venue_id, now=now)
        self.life.step()
        return counted


@dataclass
class World:
    """The use cases of reviews, and a plain picture of who finds what helpful."""

    reviews: ReviewStore
    reactions: ReactionStore
    ratings: RatingsStore
    life: Mortal
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOON))
    helpful: dict[ReviewId, set[AccountId]] = field(default_factory=dict[ReviewId, set[AccountId]])
    seen: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        self.audience = Audience(TENANT)
        self.people = [Caller(AccountId(uuid7()), TENANT) for _ in range(6)]
        self.manager = Caller(AccountId(uuid7()), TENANT, Role.MANAGER)
        self.tickets = [TicketId(uuid7()) for _ in range(3)]
        for person in self.people:
            for ticket_id in self.tickets:
                self.audience.was(person.account_id, ticket_id, present(VENUE, sections=SECTIONS))
        mortal = MortalReactions(self.reactions, self.life)
        count = ReactionCount(self.reviews, mortal, AFTER, self.clock)
        self.write = WriteReview(self.reviews, self.audience, AFTER, Uuid7Source(), self.clock)
        self.edit = EditReview(self.reviews, AFTER, self.clock)
        self.withdraw = WithdrawReview(self.reviews, self.clock)
        self.moderate = ModerateReview(self.reviews, self.clock)
        self.react = ReactToReview(self.reviews, mortal, count, self.clock)
        self.take_back = TakeHelpfulBack(self.reviews, mortal, count, self.clock)
        self.count_reactions = CountReactions(mortal, count, self.clock)
        self.refresh = RefreshRatings(self.ratings, self.clock)

    async def all(self) -> list[Review]:
        wanted = ReviewFilter(venue_id=VENUE, statuses=frozenset(ReviewStatus))
        return list((await self.reviews.page(TENANT, wanted, ReviewPageRequest(200))).items)

    async def act(self, chance: random.Random) -> None:
        """Let somebody do something, who may die of it."""
        self.clock.move(seconds=1)
        self.life.armed = chance.random() < 0.3
        try:
            await self._attempt(chance)
        except DomainError as error:
            self.seen[error.code] += 1
        except Died:
            self.seen["died"] += 1
        finally:
            self.life.armed = False

    async def _attempt(self, chance: random.Random) -> None:
        caller, reviews = chance.choice(self.people), await self.all()
        review = chance.choice(reviews) if reviews else None
        marks = {name: chance.randint(1, 5) for name in chance.sample(CATEGORIES, chance.randint(0, 3))}
        acts = ("write", "edit", "withdraw", "judge", "helpful", "back", "report", "refresh", "count")
        act = chance.choices(acts, weights=(6, 4, 1, 4, 6, 2, 4, 3, 1))[0] if review else "write"
        writer = Caller(review.account_id, TENANT) if review else caller
        match act:
            case "write":
                said = an_opinion(chance.randint(1, 5), categories=marks)
                section = chance.choice(SECTIONS)
                await self.write(caller, VENUE, chance.choice(self.tickets), said, section=section)
            case "edit" if review:
                change = OpinionChange(
                    overall=chance.randint(1, 5), categories=marks, section=chance.choice(("A", "B", None))
                )
                await self.edit(writer, review.id, change, expected_version=review.version)
            case "withdraw" if review:
                await self.withdraw(writer, review.id)
            case "judge" if review:
                verdict = Moderation(
                    status=chance.choice((ReviewStatus.PUBLISHED, ReviewStatus.HIDDEN, ReviewStatus.REJECTED)),
                    reason="why",
                )
                await self.moderate(self.manager, review.id, verdict, expected_version=review.version)
            case "helpful" if review:
                await self._helpful(caller, review)
            case "back" if review:
                await self._back(caller, review)
            case "report" if review:
                await self.react(caller, review.id, ReactionKind.REPORT, reason="rude")
            case "refresh":
                await self.refresh()
            case _:
                await self.count_reactions()
        self.seen[act] += 1

    async def _helpful(self, caller: Caller, review: Review) -> None:
        people = self.helpful.setdefault(review.id, set())
        await self._noted(self.react(caller, review.id, ReactionKind.HELPFUL), lambda: people.add(caller.account_id))

    async def _back(self, caller: Caller, review: Review) -> None:
        people = self.helpful.setdefault(review.id, set())
        await self._noted(self.take_back(caller, review.id), lambda: people.discard(caller.account_id))

    async def _noted(self, act: Awaitable[object], note: Callable[[], None]) -> None:
        try:
            await act
        except Died:  # of counting: what was said stands
            note()
            raise
        note()


@pytest.fixture(params=["memory", "mongodb"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[tuple[ReviewStore, ReactionStore, RatingsStore]]:
    if request.param == "memory":
        reviews = MemoryReviewStore()
        yield reviews, MemoryReactions(), MemoryRatings(reviews)
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_documents(database, REVIEW_DOCUMENTS)
        yield MongoReviewStore(database), MongoReactions(database), MortalMongoRatings(database)


@pytest.mark.parametrize("seed", range(3))
async def test_kept_ratings_and_counts_are_what_a_plain_recount_gives(
    kept: tuple[ReviewStore, ReactionStore, RatingsStore], seed: int
) -> None:
    chance = random.Random(seed)
    life = Mortal(chance)
    reviews, reactions, ratings = kept
    if isinstance(ratings, MortalMongoRatings):
        ratings.life = life
    world = World(reviews, reactions, ratings, life)

    for _ in range(STEPS):
        await world.act(chance)
    world.clock.move(seconds=60)
    await world.count_reactions()
    while await world.refresh():
        pass

    found = await world.all()
    counted = await ratings.get(TENANT, VENUE)
    assert counted is not None
    assert counted.sections == recounted(VENUE, found, now=counted.counted_at).sections
    assert {each.id: each.helpful for each in found} == {each.id: len(world.helpful.get(each.id, ())) for each in found}
    assert list(await ratings.due(now=world.clock.now(), venues_max=9)) == []
    assert list(await reactions.due(before=world.clock.now(), reviews_max=9)) == []
    assert world.seen["died"] > 3 and counted.whole.overall.count > 0
    assert len({each.status for each in found}) > 2
