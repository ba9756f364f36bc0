"""What the plan store promises of layouts and version numbers, held by memory and by PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from adapters.system.ids import Uuid7Source
from core.seating.allotments import Allotment, Allotments
from core.seating.drawn import DrawnPlan
from core.seating.errors import PlanNotFoundError, TicketHasActivePlanError
from core.seating.layout import Layout, LayoutDraft, with_ids
from core.seating.places import Point
from core.seating.plan_import import read_plan
from core.seating.plans import PlanStatus, SeatingPlan
from core.seating.pricing import TierRequest, price_layout
from core.shared.errors import StaleVersionError
from core.shared.ids import AllotmentId, PlanId, PriceTierId, TenantId
from core.shared.money import Money
from tests.layout_builders import GA_TICKET, a_plan_of, a_seat, a_zone
from tests.seating_world import SeatingStores, a_plan, a_tenant, memory_stores, postgres_stores
from tests.servers import PostgresServer

NOW = MemoryClock().now()
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[SeatingStores]:
    if request.param == "memory":
        yield memory_stores()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres) as real:
        yield real


@pytest.fixture
def tenant() -> TenantId:
    return a_tenant()


def everything() -> LayoutDraft:
    """Return a layout that says all that a layout can say."""
    pit = a_zone("Pit", ours={"kind": "ga", "capacity": 300, "ticketId": str(GA_TICKET), "floor": "0", "zone": "Arena"})
    table = a_zone(
        "Box",
        a_seat("b-1", accessible=True, ours={"table": "T1", "attributes": {"rake": 2.5}}),
        a_seat("b-2", ours={"table": "T1", "attributes": {"companionOf": "b-1"}}),
        a_seat("b-3", ours={"table": "T2"}),
        ours={"tables": [{"name": "T1", "sold": "whole"}]},
    )
    return read_plan(a_plan_of(pit, table, **{"x-fairseat": {"focalPoint": {"x": 3.5, "y": -7}}})).draft


def drawn(draft: LayoutDraft) -> DrawnPlan:
    return DrawnPlan(
        sections_count=len(draft.sections),
        seats_count=draft.seats_count,
        ga_capacity=draft.ga_capacity,
        categories=draft.categories,
        layout=draft.drawing,
        focus=draft.focus,
        warnings=(),
    )


async def stored(stores: SeatingStores, tenant: TenantId, plan: SeatingPlan, layout: Layout) -> None:
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)


async def test_a_replaced_layout_is_read_back_as_it_was_made(stores: SeatingStores, tenant: TenantId) -> None:
    plan, layout = a_plan(status=PlanStatus.DRAFT)
    await stored(stores, tenant, plan, layout)
    tier = TierRequest(
        id=PriceTierId(uuid4()), name="Best", price=Money(1, "EUR"), section_ids=(layout.sections[0].id,)
    )
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.save_pricing(plan.id, price_layout([tier], layout=layout, ticket_price=plan.ticket_price))
        kept = Allotment(id=AllotmentId(uuid4()), name="Partners", seat_ids=(layout.seats[0].id,))
        await tx.plans.save_allotments(plan.id, Allotments((kept,)))
    other = with_ids(everything(), new_id=Uuid7Source().new, price_minor=7500)
    redrawn = plan.redrawn(drawn(everything()), now=LATER)
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.replace_layout(redrawn, other)
    async with stores.transactions.begin(tenant) as tx:
        assert await tx.plans.get(plan.id) == redrawn
        assert redrawn.focus == Point(3.5, -7) and redrawn.ga_capacity == 300
        assert await tx.plans.layout(plan.id) == other
        assert await tx.plans.tiers(plan.id) == ()
        assert await tx.plans.allotments(plan.id) == Allotments()
        assert [seat.id for seat, _ in await tx.seats.seat_map(plan.id)] == [seat.id for seat in other.seats]
        assert (await tx.seats.letters(plan.id, now=LATER)).letters == "AAA"


async def test_a_layout_is_replaced_at_the_version_that_was_read_only(stores: SeatingStores, tenant: TenantId) -> None:
    plan, layout = a_plan(status=PlanStatus.DRAFT)
    await stored(stores, tenant, plan, layout)
    other = with_ids(everything(), new_id=Uuid7Source().new, price_minor=7500)
    redrawn = plan.redrawn(drawn(everything()), now=LATER)
    with pytest.raises(StaleVersionError):
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.replace_layout(replace(redrawn, version=3), other)
    async with stores.transactions.begin(tenant) as tx:
        assert await tx.plans.layout(plan.id) == layout


async def test_the_layout_of_a_published_plan_is_not_replaced(stores: SeatingStores, tenant: TenantId) -> None:
    plan, layout = a_plan(status=PlanStatus.DRAFT)
    await stored(stores, tenant, plan, layout)
    redrawn = plan.redrawn(drawn(everything()), now=LATER)
    async with stores.transactions.begin(tenant) as tx:
        active = plan.activate(next_number=1, now=NOW)
        await tx.plans.save(active)
        await tx.plans.save(active.deactivate(now=NOW))
    with pytest.raises(StaleVersionError):
        async with stores.transactions.begin(tenant) as tx:
            other = with_ids(everything(), new_id=Uuid7Source().new, price_minor=7500)
            await tx.plans.replace_layout(replace(redrawn, version=4), other)
    async with stores.transactions.begin(tenant) as tx:
        assert await tx.plans.layout(plan.id) == layout


async def test_published_plans_of_a_ticket_count_from_one(stores: SeatingStores, tenant: TenantId) -> None:
    first, layout = a_plan(status=PlanStatus.DRAFT)
    second, other = a_plan(status=PlanStatus.DRAFT)
    second = replace(second, ticket_id=first.ticket_id)
    await stored(stores, tenant, first, layout)
    await stored(stores, tenant, second, other)
    async with stores.transactions.begin(tenant) as tx:
        assert await tx.plans.next_version_number(first.ticket_id) == 1
        active = first.activate(next_number=1, now=NOW)
        await tx.plans.save(active)
        await tx.plans.save(active.deactivate(now=NOW))
        assert (await tx.plans.get(first.id)).version_number == 1
        assert await tx.plans.next_version_number(first.ticket_id) == 2
        with pytest.raises(StaleVersionError):
            await tx.plans.save(second.activate(next_number=1, now=NOW))
        await tx.plans.save(second.activate(next_number=2, now=NOW))
    async with stores.transactions.begin(a_tenant()) as tx:
        assert await tx.plans.next_version_number(first.ticket_id) == 1, "another tenant's tickets are its own"
        with pytest.raises(PlanNotFoundError):
            await tx.plans.get(first.id)


async def test_two_that_are_published_at_once_get_different_numbers(stores: SeatingStores, tenant: TenantId) -> None:
    plans = [a_plan(status=PlanStatus.DRAFT) for _ in range(4)]
    ticket_id = plans[0][0].ticket_id
    for plan, layout in plans:
        await stored(stores, tenant, replace(plan, ticket_id=ticket_id), layout)

    async def publish(plan_id: PlanId) -> int:
        async with stores.transactions.begin(tenant) as tx:
            plan = await tx.plans.get(plan_id)
            active = plan.activate(next_number=await tx.plans.next_version_number(ticket_id), now=NOW)
            await tx.plans.save(active)
            await tx.plans.save(active.deactivate(now=NOW))
        assert active.version_number is not None
        return active.version_number

    numbers = await asyncio.gather(*(publish(plan.id) for plan, _ in plans))
    assert sorted(numbers) == [1, 2, 3, 4]


async def test_of_two_activated_at_once_one_is_published(stores: SeatingStores, tenant: TenantId) -> None:
    plans = [a_plan(status=PlanStatus.DRAFT) for _ in range(2)]
    ticket_id = plans[0][0].ticket_id
    for plan, layout in plans:
        await stored(stores, tenant, replace(plan, ticket_id=ticket_id), layout)

    async def activate(plan_id: PlanId) -> None:
        async with stores.transactions.begin(tenant) as tx:
            plan = await tx.plans.get(plan_id)
            await tx.plans.save(plan.activate(next_number=await tx.plans.next_version_number(ticket_id), now=NOW))

    outcomes = await asyncio.gather(*(activate(plan.id) for plan, _ in plans), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {type(None), TicketHasActivePlanError}
