"""Plans that operations write, on PostgreSQL. The plan's row is the lock, and keeps the greatest fence."""

from collections.abc import Sequence
from typing import override

from adapters.postgres.pool import Connection, rows_touched
from adapters.postgres.seating_layouts import PostgresLayouts
from adapters.postgres.seating_rows import INSERT_PLAN, INSERT_VALUES, plan_values
from core.seating.layout import Layout
from core.seating.plans import PlannedSeat, SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.writing import PlanNotAsWrittenError
from core.shared.ids import PlanId, TenantId
from ports.seating.plan_writing import PlanWriting, Writer, Written


class PostgresPlanWriting(PlanWriting):
    """The plans of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._layouts = PostgresLayouts(connection, tenant_id)

    @override
    async def begin(self, plan: SeatingPlan, *, fence: int) -> None:
        assert plan.written_by is not None, "a plan that is written bit by bit says by whom"
        await self._connection.execute(
            f"{INSERT_PLAN} values ({INSERT_VALUES}) on conflict do nothing",
            self._tenant_id,
            *plan_values(plan, fence=fence),
        )
        await self.claim(plan.id, Writer(plan.written_by, fence))

    @override
    async def claim(self, plan_id: PlanId, writer: Writer) -> None:
        status = await self._connection.execute(
            """
            update seating_plans set written_fence = $4
            where tenant_id = $1 and id = $2 and written_by = $3 and written_fence <= $4
            """,
            self._tenant_id,
            plan_id,
            writer.operation_id,
            writer.fence,
        )
        if rows_touched(status) != 1:
            raise PlanNotAsWrittenError("The plan is not there to be written by this worker any more.")

    @override
    async def reclaim(self, plan_id: PlanId, writer: Writer, *, seats_version: int) -> bool:
        await self._connection.execute(
            """
            update seating_plans set written_by = $3, written_fence = $4, version = version + 1
            where tenant_id = $1 and id = $2 and written_by is null and version_number is null and seats_version = $5
              and written_fence <= $4
            """,
            self._tenant_id,
            plan_id,
            writer.operation_id,
            writer.fence,
            seats_version,
        )
        writes = await self._connection.fetchval(
            "select written_by is not null from seating_plans where tenant_id = $1 and id = $2 for update",
            self._tenant_id,
            plan_id,
        )
        if not writes:
            return False
        await self.claim(plan_id, writer)
        return True

    @override
    async def add_sections(self, plan_id: PlanId, sections: Sequence[Section]) -> None:
        await self._layouts.add(plan_id, Layout(tuple(sections), ()))

    @override
    async def add_seats(self, plan_id: PlanId, seats: Sequence[PlannedSeat]) -> None:
        await self._layouts.add(plan_id, Layout((), tuple(seats)))

    @override
    async def add_tiers(self, plan_id: PlanId, tiers: Sequence[PriceTier]) -> None:
        await self._layouts.add_tiers(plan_id, tiers)

    @override
    async def written(self, plan_id: PlanId) -> Written:
        row = await self._connection.fetchrow(
            """
            select (select count(*) from sections where tenant_id = $1 and plan_id = $2) as sections,
                   (select count(*) from seats where tenant_id = $1 and plan_id = $2) as seats,
                   (select count(*) from price_tiers where tenant_id = $1 and plan_id = $2) as tiers
            """,
            self._tenant_id,
            plan_id,
        )
        assert row is not None, "counting always gives a row"
        return Written(row["sections"], row["seats"], row["tiers"])

    @override
    async def remove_seats(self, plan_id: PlanId, *, seats_max: int) -> int:
        status = await self._connection.execute(
            """
            delete from seats where tenant_id = $1 and id in (
                select id from seats where tenant_id = $1 and plan_id = $2 limit $3)
            """,
            self._tenant_id,
            plan_id,
            seats_max,
        )
        return rows_touched(status)

    @override
    async def remove(self, plan_id: PlanId) -> None:
        await self._layouts.remove(plan_id)
        await self._connection.execute(
            "delete from seating_plans where tenant_id = $1 and id = $2", self._tenant_id, plan_id
        )
