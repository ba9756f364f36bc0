"""Listings are judged again when something changed: what becomes of them, and of a run whose worker dies."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import override
from uuid import uuid4

import pytest

from core.resale.market.evaluation import (
    LEASE,
    EvaluationNotFoundError,
    EvaluationOverError,
    EvaluationRunningError,
    EvaluationStatus,
    Outcome,
    Why,
)
from core.resale.market.listing_status import ListingStatus
from core.resale.policies.settings import Target
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError
from core.shared.ids import EvaluationId, ListingId, TenantId, TicketId, VenueId
from ports.events import Delivery
from ports.paging import PageRequest
from ports.published.refusals import LinkUnavailableError
from ports.published.resale import ListingOpened, ListingSuspended, ResaleFactsChanged, ResalePolicyChanged
from ports.resale import ResaleTransaction, ResaleTransactions
from tests.evaluation_world import Evaluations
from usecases.resale import work_on_evaluation

OPEN, SUSPENDED = ListingStatus.OPEN, ListingStatus.SUSPENDED
PRICES = (2_000, 3_000, 4_000, 2_500)
TO_A_CEILING_OF_25 = {2_000: OPEN, 3_000: SUSPENDED, 4_000: SUSPENDED, 2_500: OPEN}


@pytest.fixture
def world() -> Evaluations:
    return Evaluations()


async def test_what_became_unlawful_is_suspended_and_its_seller_is_told_why(world: Evaluations) -> None:
    await world.listed(*PRICES)
    world.allow(2_500)
    run = await world.done(await world.begun())
    assert await world.statuses() == TO_A_CEILING_OF_25
    counts = run.counts
    assert (run.status, run.total, counts.suspended, counts.unchanged) == (EvaluationStatus.COMPLETED, 4, 2, 2)
    told = world.market.told(ListingSuspended)
    assert {event.reason for event in told} == {"The law allows 25.00 EUR at most."}
    assert {event.seller_account_id for event in told} == {world.market.seller.account_id}
    dear = await world.one(4_000)
    assert dear.history[-1].detail == "The law allows 25.00 EUR at most."
    assert [(each.listing_id, each.outcome) for each in await world.findings(run)] == [
        ((await world.one(price)).id, Outcome.SUSPENDED) for price in (3_000, 4_000)
    ]


async def test_what_is_lawful_again_is_resumed(world: Evaluations) -> None:
    await world.listed(*PRICES)
    world.allow(2_500)
    await world.done(await world.begun())
    opened = len(world.market.told(ListingOpened))
    world.allow(3_000)
    run = await world.done(await world.begun())
    assert await world.statuses() == TO_A_CEILING_OF_25 | {3_000: OPEN}
    assert (run.counts.resumed, run.counts.suspended, run.counts.unchanged) == (1, 0, 3)
    assert len(world.market.told(ListingOpened)) == opened + 1


async def test_a_preview_lists_what_would_happen_and_changes_nothing(world: Evaluations) -> None:
    await world.listed(*PRICES)
    world.allow(2_500)
    before, kept = await world.all(), len(world.market.law.asked)
    run = await world.done(await world.begun(preview=True))
    assert run.counts.suspended == 2
    assert [each.reason for each in await world.findings(run)] == ["The law allows 25.00 EUR at most."] * 2
    assert await world.all() == before
    assert world.market.told(ListingSuspended) == []
    assert len(world.market.law.asked) == kept, "a verdict was kept"


async def test_what_a_buyer_has_at_the_moment_is_left_to_the_checkout(world: Evaluations) -> None:
    await world.listed(3_000, 4_000, 5_000)
    bought = await world.market.bought(await world.one(3_000))
    await world.market.reserved(await world.market.bought(await world.one(4_000)), uuid4())
    world.allow(2_500)
    run = await world.done(await world.begun())
    assert await world.statuses() == {3_000: ListingStatus.RESERVED, 4_000: ListingStatus.ORDERED, 5_000: SUSPENDED}
    assert (run.total, run.counts.unchanged) == (3, 2)
    world.clock.move(seconds=3_600)  # the purchases are over, tidied up or not
    run = await world.done(await world.begun())
    assert run.counts.suspended == 2
    assert set((await world.statuses()).values()) == {SUSPENDED}
    assert bought.purchase.order_id is None


async def test_a_buyer_who_comes_between_the_look_and_the_step_keeps_what_he_has(world: Evaluations) -> None:
    await world.listed(3_000)
    world.allow(2_500)
    run = await world.begun()
    listing = await world.one(3_000)
    law, answer = world.market.law, type(world.market.law).__call__

    async def slow(*given: object, **asked: object) -> object:
        law.price_max = None
        await world.market.bought(listing)
        world.allow(2_500)
        return await answer(law, *given, **asked)  # type: ignore[arg-type]  # as it was asked

    object.__setattr__(world.work.examine, "judge", slow)
    run = await world.done(run)
    assert (await world.statuses(), run.counts.unchanged) == ({3_000: ListingStatus.RESERVED}, 1)


async def test_a_listing_whose_pass_is_gone_ends(world: Evaluations) -> None:
    await world.listed(3_000)
    listing = await world.one(3_000)
    await world.market.admission.withdraw(
        tenant_id=world.tenant_id, pass_id=listing.subject.pass_id, offer_id=listing.id
    )
    run = await world.done(await world.begun())
    assert (run.counts.ended, await world.statuses()) == (1, {3_000: ListingStatus.ENDED})
    [found] = await world.findings(run)
    assert found.outcome is Outcome.ENDED


async def test_only_the_listings_of_a_target_are_gone_through(world: Evaluations) -> None:
    await world.listed(3_000)
    world.allow(2_500)
    listing = await world.one(3_000)
    for elsewhere in (Target(venue_id=VenueId(uuid4())), Target(ticket_id=TicketId(uuid4()))):
        assert (await world.done(await world.begun(elsewhere))).total == 0
    assert await world.statuses() == {3_000: OPEN}
    here = Target(ticket_id=listing.subject.ticket_id), Target(venue_id=listing.subject.venue_id)
    assert [(await world.done(await world.begun(target))).total for target in here] == [1, 1]
    assert await world.statuses() == {3_000: SUSPENDED}


async def test_one_run_a_target_and_previews_stand_in_nobody_s_way(world: Evaluations) -> None:
    first = await world.begun()
    with pytest.raises(EvaluationRunningError, match=str(first.id)) as refused:
        await world.begun()
    assert refused.value.problems[0].message == str(first.id)
    await world.begun(preview=True)
    await world.begun(Target(venue_id=VenueId(uuid4())))
    await world.done(first)
    await world.begun()


async def test_a_cancelled_run_does_nothing_more(world: Evaluations) -> None:
    await world.listed(*PRICES)
    world.allow(2_500)
    run = await world.begun()
    cancelled = await world.read.cancel(run.id, caller=world.manager)
    assert cancelled.status is EvaluationStatus.CANCELLED
    assert await world.job() == 0
    assert set((await world.statuses()).values()) == {OPEN}
    with pytest.raises(EvaluationOverError):
        await world.read.cancel(run.id, caller=world.manager)
    await world.begun()


async def test_a_change_in_the_middle_of_a_run_is_gone_through_afterwards(world: Evaluations) -> None:
    await world.listed(*PRICES)
    run = await world.begun()
    listing = await world.one(3_000)
    event = ResalePolicyChanged(venue_id=None, ticket_id=None, version=1)
    delivery = Delivery(event_id=uuid4(), tenant_id=world.tenant_id)
    for _ in range(2):  # told twice, taken once
        await world.on_policy(event, delivery)
    assert (await world.now_is(run.id)).again is Why.POLICY
    await world.done(run)
    first, second = await world.runs()
    assert (first.id, first.status) == (run.id, EvaluationStatus.COMPLETED)
    assert (second.why, second.status, second.started_by) == (Why.POLICY, EvaluationStatus.COMPLETED, None)
    facts = ResaleFactsChanged(venue_id=None, ticket_id=listing.subject.ticket_id, version=1)
    await world.on_facts(facts, Delivery(event_id=uuid4(), tenant_id=world.tenant_id))
    last = (await world.runs())[-1]
    assert (last.why, last.target) == (Why.FACTS, Target(ticket_id=listing.subject.ticket_id))


async def test_an_activation_begins_one_run_for_each_tenant_with_listings(world: Evaluations) -> None:
    await world.follow()
    await world.listed(3_000)
    assert await world.follow() == 0, "a listing that is new was judged by the rulebook that is in use"
    world.in_use.version = "second"
    assert [await world.follow(), await world.follow(), await world.follower()()] == [1, 0, 0]
    [run] = await world.runs()
    assert (run.why, run.rulebook_version, run.preview) == (Why.RULEBOOK, "second", False)
    world.in_use.version = "third"  # while that one still runs
    assert await world.follow() == 1
    await world.done(run)
    assert [(each.rulebook_version, each.again) for each in await world.runs()] == [
        ("second", Why.RULEBOOK),
        ("third", None),
    ]
    world.in_use.version = "second"
    assert await world.follow() == 1, "back again is a change too"


async def test_only_managers_may(world: Evaluations) -> None:
    run = await world.begun()
    for role in (Role.BOX_OFFICE, Role.SCANNER, None):
        other = Caller(world.manager.account_id, world.tenant_id, role)
        for ask in (
            world.begin.by_hand(Target(), preview=True, caller=other),
            world.read.page(PageRequest(), caller=other),
            world.read.one(run.id, caller=other),
            world.read.findings(run.id, PageRequest(), caller=other),
            world.read.cancel(run.id, caller=other),
        ):
            with pytest.raises(ForbiddenError):
                await ask
    stranger = Caller(world.manager.account_id, TenantId(uuid4()), Role.OWNER)
    with pytest.raises(EvaluationNotFoundError):
        await world.read.one(run.id, caller=stranger)
    with pytest.raises(EvaluationNotFoundError):
        await world.read.findings(EvaluationId(uuid4()), PageRequest(), caller=world.manager)


async def test_a_run_goes_on_batch_by_batch(world: Evaluations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_on_evaluation, "BATCH_MAX", 2)
    await world.listed(2_000, 3_000, 4_000)
    world.allow(2_500)
    run = await world.begun()
    assert await world.job() == 2
    half = await world.now_is(run.id)
    assert (half.counts.done, half.total, half.lease, half.is_running) == (2, 3, None, True)
    assert half.cursor == (await world.one(3_000)).id
    assert [await world.job(), await world.job()] == [1, 0]
    assert (await world.now_is(run.id)).status is EvaluationStatus.COMPLETED


async def test_a_run_waits_while_another_service_is_away_and_leaves_what_cannot_be_judged(world: Evaluations) -> None:
    await world.listed(3_000)
    run = await world.begun()
    away: list[Exception] = [LinkUnavailableError("admission is away")]

    async def unreachable(*given: object, **asked: object) -> object:
        raise away[0]

    judge = world.work.examine.judge
    object.__setattr__(world.work.examine, "judge", unreachable)
    assert await world.job() == 0
    assert (await world.now_is(run.id)).is_running
    assert await world.job() == 0, "it waits for its lease to end"
    away[0] = ForbiddenError("The event is gone.")
    world.clock.move(seconds=LEASE.total_seconds())
    over = await world.done(run)
    assert (over.counts.not_judged, over.status) == (1, EvaluationStatus.COMPLETED)
    assert [each.reason for each in await world.findings(run)] == ["The event is gone."]
    object.__setattr__(world.work.examine, "judge", judge)


class DiedError(Exception):
    """What a process that is killed does to its caller here."""


class Dying(ResaleTransactions):
    """Dies at one of the boundaries: before a transaction, at its end before it is committed, or right after it."""

    def __init__(self, inner: ResaleTransactions, at: int) -> None:
        self.inner = inner
        self.left = at

    def boundary(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise DiedError

    @override
    @asynccontextmanager
    async def begin(self, tenant_id: TenantId) -> AsyncGenerator[ResaleTransaction]:
        self.boundary()
        async with self.inner.begin(tenant_id) as tx:
            yield tx
            self.boundary()
        self.boundary()


async def outcome_of(world: Evaluations, run_id: EvaluationId) -> object:
    """Return all that a run leaves behind, without times and versions."""
    run = await world.now_is(run_id)
    prices = {each.id: each.price.amount_minor for each in await world.all()}
    return (
        await world.statuses(),
        [(each.price.amount_minor, [step.step for step in each.history]) for each in await world.all()],
        (run.status, run.counts, run.total, run.cursor and prices[run.cursor]),
        [(prices[each.listing_id], each.outcome, each.reason) for each in await world.findings(run)],
        sorted(prices[ListingId(event.listing_id)] for event in world.market.told(ListingSuspended)),
    )


async def test_a_run_ends_the_same_wherever_its_worker_dies() -> None:
    async def begun() -> tuple[Evaluations, EvaluationId]:
        world = Evaluations()
        await world.listed(*PRICES)
        world.allow(2_500)
        return world, (await world.begun()).id

    undisturbed, run_id = await begun()
    await undisturbed.done(await undisturbed.now_is(run_id))
    expected = await outcome_of(undisturbed, run_id)
    for boundary in range(1, 100):
        world, run_id = await begun()
        dying = Dying(world.resale, boundary)
        try:
            await world.worker(dying)(world.tenant_id, run_id)
        except DiedError:
            world.clock.move(seconds=LEASE.total_seconds())
            await world.done(await world.now_is(run_id))
        assert await outcome_of(world, run_id) == expected, f"died at boundary {boundary}"
        if dying.left > 0:
            break
    assert boundary > 3 * (len(PRICES) + 3), "not every boundary was tried"


async def test_nobody_takes_a_run_over_before_its_lease_ends(world: Evaluations) -> None:
    await world.listed(*PRICES)
    run = await world.begun()
    with pytest.raises(DiedError):
        await world.worker(Dying(world.resale, 10))(world.tenant_id, run.id)
    world.clock.move(seconds=LEASE.total_seconds() - 1)
    assert await world.job() == 0
    world.clock.move(seconds=1)
    done = (await world.now_is(run.id)).counts.done
    assert 0 < done < len(PRICES)
    assert await world.job() == len(PRICES) - done


async def test_a_worker_that_lost_its_lease_changes_nothing_more(world: Evaluations) -> None:
    await world.listed(*PRICES)
    world.allow(2_500)
    run = await world.begun()
    judge = world.work.examine.judge
    asked = 0

    async def slow(*given: object, **known: object) -> object:
        nonlocal asked
        asked += 1
        if asked == 2:  # meanwhile another worker does the whole run
            world.clock.move(seconds=LEASE.total_seconds())
            await world.done(run)
        return await judge(*given, **known)  # type: ignore[arg-type]  # as it was asked

    late = world.worker(world.resale)
    object.__setattr__(late.examine, "judge", slow)
    assert await late(world.tenant_id, run.id) == 1
    assert (await world.now_is(run.id)).counts.done == 4
    assert len(world.market.told(ListingSuspended)) == 2
