"""The operation `plan-import`: a seating plan, as large as plans get, written in batches."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, override
from uuid import UUID

import msgspec

from core.seating.errors import InvalidPlanError, PlanNotFoundError, PlanNotReadyError
from core.seating.plans import SeatingPlan
from core.seating.writing import PlanNotAsWrittenError, PlanSourceChangedError, plan_of_operation
from core.shared.ids import OperationId, PlanId, TenantId
from ports.clock import Clock
from ports.published.operations import (
    OperationRequest,
    OperationStoppedError,
    OperationType,
    StepContext,
    StepSpec,
    Values,
)
from ports.seating import SeatingTransaction, SeatingTransactions
from ports.seating.plan_writing import Writer
from usecases.seating.operations.plan_import_values import (
    Found,
    PlanImportParams,
    ReadPlanResult,
    params_of,
    plain,
    with_pointers,
)
from usecases.seating.operations.plan_layouts import PlanLayouts, PricedLayout
from usecases.seating.operations.venue_sections import SectionsOfPlan
from usecases.seating.plan_drafts import PlanDrafts

SEATS_A_BATCH = 5_000

_SEATS_VERSION_WRITTEN = 2
"""The plan begins with 1, and `SeatingPlan.written` adds one; any change of its layout or prices adds more."""

_NO_OPERATION = UUID(int=0)


@dataclass(frozen=True, slots=True)
class PlanImport(OperationType):
    """Nobody sells, changes or copies the plan before all of it is there: it says that an operation writes it.

    Ids follow from the operation's, so a batch that is repeated adds nothing; and each transaction claims the plan with
    the worker's fence, so a worker that slept writes nothing more. The last step gives the plan to everybody, and puts
    it on sale where that is wanted, at once. Undoing forgets it, unless people changed or sold it since.
    """

    name: ClassVar[str] = "plan-import"
    # All are undone, so that an operation that is resumed begins anew.
    steps: ClassVar[tuple[StepSpec, ...]] = (
        StepSpec("read", compensates=True),
        StepSpec("create", compensates=True),
        StepSpec("sections", compensates=True),
        StepSpec("seats", compensates=True, may_be_cut=True),
        StepSpec("prices", compensates=True),
        StepSpec("check", compensates=True),
        StepSpec("venue-sections", compensates=True),
        StepSpec("finish", compensates=True),
    )

    transactions: SeatingTransactions
    drafts: PlanDrafts
    layouts: PlanLayouts
    venue_sections: SectionsOfPlan
    clock: Clock

    @override
    def parse(self, params: Values) -> Values:
        return params_of(params)

    @override
    async def preview(self, request: OperationRequest) -> Values:
        _, result = await self._read(request, _NO_OPERATION)
        return plain(result)

    @override
    async def run(self, step: str, context: StepContext) -> Values:
        match step:
            case "read":
                return await self._first(context)
            case "create":
                return await self._create(context)
            case "sections":
                return await self._sections(context)
            case "seats":
                return await self._seats(context)
            case "prices":
                return await self._prices(context)
            case "check":
                return await self._check(context)
            case "venue-sections":
                return await self._venue_sections(context)
            case _:
                return await self._finish(context)

    @override
    async def compensate(self, step: str, context: StepContext) -> None:
        self.layouts.forget()
        match step:
            case "seats":
                await self._remove_seats(context)
            case "create":
                await self._remove(context)
                # Once more, behind the plan, for what a worker that slept put there meanwhile.
                await self._take_sections_back(context)
            case "venue-sections":
                await self._take_sections_back(context)
            case _:
                return  # what the others wrote goes with the plan

    async def _read(self, request: OperationRequest, operation_id: UUID) -> tuple[PricedLayout, ReadPlanResult]:
        """Return the plan with its layout, and what there is to tell of both."""
        params = msgspec.convert(request.params, PlanImportParams)
        try:
            source = await self.layouts.source_of(request, params)
            plan, draft = await self.drafts.drafted(
                params.facts(request.venue_id, source),
                tenant_id=TenantId(request.tenant_id),
                plan_id=plan_of_operation(operation_id),
                now=self.clock.now(),
            )
        except InvalidPlanError as error:
            raise with_pointers(error) from None
        made = await self.layouts.priced(plan, draft, params, operation_id)
        plan, report = made.plan, made.plan.check()
        if params.activate and report.errors:
            raise PlanNotReadyError(f"The plan could not go on sale: {report.errors[0].message}", report.errors)
        result = ReadPlanResult(
            name=plan.name,
            sections_count=plan.sections_count,
            seats_count=plan.seats_count,
            ga_capacity=plan.ga_capacity,
            price_tiers=len(made.pricing.tiers),
            layout_sha256=made.sha256,
            errors=Found.each(report.errors),
            warnings=Found.each(report.warnings),
        )
        return made, result

    async def _first(self, context: StepContext) -> Values:
        made, result = await self._read(context, context.operation_id)
        self.layouts.keep(context.operation_id, made)
        return plain(result)

    async def _create(self, context: StepContext) -> Values:
        made = self.layouts.kept(context.operation_id)
        if made is None:
            made, _ = await self._read(context, context.operation_id)
        _must_be_the_same(context, made.sha256)
        self.layouts.keep(context.operation_id, made)
        writer, plan_id = _writer(context), made.plan.id
        half = replace(made.plan, written_by=writer.operation_id)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            await tx.writing.begin(half, fence=writer.fence)
        try:
            await context.report(1, 1)
        except OperationStoppedError:
            # Who slept before writing may have written what was undone meanwhile; nobody else would take it away.
            async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
                if await _is_ours(tx, plan_id, writer):
                    await tx.writing.remove(plan_id)
            raise
        return {"planId": str(plan_id)}

    async def _sections(self, context: StepContext) -> Values:
        async with self._writing(context) as (tx, plan_id, made):
            await tx.writing.add_sections(plan_id, made.pricing.layout.sections)
        return {"sections": len(made.pricing.layout.sections)}

    async def _seats(self, context: StepContext) -> Values:
        begin = msgspec.convert(context.cursor["next"], int) if context.cursor is not None else 0
        end = begin + 1
        while begin < end:
            async with self._writing(context) as (tx, plan_id, made):
                seats = made.pricing.layout.seats
                await tx.writing.add_seats(plan_id, seats[begin : begin + SEATS_A_BATCH])
            end = len(seats)
            begin = min(begin + SEATS_A_BATCH, end)
            await context.report(begin, end, {"next": begin})
        return {"seats": end}

    async def _prices(self, context: StepContext) -> Values:
        async with self._writing(context) as (tx, plan_id, made):
            await tx.writing.add_tiers(plan_id, made.pricing.tiers)
        return {"priceTiers": len(made.pricing.tiers)}

    async def _check(self, context: StepContext) -> Values:
        """Compare what is stored with what was read."""
        wanted = msgspec.convert(context.results["read"], ReadPlanResult)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            stored = await tx.writing.written(plan_of_operation(context.operation_id))
        if (stored.sections, stored.seats, stored.tiers) != (
            wanted.sections_count,
            wanted.seats_count,
            wanted.price_tiers,
        ):
            raise PlanNotAsWrittenError(
                f"{stored.sections} sections, {stored.seats} seats and {stored.tiers} price tiers are stored, of "
                f"{wanted.sections_count}, {wanted.seats_count} and {wanted.price_tiers}."
            )
        return {"sections": stored.sections, "seats": stored.seats, "priceTiers": stored.tiers}

    async def _venue_sections(self, context: StepContext) -> Values:
        """Give the venue the sections too, where that is wanted."""
        if not msgspec.convert(context.params, PlanImportParams).venue_sections:
            return {}
        async with self._writing(context) as (_, plan_id, made):
            layout = made.pricing.layout
        put = await self.venue_sections.put(context, layout)
        try:
            await context.report(1, 1)
        except OperationStoppedError:
            # With the plan there the operation goes on, or takes the sections back when the plan is gone.
            if not await self._is_there(context, plan_id):
                await self._take_sections_back(context)
            raise
        return put

    async def _take_sections_back(self, context: StepContext) -> None:
        if msgspec.convert(context.params, PlanImportParams).venue_sections:
            await self.venue_sections.take_back(context)

    async def _is_there(self, context: StepContext, plan_id: PlanId) -> bool:
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            try:
                await tx.plans.get(plan_id)
            except PlanNotFoundError:
                return False
        return True

    async def _finish(self, context: StepContext) -> Values:
        self.layouts.forget()
        params = msgspec.convert(context.params, PlanImportParams)
        plan_id = plan_of_operation(context.operation_id)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            plan = await tx.plans.get(plan_id)
            if plan.written_by is not None:  # else an earlier try did it
                await tx.writing.claim(plan_id, _writer(context))
                plan = await self._given_to_everybody(tx, plan_id, activate=params.activate)
        return {"planId": str(plan_id), "status": plan.status.value}

    async def _given_to_everybody(self, tx: SeatingTransaction, plan_id: PlanId, *, activate: bool) -> SeatingPlan:
        now = self.clock.now()
        plan = (await tx.plans.get(plan_id)).written(now=now)
        await tx.plans.save(plan)
        if activate:
            number = await tx.plans.next_version_number(plan.ticket_id)
            plan = plan.activate(next_number=number, now=now)
            await tx.plans.save(plan)
        return plan

    async def _remove_seats(self, context: StepContext) -> None:
        plan_id, done, more = plan_of_operation(context.operation_id), 0, True
        while more:
            async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
                ours = await _is_ours(tx, plan_id, _writer(context))
                removed = await tx.writing.remove_seats(plan_id, seats_max=SEATS_A_BATCH) if ours else 0
            done, more = done + removed, removed == SEATS_A_BATCH
            await context.report(done)

    async def _remove(self, context: StepContext) -> None:
        plan_id = plan_of_operation(context.operation_id)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            if await _is_ours(tx, plan_id, _writer(context)):
                await tx.writing.remove(plan_id)

    @asynccontextmanager
    async def _writing(self, context: StepContext) -> AsyncGenerator[tuple[SeatingTransaction, PlanId, PricedLayout]]:
        """Give a transaction that has claimed the plan, and the layout that is to be written."""
        params = msgspec.convert(context.params, PlanImportParams)
        plan_id = plan_of_operation(context.operation_id)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            plan = await tx.plans.get(plan_id)
        made = await self.layouts.of(context, params, plan, context.operation_id)
        _must_be_the_same(context, made.sha256)
        async with self.transactions.begin(TenantId(context.tenant_id)) as tx:
            await tx.writing.claim(plan_id, _writer(context))
            yield tx, plan_id, made


def _writer(context: StepContext) -> Writer:
    return Writer(OperationId(context.operation_id), context.fence)


async def _is_ours(tx: SeatingTransaction, plan_id: PlanId, writer: Writer) -> bool:
    """Tell whether the plan is there for this worker to take away."""
    return await tx.writing.reclaim(plan_id, writer, seats_version=_SEATS_VERSION_WRITTEN)


def _must_be_the_same(context: StepContext, sha256: str) -> None:
    """Raise PlanSourceChangedError when the layout is not the one that was read first."""
    if msgspec.convert(context.results["read"], ReadPlanResult).layout_sha256 != sha256:
        raise PlanSourceChangedError("What the plan is made of was changed meanwhile. Resume it to begin anew.")
