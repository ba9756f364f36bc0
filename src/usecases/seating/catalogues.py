"""The plans that this process has read, remembered for as long as they stay as they are."""

import asyncio
import gc
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from core.seating.allotments import Allotments
from core.seating.catalogue import Catalogue
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.seating.price_tiers import PriceTier
from core.shared.ids import PlanId, TenantId
from ports.seating import SeatingTransactions

SEATS_MAX = 500_000
"""Seats that are remembered in one process, some 0.8 KB each; the plan that was not asked for longest goes first."""

type _Key = tuple[TenantId, PlanId]
type _Pricing = tuple[_Key, int, datetime]


@dataclass(slots=True)
class Catalogues:
    """Reads a plan once, however many ask for it at the same moment.

    What is remembered may be old: whoever decides by it has the database compare the plan's version, and comes back
    with `newer_than` when the plan was changed meanwhile.

    The prices are always those of the moment that is asked for. When they change by themselves, the plan is not read
    again, and the earlier prices stay at hand for those whose moment was just before.
    """

    transactions: SeatingTransactions
    _known: OrderedDict[_Key, Catalogue] = field(
        default_factory=OrderedDict[_Key, Catalogue], init=False, repr=False, compare=False
    )
    _reading: dict[_Key, asyncio.Task[Catalogue]] = field(
        default_factory=dict[_Key, "asyncio.Task[Catalogue]"], init=False, repr=False, compare=False
    )

    _beside: dict[_Key, Catalogue] = field(default_factory=dict[_Key, Catalogue], init=False, repr=False, compare=False)
    """The same versions of the same plans with the prices of a neighbouring time."""
    _pricing: dict[_Pricing, asyncio.Task[Catalogue]] = field(
        default_factory=dict[_Pricing, "asyncio.Task[Catalogue]"], init=False, repr=False, compare=False
    )

    async def of(
        self, tenant_id: TenantId, plan_id: PlanId, *, now: datetime, newer_than: int | None = None
    ) -> Catalogue:
        """Return the plan with its seats at the prices of `now`; one of this version or an older one is read again.

        Raises PlanNotFoundError.
        """
        key = tenant_id, plan_id
        known = self._known.get(key)
        if known is not None and (newer_than is None or known.plan.version > newer_than):
            self._known.move_to_end(key)
            return known if known.is_priced_for(now) else await self._priced(key, known, now)
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(key, now), name=f"reading plan {plan_id}")
            self._reading[key] = reading
            reading.add_done_callback(lambda _: self._reading.pop(key, None))
        read = await asyncio.shield(reading)
        return read if read.is_priced_for(now) else await self._priced(key, read, now)

    async def _priced(self, key: _Key, known: Catalogue, now: datetime) -> Catalogue:
        beside = self._beside.get(key)
        if beside is not None and beside.plan.version == known.plan.version and beside.is_priced_for(now):
            return beside
        wanted = key, known.plan.version, known.prices_since_at(now)
        pricing = self._pricing.get(wanted)
        if pricing is None:
            pricing = asyncio.create_task(self._price(key, known, now), name=f"pricing plan {key[1]}")
            self._pricing[wanted] = pricing
            pricing.add_done_callback(lambda _: self._pricing.pop(wanted, None))
        return await asyncio.shield(pricing)

    async def _price(self, key: _Key, known: Catalogue, now: datetime) -> Catalogue:
        # In a thread, since a large plan takes long enough for others to notice.
        priced = await asyncio.to_thread(known.priced_for, now)
        newest = self._known.get(key)
        if newest is not None and newest.plan.version == priced.plan.version:
            # The later prices are those that most will ask for.
            earlier, later = sorted((newest, priced), key=lambda each: each.prices_since)
            self._known[key], self._beside[key] = later, earlier
            self._forget()
        return priced

    async def _read(self, key: _Key, now: datetime) -> Catalogue:
        tenant_id, plan_id = key
        known = self._known.get(key)
        async with self.transactions.begin(tenant_id) as tx:
            plan = await tx.plans.get(plan_id)
            if known is not None and known.plan.seats_version == plan.seats_version:
                allotments = await tx.plans.allotments(plan_id)
                if (await tx.plans.get(plan_id)).version == plan.version:
                    return self._remember(key, known.with_plan(plan, allotments))
            tiers = await tx.plans.tiers(plan_id)
            layout = await tx.plans.layout(plan_id)
            allotments = await tx.plans.allotments(plan_id)
            # Read committed: the plan is read again, and if it was changed since, so may the seats have been.
            after = await tx.plans.get(plan_id)
        if after.version != plan.version:
            return await self._read(key, now)
        # In a thread, since a large plan takes long enough for others to notice.
        catalogue = await asyncio.to_thread(_indexed, after, layout, tiers, allotments, now)
        # Hundreds of thousands of objects that stay: looking through them in each of its full rounds, the collector
        # would hold everybody up for a tenth of a second. They form no circles, so they go when the last use does.
        gc.freeze()
        return self._remember(key, catalogue)

    def _remember(self, key: _Key, catalogue: Catalogue) -> Catalogue:
        self._known[key] = catalogue
        self._known.move_to_end(key)
        self._beside.pop(key, None)
        self._forget()
        return catalogue

    def _forget(self) -> None:
        while len(self._known) > 1 and self._seats_count() > SEATS_MAX:
            key, _ = self._known.popitem(last=False)
            self._beside.pop(key, None)

    def _seats_count(self) -> int:
        return sum(len(each.seats) for each in (*self._known.values(), *self._beside.values()))


def _indexed(
    plan: SeatingPlan, layout: Layout, tiers: tuple[PriceTier, ...], allotments: Allotments, now: datetime
) -> Catalogue:
    return Catalogue.of(plan, layout, tiers, allotments).priced_for(now)
