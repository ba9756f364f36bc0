"""Whoever is forgotten leaves no review, reaction or report that says who they were, and the numbers stay right."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from uuid_utils.compat import uuid7

from adapters.inprocess.data_of_content import ContentData
from adapters.memory.clock import MemoryClock
from adapters.memory.personal_data import MemoryPersonalData
from adapters.memory.reviews import MemoryRatings, MemoryReactions, MemoryReviewStore
from adapters.mongo.content import CONTENT_DOCUMENTS, prepare_documents
from adapters.mongo.content_media import MongoMediaStore
from adapters.mongo.content_pages import MongoPageStore
from adapters.mongo.personal_data import MongoPersonalData
from adapters.mongo.personal_data_plans import CONTENT
from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.review_reactions import MongoReactions
from adapters.mongo.reviews import MongoReviewStore
from adapters.system.ids import Uuid7Source
from core.reviews.review import Review, ReviewStatus
from core.shared.ids import AccountId, TenantId, VenueId
from ports.personal_data import Person, PersonalData
from ports.reviews import RatingsStore, Reaction, ReactionKind, ReactionStore, ReviewInTenant, ReviewStore
from tests.content_builders import a_page, some_media
from tests.mongo_databases import fresh_database
from tests.reviews_builders import AFTER, LATER, NOON, STAFF, a_review
from usecases.reviews.count_reactions import CountReactions, ReactionCount
from usecases.reviews.forget_reviewer import ForgetReviewer

OURS, THEIRS = TenantId(uuid7()), TenantId(uuid7())
VENUE = VenueId(uuid7())
ANN, BEN = AccountId(uuid7()), AccountId(uuid7())
HELPFUL, REPORT = ReactionKind.HELPFUL, ReactionKind.REPORT


@dataclass
class Content:
    reviews: ReviewStore
    reactions: ReactionStore
    ratings: RatingsStore
    documents: PersonalData

    def __post_init__(self) -> None:
        self.clock = MemoryClock(LATER)
        self.count = ReactionCount(self.reviews, self.reactions, AFTER, self.clock)
        forget = ForgetReviewer(self.reviews, self.reactions, self.count, Uuid7Source(), self.clock)
        self.data = ContentData(self.documents, forget)

    async def written(self, by: AccountId, *, tenant_id: TenantId = OURS, overall: int = 4) -> Review:
        review = a_review(overall, venue_id=VENUE, account_id=by)
        assert await self.reviews.add(tenant_id, review)
        return review

    async def said(
        self, review: Review, kind: ReactionKind, *, by: AccountId, tenant_id: TenantId = OURS, count: bool = True
    ) -> None:
        reaction = Reaction(
            review_id=review.id,
            account_id=by,
            kind=kind,
            reason="Ann was not there" if kind is REPORT else None,
            report_round=1,
            at=NOON,
        )
        assert await self.reactions.add(tenant_id, reaction)
        if count:
            await self.count(ReviewInTenant(tenant_id, review.id))

    async def found(self, review: Review, *, tenant_id: TenantId = OURS) -> Review:
        found = await self.reviews.get(tenant_id, review.id)
        assert found is not None
        return found


@pytest.fixture(params=["memory", "mongodb"])
async def content(request: pytest.FixtureRequest) -> AsyncIterator[Content]:
    if request.param == "memory":
        reviews = MemoryReviewStore()
        kept = MemoryPersonalData(kept=CONTENT.kept)
        yield Content(reviews, MemoryReactions(), MemoryRatings(reviews), kept)
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_documents(database, CONTENT_DOCUMENTS)
        yield Content(
            MongoReviewStore(database),
            MongoReactions(database),
            MongoRatings(database),
            MongoPersonalData(database, CONTENT),
        )


async def test_a_review_goes_with_all_it_says_and_the_ratings_are_counted_without_it(content: Content) -> None:
    anns = await content.written(ANN, overall=1)
    await content.written(BEN, overall=5)
    answered = anns.judged(ReviewStatus.PUBLISHED, reason="Ann may say so", by=STAFF, now=LATER)
    assert await content.reviews.save(OURS, anns, answered.replied("Dear Ann", by=STAFF, now=LATER))
    await content.said(anns, REPORT, by=BEN)
    elsewhere = await content.written(ANN, tenant_id=THEIRS)

    erasure = await content.data.erase(Person(ANN))

    assert erasure.removed == {"reviews": 2}
    assert erasure.kept == CONTENT.kept
    left = await content.found(anns)
    assert (left.status, left.opinion, left.reply, left.helpful, left.reports) == (
        ReviewStatus.WITHDRAWN,
        None,
        None,
        0,
        0,
    )
    assert (left.visit.sections, left.visit.section, left.visit.row, left.visit.number) == ((), None, None, None)
    assert [each.reason for each in left.history] == [None]
    assert (await content.reactions.reports_of(OURS, anns.id, reports_max=9)).items == ()
    assert (await content.found(elsewhere, tenant_id=THEIRS)).opinion is None
    for venue in await content.ratings.due(now=LATER, venues_max=9):
        await content.ratings.refresh(venue.tenant_id, venue.venue_id, now=LATER)
    ours = await content.ratings.get(OURS, VENUE)
    theirs = await content.ratings.get(THEIRS, VENUE)
    assert ours is not None
    assert ours.whole.distribution == (0, 0, 0, 0, 1)
    assert theirs is not None
    assert theirs.whole.overall.count == 0


async def test_what_the_person_found_helpful_is_taken_back_and_counted(content: Content) -> None:
    bens = await content.written(BEN)
    await content.said(bens, HELPFUL, by=ANN)
    await content.said(bens, HELPFUL, by=AccountId(uuid7()))
    theirs = await content.written(BEN, tenant_id=THEIRS)
    await content.said(theirs, HELPFUL, by=ANN, tenant_id=THEIRS)

    assert (await content.data.erase(Person(ANN))).removed == {"reactions": 2}

    assert (await content.found(bens)).helpful == 1
    assert (await content.found(theirs, tenant_id=THEIRS)).helpful == 0
    assert await content.reactions.made_by(ANN, HELPFUL) == []


async def test_a_report_still_counts_and_is_nobodys(content: Content) -> None:
    bens = await content.written(BEN)
    await content.said(bens, REPORT, by=ANN)
    await content.said(bens, REPORT, by=AccountId(uuid7()))

    assert (await content.data.erase(Person(ANN))).removed == {"reports": 1}

    one, other = (await content.reactions.reports_of(OURS, bens.id, reports_max=9)).items
    assert ANN not in {one.account_id, other.account_id}
    assert {one.reason, other.reason} == {None, "Ann was not there"}
    tally = await content.reactions.tally(OURS, bens.id, report_round=1)
    assert (tally.reports, (await content.found(bens)).reports) == (2, 2)


async def test_what_was_said_and_not_counted_yet_comes_right(content: Content) -> None:
    bens = await content.written(BEN)
    await content.said(bens, HELPFUL, by=ANN, count=False)
    await content.said(bens, REPORT, by=ANN, count=False)
    await content.data.erase(Person(ANN))
    content.clock.move(seconds=3600)
    await CountReactions(content.reactions, content.count, content.clock)()
    found = await content.found(bens)
    assert (found.helpful, found.reports) == (0, 1)
    assert await content.reactions.due(before=content.clock.now(), reviews_max=9) == []


async def test_forgetting_twice_changes_nothing_and_others_lose_nothing(content: Content) -> None:
    bens = await content.written(BEN)
    await content.written(ANN)
    await content.said(bens, HELPFUL, by=ANN)
    assert (await content.data.erase(Person(ANN))).removed == {"reviews": 1, "reactions": 1}
    assert (await content.data.erase(Person(ANN))).removed == {}
    assert (await content.found(bens)).opinion == bens.opinion


async def test_a_copy_has_all_that_the_person_said_and_made_and_nothing_of_others(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_documents(database, CONTENT_DOCUMENTS)
        data = MongoPersonalData(database, CONTENT)
        reviews, reactions = MongoReviewStore(database), MongoReactions(database)
        content = Content(reviews, reactions, MongoRatings(database), data)
        anns, bens = await content.written(ANN), await content.written(BEN)
        judged = bens.judged(ReviewStatus.REJECTED, reason="rude", by=ANN, now=LATER)
        assert await reviews.save(OURS, bens, judged)
        assert await reviews.save(OURS, anns, anns.replied("Thank you", by=STAFF, now=LATER))
        await content.said(bens, REPORT, by=ANN)
        await MongoMediaStore().add(OURS, some_media(created_by=ANN))
        await MongoMediaStore().add(OURS, some_media())
        await MongoPageStore().add(THEIRS, a_page(by=ANN))

        found = await data.collect(Person(ANN))

        assert set(found) == {"reviews", "reactions", "moderation", "media", "pages"}
        assert all(len(records) == 1 for records in found.values())
        assert found["reviews"][0]["title"] == "Close to the stage"
        assert found["reviews"][0]["reply"]["text"] == "Thank you"
        assert str(STAFF) not in str(found)
        assert found["reactions"][0]["reason"] == "Ann was not there"
        assert found["moderation"][0]["verdicts"][0]["reason"] == "rude"
        assert str(BEN) not in str(found)
        assert set(await data.collect(Person(AccountId(uuid7())))) == set()
