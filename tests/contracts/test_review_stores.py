"""What the stores of reviews promise: in memory and on MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.reviews import MemoryRatings, MemoryReactions, MemoryReviewStore
from adapters.mongo.client import Database, create_client, database_of
from adapters.mongo.content import members_of, missing_indexes, prepare_documents
from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.review_reactions import MongoReactions
from adapters.mongo.reviews import REVIEW_DOCUMENTS, MongoReviewStore
from core.reviews.looking import ReviewFilter, ReviewOrder, words_of
from core.reviews.ratings import MarkTally, Tally, VenueRatings
from core.reviews.review import Review, ReviewStatus
from core.shared.ids import AccountId, ReviewId, TenantId, TicketId, VenueId
from ports.reviews import (
    RatingsStore,
    Reaction,
    ReactionKind,
    ReactionStore,
    ReportMark,
    ReportPage,
    ReviewInTenant,
    ReviewPageRequest,
    ReviewStore,
    VenueInTenant,
)
from ports.stores import StoreUnavailableError
from tests.mongo_databases import fresh_database
from tests.reviews_builders import (
    AFTER,
    BEFORE,
    LATER,
    NOON,
    SIGHT,
    SOUND,
    STAFF,
    a_review,
    an_opinion,
    hidden,
)

TENANT, OTHER = TenantId(uuid7()), TenantId(uuid7())
VENUE = VenueId(uuid7())
PUBLISHED = frozenset({ReviewStatus.PUBLISHED})
EVERYTHING = frozenset(ReviewStatus)
HELPFUL, REPORT = ReactionKind.HELPFUL, ReactionKind.REPORT


@dataclass
class Stores:
    reviews: ReviewStore
    reactions: ReactionStore
    ratings: RatingsStore

    async def keep(self, *reviews: Review, tenant_id: TenantId = TENANT) -> list[Review]:
        for each in reviews:
            assert await self.reviews.add(tenant_id, each)
        return list(reviews)

    async def found(
        self, order: ReviewOrder = ReviewOrder.NEWEST, *, tenant_id: TenantId = TENANT, **wanted: object
    ) -> list[ReviewId]:
        """Return the ids of all that is found, page by page of two."""
        asked = replace(ReviewFilter(venue_id=VENUE, statuses=PUBLISHED), **wanted)  # type: ignore[arg-type]  # by name
        request, ids = ReviewPageRequest(2, order), list[ReviewId]()
        while True:
            page = await self.reviews.page(tenant_id, asked, request)
            ids += [each.id for each in page.items]
            if page.next_after is None:
                return ids
            request = ReviewPageRequest(2, order, page.next_after)


@pytest.fixture(params=["memory", "mongodb"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        reviews = MemoryReviewStore()
        yield Stores(reviews, MemoryReactions(), MemoryRatings(reviews))
        return
    async with fresh_database(request.getfixturevalue("mongodb_url")) as database:
        await prepare_documents(database, REVIEW_DOCUMENTS)
        yield Stores(MongoReviewStore(database), MongoReactions(database), MongoRatings(database))


def said(
    review: Review, kind: ReactionKind = HELPFUL, *, by: AccountId | None = None, report_round: int = 1
) -> Reaction:
    return Reaction(
        review_id=review.id,
        account_id=by or AccountId(uuid7()),
        kind=kind,
        reason="spam" if kind is REPORT else None,
        report_round=report_round,
        at=NOON,
    )


class _SlowRatings(MongoRatings):
    """Waits between the count and its keeping."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.has_counted, self.may_go_on = asyncio.Event(), asyncio.Event()

    @override
    async def count(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> VenueRatings:
        counted = await super().count(tenant_id, venue_id, now=now)
        self.has_counted.set()
        await self.may_go_on.wait()
        return counted


JUDGED = hidden(a_review(language="pt-BR", section=None, title="<b>Größe</b>", body="$where: {'a.b': 1}\n<script>"))


@pytest.mark.parametrize(
    "review",
    [
        a_review(terms=BEFORE, categories={}),
        JUDGED,
        JUDGED.judged(ReviewStatus.PUBLISHED, reason=None, by=STAFF, now=LATER).replied("Danke!", by=STAFF, now=LATER),
        a_review().withdrawn(now=LATER),
        a_review().counted(helpful=7, reports=3, terms=AFTER, now=LATER),
    ],
    ids=["pending", "hidden", "answered", "withdrawn", "reported"],
)
async def test_a_review_is_read_back_equal_in_every_member(stores: Stores, review: Review) -> None:
    await stores.keep(review)

    found = await stores.reviews.get(TENANT, review.id)

    assert found == review
    assert found.written_at.tzinfo is UTC
    assert await stores.reviews.of_person(TENANT, review.account_id, review.ticket_id) == review


async def test_another_tenant_reads_nothing_and_changes_nothing(stores: Stores) -> None:
    [review] = await stores.keep(a_review(venue_id=VENUE))
    await stores.reactions.add(TENANT, said(review, by=STAFF))
    await stores.ratings.refresh(TENANT, VENUE, now=NOON)

    assert await stores.reviews.get(OTHER, review.id) is None
    assert await stores.reviews.of_person(OTHER, review.account_id, review.ticket_id) is None
    assert not await stores.reviews.save(OTHER, review, hidden(review))
    assert await stores.found(tenant_id=OTHER, statuses=EVERYTHING) == []
    assert (await stores.reactions.tally(OTHER, review.id, report_round=1)).helpful == 0
    assert not await stores.reactions.take_back(OTHER, review.id, STAFF, HELPFUL, at=NOON)
    assert await stores.ratings.get(OTHER, VENUE) is None
    assert (await stores.ratings.count(OTHER, VENUE, now=NOON)).sections == {}
    assert await stores.reviews.get(TENANT, review.id) == review
    assert (await stores.reactions.tally(TENANT, review.id, report_round=1)).helpful == 1


async def test_of_many_reviews_of_one_person_and_event_at_once_one_is_kept(stores: Stores) -> None:
    account_id, ticket_id = uuid7(), uuid7()
    rivals = [a_review(account_id=account_id, ticket_id=ticket_id) for _ in range(20)]

    kept = await asyncio.gather(*(stores.reviews.add(TENANT, each) for each in rivals))

    assert sum(kept) == 1
    assert (
        await stores.reviews.of_person(TENANT, AccountId(account_id), TicketId(ticket_id)) == rivals[kept.index(True)]
    )
    assert await stores.reviews.add(OTHER, a_review(account_id=account_id, ticket_id=ticket_id))
    assert await stores.reviews.add(TENANT, a_review(account_id=account_id))


async def test_a_withdrawn_review_still_is_the_one_of_its_writer(stores: Stores) -> None:
    [review] = await stores.keep(a_review().withdrawn(now=LATER))
    assert not await stores.reviews.add(TENANT, a_review(account_id=review.account_id, ticket_id=review.ticket_id))


async def test_of_many_who_save_over_one_revision_one_succeeds(stores: Stores) -> None:
    [review] = await stores.keep(a_review())
    rivals = [review.edited(an_opinion(title=f"Rival {n}"), section=None, terms=AFTER, now=LATER) for n in range(20)]

    saved = await asyncio.gather(*(stores.reviews.save(TENANT, review, each) for each in rivals))

    assert sum(saved) == 1
    assert await stores.reviews.get(TENANT, review.id) == rivals[saved.index(True)]
    assert not await stores.reviews.save(TENANT, a_review(), a_review())


async def test_pages_follow_one_another_in_each_order(stores: Stores) -> None:
    marks = ((5, 0), (1, 3), (5, 2), (3, 3), (1, 0))
    made = [replace(a_review(overall, venue_id=VENUE), helpful=helpful) for overall, helpful in marks]
    await stores.keep(*made, a_review())
    await stores.keep(a_review(venue_id=VENUE), tenant_id=OTHER)
    a, b, c, d, e = (each.id for each in made)

    assert await stores.found() == [e, d, c, b, a]
    assert await stores.found(ReviewOrder.HELPFUL) == [d, b, c, e, a]
    assert await stores.found(ReviewOrder.RATING) == [c, a, d, e, b]


async def test_a_page_that_is_exactly_full_is_the_last(stores: Stores) -> None:
    await stores.keep(a_review(venue_id=VENUE), a_review(venue_id=VENUE))
    page = await stores.reviews.page(
        TENANT, ReviewFilter(venue_id=VENUE, statuses=PUBLISHED), ReviewPageRequest(limit=2)
    )
    assert (len(page.items), page.next_after) == (2, None)


async def test_filters_admit_what_they_name(stores: Stores) -> None:
    plain = a_review(5, venue_id=VENUE)
    german = a_review(1, venue_id=VENUE, language="de", section="B")
    standing = a_review(1, venue_id=VENUE, section=None)
    unseen = a_review(5, venue_id=VENUE, terms=BEFORE)
    gone = a_review(5, venue_id=VENUE).withdrawn(now=LATER)
    await stores.keep(plain, german, standing, unseen, gone)

    assert await stores.found() == [standing.id, german.id, plain.id]
    assert await stores.found(section="B") == [german.id]
    assert await stores.found(overall=1) == [standing.id, german.id]
    assert await stores.found(language="de", overall=1) == [german.id]
    assert await stores.found(account_id=german.account_id) == [german.id]
    assert await stores.found(statuses=frozenset({ReviewStatus.PENDING})) == [unseen.id]
    assert (await stores.found(ReviewOrder.RATING, statuses=EVERYTHING))[-1:] == [gone.id]


async def test_words_are_found_whole_all_of_them_and_without_case_or_accents(stores: Stores) -> None:
    first = a_review(venue_id=VENUE, title="Große Bühne", body="Far from the bar, but a café is near.")
    second = a_review(venue_id=VENUE, title="Bar", body="A long way to walk")
    await stores.keep(first, second, a_review(title="Bar"))

    async def asked(text: str, order: ReviewOrder = ReviewOrder.NEWEST) -> list[ReviewId]:
        return await stores.found(order, words=words_of(text))

    assert await asked("BAR") == await asked("bar", ReviewOrder.HELPFUL) == [second.id, first.id]
    assert await asked("buhne") == await asked("Bühne") == await asked("CAFE") == [first.id]
    assert await asked("near bar") == [first.id]
    assert await asked("long near") == await asked("nowhere") == []
    assert await asked('bar -long "walk') == [second.id]
    assert await stores.found(words=words_of("bar"), statuses=frozenset({ReviewStatus.PENDING})) == []


async def test_a_reaction_counts_once_a_person_and_goes_when_it_is_taken_back(stores: Stores) -> None:
    [review] = await stores.keep(a_review())
    one = said(review)

    assert [await stores.reactions.add(TENANT, each) for each in (one, one, said(review))] == [True, False, True]
    assert await stores.reactions.add(TENANT, said(review, REPORT, by=one.account_id))
    tally = await stores.reactions.tally(TENANT, review.id, report_round=1)
    assert (tally.helpful, tally.reports) == (2, 1)
    assert (await stores.reactions.tally(TENANT, review.id, report_round=2)).reports == 0

    backs = [await stores.reactions.take_back(TENANT, review.id, one.account_id, HELPFUL, at=NOON) for _ in range(2)]
    assert backs == [True, False]
    assert (await stores.reactions.tally(TENANT, review.id, report_round=1)).helpful == 1
    assert await stores.reactions.add(TENANT, one)
    assert (await stores.reactions.tally(TENANT, review.id, report_round=1)).helpful == 2


async def test_of_many_who_say_the_same_at_once_each_counts_once(stores: Stores) -> None:
    [review] = await stores.keep(a_review())
    people = [AccountId(uuid7()) for _ in range(5)]

    added = await asyncio.gather(
        *(stores.reactions.add(TENANT, said(review, by=person)) for person in people for _ in range(4))
    )

    assert sum(added) == 5
    assert (await stores.reactions.tally(TENANT, review.id, report_round=1)).helpful == 5


async def test_what_was_not_counted_is_due_until_it_is_and_again_when_it_changes(stores: Stores) -> None:
    [review, other] = await stores.keep(a_review(), a_review())
    one = said(review)
    await stores.reactions.add(TENANT, one)
    seen = await stores.reactions.tally(TENANT, review.id, report_round=1)
    await stores.reactions.add(TENANT, said(other))
    await stores.reactions.add(OTHER, said(other))
    await stores.reactions.add(TENANT, said(other))

    async def due(*, hours: int = 1, most: int = 9) -> set[ReviewInTenant]:
        return set(await stores.reactions.due(before=NOON + timedelta(hours=hours), reviews_max=most))

    everything = {ReviewInTenant(TENANT, review.id), ReviewInTenant(TENANT, other.id), ReviewInTenant(OTHER, other.id)}
    assert await due() == everything
    assert await due(hours=0) == set()
    assert len(await due(most=1)) == 1
    await stores.reactions.counted(OTHER, review.id, seen)
    assert await due() == everything
    await stores.reactions.take_back(TENANT, review.id, one.account_id, HELPFUL, at=NOON)
    await stores.reactions.counted(TENANT, review.id, seen)
    assert await due() == everything
    await stores.reactions.counted(TENANT, review.id, await stores.reactions.tally(TENANT, review.id, report_round=1))
    assert await due() == everything - {ReviewInTenant(TENANT, review.id)}


async def test_reports_are_read_newest_first_with_their_reasons(stores: Stores) -> None:
    [review] = await stores.keep(a_review())
    old = said(review, REPORT)
    new = replace(said(review, REPORT, report_round=2), at=LATER)
    for each in (old, new, said(review)):
        await stores.reactions.add(TENANT, each)

    assert await stores.reactions.reports_of(TENANT, review.id, reports_max=2) == ReportPage((new, old), None)
    assert await stores.reactions.reports_of(OTHER, review.id, reports_max=9) == ReportPage((), None)


async def test_reports_are_read_page_by_page_also_those_of_one_moment(stores: Stores) -> None:
    [review] = await stores.keep(a_review())
    made = [said(review, REPORT) for _ in range(4)] + [replace(said(review, REPORT), at=LATER)]
    for each in made:
        await stores.reactions.add(TENANT, each)
    read, after, pages = list[Reaction](), None, 0

    while pages == 0 or after is not None:
        page = await stores.reactions.reports_of(TENANT, review.id, reports_max=2, after=after)
        read += page.items
        after, pages = page.next_after, pages + 1

    assert (read, pages) == (sorted(made, key=ReportMark.of, reverse=True), 3)


async def test_ratings_are_counted_by_section_and_category_from_what_is_published(stores: Stores) -> None:
    await stores.keep(
        a_review(5, venue_id=VENUE, categories={SOUND: 4}),
        a_review(2, venue_id=VENUE, categories={SOUND: 1, SIGHT: 5}),
        a_review(3, venue_id=VENUE, section=None, categories={}),
        a_review(1, venue_id=VENUE, terms=BEFORE),
        hidden(a_review(1, venue_id=VENUE)),
        a_review(1, venue_id=VENUE).withdrawn(now=LATER),
        a_review(1),
    )
    await stores.keep(a_review(1, venue_id=VENUE), tenant_id=OTHER)

    assert await stores.ratings.get(TENANT, VENUE) is None
    assert await stores.ratings.refresh(TENANT, VENUE, now=LATER)
    kept = await stores.ratings.get(TENANT, VENUE)

    assert kept is not None and kept == await stores.ratings.count(TENANT, VENUE, now=LATER)
    assert kept.sections == {
        "A": Tally(MarkTally(2, 7), (0, 1, 0, 0, 1), {SOUND: MarkTally(2, 5), SIGHT: MarkTally(1, 5)}),
        None: Tally(MarkTally(1, 3), (0, 0, 1, 0, 0)),
    }
    assert (kept.whole.overall, kept.whole.distribution) == (MarkTally(3, 10), (0, 1, 1, 0, 1))
    assert (kept.whole.overall.mean, kept.counted_at) == (3.33, LATER)


async def test_ratings_are_due_when_what_is_published_changes_and_only_then(stores: Stores) -> None:
    venue = VenueInTenant(TENANT, VENUE)
    review = a_review(venue_id=VENUE, terms=BEFORE)

    async def due_after(before: Review | None, after: Review) -> bool:
        await stores.ratings.refresh(TENANT, VENUE, now=NOON)
        if before is None:
            assert await stores.reviews.add(TENANT, after)
        else:
            assert await stores.reviews.save(TENANT, before, after)
        return list(await stores.ratings.due(now=LATER, venues_max=9)) == [venue]

    assert not await due_after(None, review)
    published = review.judged(ReviewStatus.PUBLISHED, reason=None, by=STAFF, now=LATER)
    assert await due_after(review, published)
    counted = published.counted(helpful=3, reports=0, terms=AFTER, now=LATER)
    assert not await due_after(published, counted)
    edited = counted.edited(an_opinion(1), section=None, terms=AFTER, now=LATER)
    assert await due_after(counted, edited)
    reworded = edited.edited(an_opinion(1, title="Other"), section=None, terms=AFTER, now=LATER)
    assert not await due_after(edited, reworded)
    taken_back = reworded.withdrawn(now=LATER)
    assert await due_after(reworded, taken_back)
    assert await due_after(None, a_review(venue_id=VENUE))


async def test_every_venue_with_reviews_or_ratings_is_named(stores: Stores) -> None:
    empty = VenueId(uuid7())
    await stores.keep(a_review(venue_id=VENUE), a_review(venue_id=VENUE))
    await stores.keep(a_review(venue_id=VENUE), tenant_id=OTHER)
    await stores.ratings.refresh(TENANT, empty, now=NOON)

    ours, theirs, none = VenueInTenant(TENANT, VENUE), VenueInTenant(OTHER, VENUE), VenueInTenant(TENANT, empty)
    assert list(await stores.ratings.venues(venue_id=None)) == sorted([ours, theirs, none])
    assert list(await stores.ratings.venues(venue_id=empty)) == [none]
    assert list(await stores.ratings.due(now=LATER, venues_max=1)) == [ours]


async def test_every_declared_index_is_there_and_one_that_is_missing_is_named(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        for _ in range(2):
            await prepare_documents(database, REVIEW_DOCUMENTS)
        assert await missing_indexes(database, REVIEW_DOCUMENTS) == []
        for document in REVIEW_DOCUMENTS:
            name = document.get_collection_name()
            there = await database.get_collection(name).index_information()
            first = {index: next(iter(facts["key"]))[0] for index, facts in there.items()}
            # Those of the upkeep look across tenants.
            assert {
                member
                for index, member in first.items()
                if index not in {"reviews_ratings_due", "reactions_due", "ratings_resting"}
            } == {"_id", "tenantId"}
        await database.get_collection("reviews").drop_index("reviews_one_a_person")
        assert await missing_indexes(database, REVIEW_DOCUMENTS) == ["reviews.reviews_one_a_person"]


async def test_a_count_that_is_overtaken_never_replaces_a_newer_one(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_documents(database, REVIEW_DOCUMENTS)
        reviews, ratings, slow = MongoReviewStore(database), MongoRatings(database), _SlowRatings(database)
        await reviews.add(TENANT, a_review(5, venue_id=VENUE))

        late = asyncio.create_task(slow.refresh(TENANT, VENUE, now=NOON))
        await slow.has_counted.wait()
        await reviews.add(TENANT, a_review(1, venue_id=VENUE))
        assert await ratings.refresh(TENANT, VENUE, now=LATER)
        slow.may_go_on.set()

        assert not await late
        kept = await ratings.get(TENANT, VENUE)
        assert kept is not None and kept.whole.overall == MarkTally(2, 6)
        assert list(await ratings.due(now=LATER, venues_max=9)) == []


async def test_what_changes_while_somebody_counts_stays_due(mongodb_url: str) -> None:
    async with fresh_database(mongodb_url) as database:
        await prepare_documents(database, REVIEW_DOCUMENTS)
        reviews, slow = MongoReviewStore(database), _SlowRatings(database)
        await reviews.add(TENANT, a_review(5, venue_id=VENUE))

        counting = asyncio.create_task(slow.refresh(TENANT, VENUE, now=NOON))
        await slow.has_counted.wait()
        await reviews.add(TENANT, a_review(1, venue_id=VENUE))
        slow.may_go_on.set()

        assert await counting
        assert list(await slow.due(now=LATER, venues_max=9)) == [VenueInTenant(TENANT, VENUE)]


async def test_a_server_that_is_away_is_told_as_such(unused_tcp_port: int) -> None:
    url = f"mongodb://127.0.0.1:{unused_tcp_port}/?directConnection=true"
    async with create_client(url, connections_max=1, connect_timeout_s=0.2) as client:
        database = database_of(client, "fairseat_test_away")
        with pytest.raises(StoreUnavailableError):
            await MongoReviewStore(database).add(TENANT, a_review())
        with pytest.raises(StoreUnavailableError):
            await MongoReactions(database).add(TENANT, said(a_review()))
        with pytest.raises(StoreUnavailableError):
            await MongoRatings(database).refresh(TENANT, VENUE, now=NOON)


def test_an_index_of_words_is_known_by_the_names_that_a_server_gives_its_members() -> None:
    declared = [("tenantId", 1), ("title", "text"), ("body", "text")]
    kept = [("tenantId", 1), ("_fts", "text"), ("_ftsx", 1)]
    weights = {"weights": {"title": 1, "body": 1}}
    assert members_of(declared, {}) == members_of(kept, weights) == ([("tenantId", 1)], {"title", "body"})
    assert members_of(kept, {"weights": {"title": 1}}) != members_of(declared, {})
