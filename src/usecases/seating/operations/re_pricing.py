"""The operation `re-pricing`: new prices for the tiers of some plans, or of a whole season."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, override
from uuid import UUID, uuid5

import msgspec

from core.seating.plans import SeatingPlan
from core.seating.price_tiers import PriceTier
from core.seating.repricing import NewPrice, is_repriced, reprice
from core.shared.errors import Problem
from core.shared.ids import PlanId, TenantId
from ports.clock import Clock
from ports.published.operations import (
    OperationRequest,
    OperationType,
    ParamsRefusedError,
    StepContext,
    StepSpec,
    Values,
)
from ports.published.seating import PlanRepriced
from ports.seating import SeatingTransaction, SeatingTransactions
from usecases.seating.operations.re_pricing_values import (
    Checked,
    CheckedPlan,
    RePricingParams,
    TierPrice,
    params_of,
    plain,
)

_TOLD_BY = "seating.re_pricing"


@dataclass(frozen=True, slots=True)
class RePricing(OperationType):
    """Each plan is changed in a transaction of its own: nobody ever sees a plan with some of its new prices.

    Seats that are held keep the price that they were held for. Undoing puts the earlier prices back where the new ones
    still stand. A worker that slept while others undid its work is refused by the fence of the operation.
    """

    name: ClassVar[str] = "re-pricing"
    steps: ClassVar[tuple[StepSpec, ...]] = (
        StepSpec("check", compensates=True),  # so that it looks anew when the operation is resumed
        StepSpec("apply", compensates=True, may_be_cut=True),
        StepSpec("announce"),
    )

    transactions: SeatingTransactions
    clock: Clock

    @override
    def parse(self, params: Values) -> Values:
        return params_of(params)

    @override
    async def preview(self, request: OperationRequest) -> Values:
        wanted = msgspec.convert(request.params, RePricingParams)
        return plain(await self._checked(request, wanted))

    @override
    async def run(self, step: str, context: StepContext) -> Values:
        wanted = msgspec.convert(context.params, RePricingParams)
        match step:
            case "check":
                return plain(await self._checked(context, wanted))
            case "apply":
                return await self._apply(context, wanted)
            case _:
                return await self._announce(context, wanted)

    @override
    async def compensate(self, step: str, context: StepContext) -> None:
        if step == "check":
            return
        wanted = {new.tier: new for new in msgspec.convert(context.params, RePricingParams).new_prices()}
        plans = msgspec.convert(context.results["check"], Checked).plans
        for done, plan in enumerate(plans, start=1):
            async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
                await tx.changes.lead(context.operation_id, context.fence)
                stand = {tier.name: tier for tier in await tx.plans.tiers(PlanId(plan.plan_id))}
                back = [
                    before.new_price()
                    for before in (tier.before for tier in plan.tiers)
                    if before.tier in stand and wanted[before.tier].is_of(stand[before.tier])
                ]
                after = await self._repriced(tx, PlanId(plan.plan_id), back)
                if after is not None:
                    await self._tell(tx, after, context.operation_id)
            await context.report(done, len(plans))

    async def _checked(self, request: OperationRequest, wanted: RePricingParams) -> Checked:
        plans: list[CheckedPlan] = []
        for index, plan_id in enumerate(wanted.plan_ids):
            async with self.transactions.begin(TenantId(request.tenant_id)) as tx:
                plan = await tx.plans.get(PlanId(plan_id))
                if plan.venue_id != request.venue_id:
                    message = "The plan is of another venue."
                    raise ParamsRefusedError(message, [Problem(f"/params/planIds/{index}", message)])
                tiers = await tx.plans.tiers(plan.id)
                layout = await tx.plans.layout(plan.id)
            new = wanted.new_prices()
            pricing = reprice(tiers, layout, new, ticket_price=plan.ticket_price)
            before = {seat.id: seat.price_minor for seat in layout.seats}
            plans.append(
                CheckedPlan(
                    plan_id=plan_id,
                    name=plan.name,
                    seats_with_new_price=sum(before[seat.id] != seat.price_minor for seat in pricing.layout.seats),
                    tiers=_differences(tiers, new),
                )
            )
        return Checked(tuple(plans))

    async def _apply(self, context: StepContext, wanted: RePricingParams) -> Values:
        total = len(wanted.plan_ids)
        for index in range(_next_of(context), total):
            async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
                await tx.changes.lead(context.operation_id, context.fence)
                await self._repriced(tx, PlanId(wanted.plan_ids[index]), wanted.new_prices())
            await context.report(index + 1, total, {"next": index + 1})
        return {"plans": total}

    async def _announce(self, context: StepContext, wanted: RePricingParams) -> Values:
        total = len(wanted.plan_ids)
        for index in range(_next_of(context), total):
            async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
                await tx.changes.lead(context.operation_id, context.fence)
                plan = await tx.plans.get(PlanId(wanted.plan_ids[index]))
                await self._tell(tx, plan, context.operation_id)
            await context.report(index + 1, total, {"next": index + 1})
        return {"plans": total}

    async def _repriced(self, tx: SeatingTransaction, plan_id: PlanId, new: Sequence[NewPrice]) -> SeatingPlan | None:
        """Put the prices in place and return the plan; None when they are in place already."""
        plan = await tx.plans.get(plan_id)
        tiers = await tx.plans.tiers(plan_id)
        if is_repriced(tiers, new):
            return None
        pricing = reprice(tiers, await tx.plans.layout(plan_id), new, ticket_price=plan.ticket_price)
        priced = plan.priced(seats_without_tier=pricing.seats_without_tier, now=self.clock.now())
        await tx.plans.save(priced)
        await tx.plans.save_pricing(plan_id, pricing)
        return priced

    async def _tell(self, tx: SeatingTransaction, plan: SeatingPlan, operation_id: UUID) -> None:
        """Tell once of each version of a plan's prices, however often the step is repeated."""
        now = self.clock.now()
        told = uuid5(operation_id, f"{plan.id} {plan.seats_version}")
        if await tx.inbox.accept(told, consumer=_TOLD_BY, at=now):
            event = PlanRepriced(plan_id=plan.id, operation_id=operation_id, seats_version=plan.seats_version)
            await tx.outbox.add(event, subject=plan.id, at=now)


def _next_of(context: StepContext) -> int:
    """Return which plan comes next."""
    return msgspec.convert(context.cursor["next"], int) if context.cursor is not None else 0


def _differences(tiers: Sequence[PriceTier], wanted: Sequence[NewPrice]) -> tuple[TierPrice, ...]:
    by_name = {tier.name: tier for tier in tiers}
    return tuple(TierPrice.of(by_name[new.tier], new) for new in wanted)
