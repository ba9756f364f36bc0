"""What a process remembers of plans: read once, and again when a plan was changed."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from core.seating.allotments import Allotments
from core.seating.catalogue import Catalogue
from core.seating.errors import PlanNotFoundError
from core.shared.ids import PlanId
from tests.seating_world import a_plan, a_tenant, memory_stores
from usecases.seating import catalogues
from usecases.seating.catalogues import Catalogues

NOW = MemoryClock().now()


async def test_everybody_who_asks_gets_the_same_catalogue_until_the_plan_is_changed() -> None:
    stores, tenant = memory_stores(), a_tenant()
    plan, layout = a_plan()
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    known = Catalogues(stores.transactions)
    first, second = await asyncio.gather(known.of(tenant, plan.id, now=NOW), known.of(tenant, plan.id, now=NOW))
    assert first is second
    assert first.seats == layout.seats
    assert [first.places[seat.id] for seat in layout.seats] == list(range(10))
    assert first.lines[layout.seats[3].id].label == "R1S4"

    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.set_hold_ttl_s(60, at=plan.created_at)
    assert await known.of(tenant, plan.id, now=NOW) is first
    after = await known.of(tenant, plan.id, now=NOW, newer_than=first.plan.version)
    assert after.plan.hold_ttl_s == 60
    assert after.seats is first.seats, "the seats were not changed, so they are not read again"


async def test_another_tenants_plan_is_not_there() -> None:
    stores = memory_stores()
    plan, layout = a_plan()
    async with stores.transactions.begin(a_tenant()) as tx:
        await tx.plans.add(plan, layout)
    known = Catalogues(stores.transactions)
    with pytest.raises(PlanNotFoundError):
        await known.of(a_tenant(), plan.id, now=NOW)
    with pytest.raises(PlanNotFoundError):
        await known.of(a_tenant(), PlanId(uuid4()), now=NOW)


async def test_the_plan_that_was_not_asked_for_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "SEATS_MAX", 25)
    stores, tenant = memory_stores(), a_tenant()
    made = [a_plan() for _ in range(3)]
    async with stores.transactions.begin(tenant) as tx:
        for plan, layout in made:
            await tx.plans.add(plan, layout)
    known = Catalogues(stores.transactions)
    first, second, _ = [await known.of(tenant, plan.id, now=NOW) for plan, _ in made]
    assert await known.of(tenant, made[1][0].id, now=NOW) is second
    assert await known.of(tenant, made[0][0].id, now=NOW) is not first


def test_a_catalogue_takes_no_plan_with_other_seats() -> None:
    plan, layout = a_plan()
    catalogue = Catalogue.of(plan, layout, ())
    with pytest.raises(ValueError, match="were changed"):
        catalogue.with_plan(replace(plan, seats_version=2), Allotments())
