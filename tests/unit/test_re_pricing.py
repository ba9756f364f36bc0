"""Re-pricing: new prices for the tiers of plans, each plan as a whole, put back when the operation is undone."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.operations import MemoryOperationTransactions
from adapters.memory.seating import MemorySeatingTransactions
from core.operations.operation import LEASE, Operation, OperationStatus
from core.seating.errors import InvalidPriceTiersError
from core.seating.plans import SeatingPlan
from core.seating.price_tiers import PriceTier
from core.seating.pricing import TierRequest
from core.shared.ids import OperationId, PlanId, PriceTierId, VenueId
from core.shared.money import Money, UnknownCurrencyError
from ports.published.operations import OperationStoppedError, ParamsRefusedError, StepContext, Values
from ports.seating import SeatingTransactions
from tests.operations_world import MANAGER, TENANT, VENUE, Crash, Point, Stores, World
from tests.seating_world import a_plan
from usecases.seating.operations.re_pricing import RePricing
from usecases.seating.replace_price_tiers import ReplacePriceTiers

NOON = "2026-07-01T12:00:00Z"


class Season:
    """A venue with plans whose front row costs 80.00 and whose other rows cost 40.00."""

    def __init__(self) -> None:
        self.messages = MemoryMessages(ids=MemoryIds())
        self.seating: SeatingTransactions = MemorySeatingTransactions(self.messages)
        operations = MemoryOperationTransactions(self.messages)
        self.clock = MemoryClock()
        self.type = RePricing(self.seating, self.clock)
        stores = Stores(operations, operations, self.messages.ids, self.messages)
        self.world = World(stores, (self.type,), self.clock)
        self.plans: list[PlanId] = []

    async def plan(self, *, venue_id: VenueId = VENUE) -> SeatingPlan:
        plan, layout = a_plan(rows=2, columns=3, ids=self.messages.ids)
        plan = replace(plan, venue_id=venue_id)
        async with self.seating.begin(TENANT) as tx:
            await tx.plans.add(plan, layout)
        tiers = [
            self.tier("Front", 8000, seat_ids=tuple(seat.id for seat in layout.seats if seat.label.startswith("R1"))),
            self.tier("Rest", 4000, section_ids=(layout.sections[0].id,)),
        ]
        replacing = ReplacePriceTiers(self.seating, self.clock)
        priced, _ = await replacing(plan.id, tiers, expected_version=None, caller=MANAGER)
        self.plans.append(plan.id)
        return priced

    def tier(self, name: str, amount_minor: int, **what: Any) -> TierRequest:
        return TierRequest(id=PriceTierId(uuid4()), name=name, price=Money(amount_minor, "EUR"), **what)

    def params(self, *changes: dict[str, object], plans: list[PlanId] | None = None) -> dict[str, object]:
        named = self.plans if plans is None else plans
        return {"planIds": [str(id) for id in named], "changes": list(changes)}

    async def started(self, params: dict[str, object]) -> OperationId:
        return (await self.world.start(VENUE, "re-pricing", params, caller=MANAGER)).id

    async def done(self, params: dict[str, object]) -> Operation:
        return await self.world.worked(await self.started(params))

    async def tiers(self, plan_id: PlanId) -> tuple[PriceTier, ...]:
        async with self.seating.begin(TENANT) as tx:
            return await tx.plans.tiers(plan_id)

    async def prices(self, plan_id: PlanId) -> list[int]:
        """Return the prices of all seats, in the order of the hall."""
        async with self.seating.begin(TENANT) as tx:
            return [seat.price_minor for seat in (await tx.plans.layout(plan_id)).seats]

    async def version(self, plan_id: PlanId) -> int:
        async with self.seating.begin(TENANT) as tx:
            return (await tx.plans.get(plan_id)).seats_version

    def told(self) -> int:
        return [envelope.type for envelope in self.messages.events].count("seating.plan.repriced")


def change(tier: str, amount: int, currency: str = "EUR", **more: object) -> dict[str, object]:
    return {"tier": tier, "price": {"amount": amount, "currency": currency}, **more}


def after_commits(count: int) -> Point:
    """Return what a worker dies of after so many: taking it, beginning and ending the check, beginning, then plans."""
    commits = 0

    def point(where: str) -> None:
        nonlocal commits
        commits += where == "after a commit"
        if commits == count:
            raise Crash

    return point


OLD, NEW = [8000] * 3 + [4000] * 3, [9000] * 3 + [4000] * 3


@pytest.fixture
async def season() -> Season:
    season = Season()
    for _ in range(3):
        await season.plan()
    return season


async def test_the_named_tiers_cost_something_else_and_keep_their_seats(season: Season) -> None:
    later = {"at": NOON, "price": {"amount": 9500, "currency": "EUR"}}
    before = await season.tiers(season.plans[0])
    operation = await season.done(season.params(change("Front", 9000, changes=[later])))
    assert (operation.status, operation.error) == (OperationStatus.COMPLETED, None)
    assert [await season.prices(id) for id in season.plans] == [NEW] * 3
    front, rest = await season.tiers(season.plans[0])
    assert (front.price.amount_minor, [each.price.amount_minor for each in front.changes]) == (9000, [9500])
    assert (front.id, rest) == (before[0].id, before[1])
    assert season.told() == 3


async def test_a_preview_says_what_would_cost_how_much_and_changes_nothing(season: Season) -> None:
    start = season.world.start
    preview = await start.preview(VENUE, "re-pricing", season.params(change("Front", 9000)), caller=MANAGER)
    plans = preview["plans"]
    assert isinstance(plans, list)
    assert plans[0] == {
        "planId": str(season.plans[0]),
        "name": "Plan",
        "seatsWithNewPrice": 3,
        "tiers": [
            {"before": {**change("Front", 8000), "changes": []}, "after": {**change("Front", 9000), "changes": []}}
        ],
    }
    assert await season.prices(season.plans[0]) == OLD


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({}, ""),
        ({"planIds": [], "changes": [change("Front", 1)]}, "/planIds"),
        ({"planIds": [str(uuid4())], "changes": []}, "/changes"),
        ({"planIds": ["x"], "changes": [change("Front", 1)]}, "/planIds/0"),
        ({"planIds": [str(VENUE)] * 2, "changes": [change("Front", 1)]}, "/planIds"),
        ({"planIds": [str(VENUE)], "changes": [change("Front", -1)]}, "/changes/0/price/amount"),
        ({"planIds": [str(VENUE)], "changes": [change("Front", 1, more=2)]}, "/changes/0"),
    ],
)
async def test_parameters_that_say_nothing_sensible_are_refused(
    season: Season, params: dict[str, object], place: str
) -> None:
    with pytest.raises(ParamsRefusedError) as refused:
        await season.started(params)
    assert [problem.pointer for problem in refused.value.problems] == [f"/params{place}"]
    with pytest.raises(UnknownCurrencyError):
        await season.started(season.params(change("Front", 1, "XXX")))


async def test_what_would_make_it_fail_is_told_by_the_preview(season: Season) -> None:
    elsewhere = await season.plan(venue_id=VenueId(uuid4()))
    for params, error in (
        (season.params(change("Balcony", 1)), InvalidPriceTiersError),
        (season.params(change("Front", 1), change("Front", 2)), InvalidPriceTiersError),
        (season.params(change("Front", 1, "USD")), InvalidPriceTiersError),
        (season.params(change("Front", 1), plans=[elsewhere.id]), ParamsRefusedError),
    ):
        with pytest.raises(error):
            await season.world.start.preview(VENUE, "re-pricing", params, caller=MANAGER)
        assert (await season.done(params)).status is OperationStatus.FAILED
    assert await season.prices(season.plans[0]) == OLD


async def test_a_cancelled_one_puts_back_the_prices_that_it_changed(season: Season) -> None:
    operation_id = await season.started(season.params(change("Front", 9000)))
    with pytest.raises(Crash):
        await season.world.job(after_commits(6))()
    assert [await season.prices(id) for id in season.plans] == [NEW, NEW, OLD]
    await season.world.cancel(operation_id, caller=MANAGER)
    season.clock.move(seconds=LEASE.total_seconds())
    cancelled = await season.world.worked(operation_id)
    assert (cancelled.status, cancelled.checkpoints) == (OperationStatus.CANCELLED, {})
    assert [await season.prices(id) for id in season.plans] == [OLD] * 3
    assert season.told() == 2


async def test_undoing_leaves_a_price_alone_that_somebody_set_meanwhile(season: Season) -> None:
    operation_id = await season.started(season.params(change("Front", 9000), change("Rest", 5000)))
    with pytest.raises(Crash):
        await season.world.job(after_commits(5))()
    first = season.plans[0]
    assert await season.prices(first) == [9000] * 3 + [5000] * 3
    async with season.seating.begin(TENANT) as tx:
        layout = await tx.plans.layout(first)
    tiers = [
        season.tier("Front", 7000, seat_ids=tuple(seat.id for seat in layout.seats if seat.label.startswith("R1"))),
        season.tier("Rest", 5000, section_ids=(layout.sections[0].id,)),
    ]
    await ReplacePriceTiers(season.seating, season.clock)(first, tiers, expected_version=None, caller=MANAGER)
    await season.world.cancel(operation_id, caller=MANAGER)
    season.clock.move(seconds=LEASE.total_seconds())
    assert (await season.world.worked(operation_id)).status is OperationStatus.CANCELLED
    assert [await season.prices(id) for id in season.plans] == [[7000] * 3 + [4000] * 3, OLD, OLD]


async def test_repeating_what_is_done_changes_no_version_and_tells_nobody(season: Season) -> None:
    params = season.params(change("Front", 9000))
    await season.done(params)
    versions = [await season.version(id) for id in season.plans]
    await season.done(params)
    assert [await season.version(id) for id in season.plans] == versions
    assert season.told() == 6  # once an operation and plan


@pytest.mark.parametrize("place", range(1, 40, 3))
async def test_wherever_a_worker_dies_the_plans_end_as_without_it(season: Season, place: int) -> None:
    operation_id = await season.started(season.params(change("Front", 9000)))
    before = [await season.version(id) for id in season.plans]
    count = 0

    def point(_: str) -> None:
        nonlocal count
        count += 1
        if count == place:
            raise Crash

    try:
        await season.world.job(point)()
    except Crash:
        season.clock.move(seconds=LEASE.total_seconds())
    assert (await season.world.worked(operation_id)).status is OperationStatus.COMPLETED
    assert [await season.prices(id) for id in season.plans] == [NEW] * 3
    assert [await season.version(id) for id in season.plans] == [each + 1 for each in before]
    assert season.told() == 3


async def test_a_worker_that_slept_past_its_lease_changes_nothing_after_others_undid_its_work(season: Season) -> None:
    operation_id = await season.started(season.params(change("Front", 9000)))
    begun = False

    class Asleep(Crash):
        """The worker is not gone: it only sleeps, just before it changes the first plan."""

    contexts: list[StepContext] = []
    run = RePricing.run

    async def sleeping(self: RePricing, step: str, context: StepContext) -> Values:
        nonlocal begun
        if step == "apply" and not begun:
            begun = True
            contexts.append(context)
            raise Asleep
        return await run(self, step, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RePricing, "run", sleeping)
        with pytest.raises(Asleep):
            await season.world.job()()
    await season.world.cancel(operation_id, caller=MANAGER)
    season.clock.move(seconds=LEASE.total_seconds())
    assert (await season.world.worked(operation_id)).status is OperationStatus.CANCELLED
    with pytest.raises(OperationStoppedError):
        await season.type.run("apply", contexts[0])
    assert [await season.prices(id) for id in season.plans] == [OLD] * 3
