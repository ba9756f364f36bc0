"""The plans that this process has read, remembered for as long as they stay as they are."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from core.seating.catalogue import Catalogue
from core.shared.ids import PlanId, TenantId
from ports.seating import SeatingTransactions

SEATS_MAX = 500_000
"""Seats that are remembered in one process, some 0.8 KB each; the plan that was not asked for longest goes first."""

type _Key = tuple[TenantId, PlanId]


@dataclass(slots=True)
class Catalogues:
    """Reads a plan once, however many ask for it at the same moment.

    What is remembered may be old: whoever decides by it has the database compare the plan's version, and comes back
    with `newer_than` when the plan was changed meanwhile.
    """

    transactions: SeatingTransactions
    _known: OrderedDict[_Key, Catalogue] = field(
        default_factory=OrderedDict[_Key, Catalogue], init=False, repr=False, compare=False
    )
    _reading: dict[_Key, asyncio.Task[Catalogue]] = field(
        default_factory=dict[_Key, "asyncio.Task[Catalogue]"], init=False, repr=False, compare=False
    )

    async def of(self, tenant_id: TenantId, plan_id: PlanId, *, newer_than: int | None = None) -> Catalogue:
        """Return the plan with its seats; one of this version or an older one is read again.

        Raises PlanNotFoundError.
        """
        key = tenant_id, plan_id
        known = self._known.get(key)
        if known is not None and (newer_than is None or known.plan.version > newer_than):
            self._known.move_to_end(key)
            return known
        reading = self._reading.get(key)
        if reading is None:
            reading = asyncio.create_task(self._read(key), name=f"reading plan {plan_id}")
            self._reading[key] = reading
            reading.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(reading)

    async def _read(self, key: _Key) -> Catalogue:
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
            return await self._read(key)
        # In a thread, since a large plan takes long enough for others to notice.
        return self._remember(key, await asyncio.to_thread(Catalogue.of, after, layout, tiers, allotments))

    def _remember(self, key: _Key, catalogue: Catalogue) -> Catalogue:
        self._known[key] = catalogue
        self._known.move_to_end(key)
        while len(self._known) > 1 and sum(len(each.seats) for each in self._known.values()) > SEATS_MAX:
            self._known.popitem(last=False)
        return catalogue
