"""Who may do what with reviews, and what is left when somebody dies on the way."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import override

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.reviews import MemoryRatings, MemoryReactions, MemoryReviewStore
from adapters.system.ids import Uuid7Source
from core.reviews.errors import AlreadyReviewedError, NotAttendedError, ReviewSectionError
from core.reviews.review import Review
from core.shared.callers import Caller
from core.shared.errors import ForbiddenError
from core.shared.ids import AccountId, ReviewId, TenantId, TicketId, VenueId
from ports.published.admission import Attendance
from ports.reviews import RatingsStore, ReactionKind, ReactionTally
from ports.stores import StoreUnavailableError
from tests.attendance_neighbour import absent, present
from tests.reviews_builders import AFTER, NOON, Audience, a_review, an_opinion
from usecases.reviews.count_reactions import CountReactions, ReactionCount
from usecases.reviews.edit_review import EditReview, OpinionChange
from usecases.reviews.react_to_review import ReactToReview, TakeHelpfulBack
from usecases.reviews.venue_ratings import RebuildRatings
from usecases.reviews.write_review import WriteReview

TENANT, VENUE, TICKET = TenantId(uuid7()), VenueId(uuid7()), TicketId(uuid7())


class DyingReactions(MemoryReactions):
    """Keeps what is said; then the process is gone before anybody counts."""

    dies = False

    @override
    async def tally(self, tenant_id: TenantId, review_id: ReviewId, *, report_round: int) -> ReactionTally:
        if self.dies:
            raise OSError("killed")
        return await super().tally(tenant_id, review_id, report_round=report_round)


@dataclass
class House:
    reviews: MemoryReviewStore = field(default_factory=MemoryReviewStore)
    reactions: DyingReactions = field(default_factory=DyingReactions)
    audience: Audience = field(default_factory=lambda: Audience(TENANT))
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOON))

    def __post_init__(self) -> None:
        count = ReactionCount(self.reviews, self.reactions, AFTER, self.clock)
        self.write = WriteReview(self.reviews, self.audience, AFTER, Uuid7Source(), self.clock)
        self.edit = EditReview(self.reviews, AFTER, self.clock)
        self.react = ReactToReview(self.reviews, self.reactions, count, self.clock)
        self.take_back = TakeHelpfulBack(self.reviews, self.reactions, count, self.clock)
        self.count_reactions = CountReactions(self.reactions, count, self.clock)

    def visitor(self, attendance: Attendance | None = None) -> Caller:
        caller = Caller(AccountId(uuid7()), TENANT)
        if attendance is not None:
            self.audience.was(caller.account_id, TICKET, attendance)
        return caller

    async def written(self, caller: Caller, section: str | None = None) -> Review:
        return await self.write(caller, VENUE, TICKET, an_opinion(), section=section)


@pytest.fixture
def house() -> House:
    return House()


async def test_guests_take_no_part(house: House) -> None:
    guest = replace(house.visitor(present(VENUE)), guest=True)
    review = await house.written(house.visitor(present(VENUE)))
    with pytest.raises(ForbiddenError):
        await house.written(guest)
    with pytest.raises(ForbiddenError):
        await house.edit(guest, review.id, OpinionChange(overall=1), expected_version=1)
    for kind in ReactionKind:
        with pytest.raises(ForbiddenError):
            await house.react(guest, review.id, kind)
    with pytest.raises(ForbiddenError):
        await house.take_back(guest, review.id)


async def test_a_refusal_says_why_admission_does_not_count_somebody(house: House) -> None:
    for attendance, reason in (
        (None, "no_pass"),
        (absent("passed_on", venue_id=VENUE), "passed_on"),
        (absent("pass_void", venue_id=VENUE), "pass_void"),
        (absent("pass_frozen", venue_id=VENUE), "pass_frozen"),
        (absent("event_not_over", venue_id=VENUE), "event_not_over"),
        (present(VenueId(uuid7())), "other_venue"),
    ):
        with pytest.raises(NotAttendedError) as refused:
            await house.written(house.visitor(attendance))
        assert refused.value.reason == reason


async def test_the_section_is_the_first_passs_unless_another_of_ones_own_is_named(house: House) -> None:
    sections = (None, "B", "A", "B")
    first = await house.written(house.visitor(present(VENUE, sections=sections, scanned=False)))
    named = await house.written(house.visitor(present(VENUE, sections=sections)), section="A")
    assert (first.visit.section, first.visit.sections, first.visit.scanned) == (None, ("B", "A"), False)
    assert (named.visit.section, named.visit.number, named.visit.scanned) == ("A", "3", True)
    with pytest.raises(ReviewSectionError):
        await house.written(house.visitor(present(VENUE, sections=sections)), section="C")


async def test_a_second_review_names_the_first(house: House) -> None:
    caller = house.visitor(present(VENUE))
    review = await house.written(caller)
    with pytest.raises(AlreadyReviewedError, match=str(review.id)):
        await house.written(caller)


async def test_what_was_said_by_somebody_who_died_is_counted_by_the_next_sweep(house: House) -> None:
    review = await house.written(house.visitor(present(VENUE)))
    house.reactions.dies = True
    with pytest.raises(OSError, match="killed"):
        await house.react(house.visitor(), review.id, ReactionKind.HELPFUL)
    house.reactions.dies = False

    assert await house.count_reactions() == 0  # whoever said it may be counting still
    house.clock.move(seconds=6)
    assert await house.count_reactions() == 1

    found = await house.reviews.get(TENANT, review.id)
    assert found is not None and found.helpful == 1
    assert await house.count_reactions() == 0


async def test_where_others_are_always_faster_the_caller_is_told_to_try_again(house: House) -> None:
    class Busy(MemoryReviewStore):
        @override
        async def save(self, tenant_id: TenantId, before: Review, after: Review) -> bool:
            return False

    house.reviews = Busy()
    house.__post_init__()
    review = a_review(venue_id=VENUE)
    await house.reviews.add(TENANT, review)
    with pytest.raises(StoreUnavailableError):
        await house.react(house.visitor(), review.id, ReactionKind.HELPFUL)
    writer = Caller(review.account_id, TENANT)
    with pytest.raises(StoreUnavailableError):
        await house.edit(writer, review.id, OpinionChange(overall=1), expected_version=1)


async def test_a_rebuild_names_what_it_could_not_keep(house: House) -> None:
    class Overtaken(MemoryRatings):
        @override
        async def refresh(self, tenant_id: TenantId, venue_id: VenueId, *, now: datetime) -> bool:
            return False

    await house.reviews.add(TENANT, a_review(venue_id=VENUE))
    ratings: RatingsStore = MemoryRatings(house.reviews)
    [(venue, kept)] = [each async for each in RebuildRatings(ratings, house.clock)()]
    assert (venue.venue_id, kept and kept.whole.overall.count) == (VENUE, 1)
    lost = [each async for each in RebuildRatings(Overtaken(house.reviews), house.clock)(VENUE)]
    assert lost == [(venue, None)]
