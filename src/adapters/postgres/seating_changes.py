"""Changes of published layouts on PostgreSQL, which lets nobody make them unless the plan is frozen for one."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import override
from uuid import UUID

import asyncpg

from adapters.postgres.pool import Connection, rows_touched
from adapters.postgres.seating_layouts import SEATS_A_STATEMENT, PostgresLayouts
from adapters.postgres.seating_plans import SET_LAYOUT, PostgresPlans, layout_values
from adapters.postgres.seating_rows import (
    LOCKING,
    PLAN_COLUMNS,
    SEAT_COLUMNS,
    STATE_COLUMNS,
    STATES,
    WHOLE_PLAN,
    json_text,
    plan_of,
    planned_seat_of,
    state_of,
)
from adapters.postgres.transactions import savepoint
from core.seating.errors import PlanNotFoundError
from core.seating.layout import Layout
from core.seating.plan_change import Moved, Redrawn
from core.seating.plans import PlannedSeat, SeatingPlan
from core.seating.seats import SeatState
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId, SeatId, SectionId, TenantId
from ports.published.operations import OperationStoppedError
from ports.seating.plan_changes import PlanChanges


class PostgresPlanChanges(PlanChanges):
    """The changes of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._layouts = PostgresLayouts(connection, tenant_id)

    @override
    async def lead(self, operation_id: UUID, fence: int) -> bool:
        done = await self._connection.fetchval(
            """
            insert into seating_fences as f (tenant_id, operation_id, fence) values ($1, $2, $3)
            on conflict (tenant_id, operation_id) do update set fence = excluded.fence where f.fence <= excluded.fence
            returning done
            """,
            self._tenant_id,
            operation_id,
            fence,
        )
        if done is None:
            raise OperationStoppedError("another worker was here since")
        return bool(done)

    @override
    async def done(self, operation_id: UUID) -> None:
        await self._connection.execute(
            "update seating_fences set done = true where tenant_id = $1 and operation_id = $2",
            self._tenant_id,
            operation_id,
        )

    @override
    async def lock(self, plan_id: PlanId) -> tuple[SeatingPlan, Sequence[tuple[PlannedSeat, SeatState]]]:
        row = await self._connection.fetchrow(
            f"select {PLAN_COLUMNS} from seating_plans where tenant_id = $1 and id = $2 for no key update",  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
        )
        if row is None:
            raise PlanNotFoundError("There is no such seating plan.")
        # Holds lock seats in the order of their ids; so does this, or the two could wait for each other.
        await self._connection.execute(
            f"""
            insert into seat_states (tenant_id, plan_id, seat_id, status)
            select tenant_id, plan_id, id, 'AVAILABLE' from seats
             where tenant_id = $1 and plan_id = $2 and retired_at is null order by id {LOCKING}
            """,  # noqa: S608 (a constant)
            self._tenant_id,
            plan_id,
        )
        await self._connection.execute(WHOLE_PLAN.format("off"))
        rows = await self._connection.fetch(
            f"""
            select {SEAT_COLUMNS}, {STATE_COLUMNS} from seats s {STATES}
             where s.tenant_id = $1 and s.plan_id = $2 and s.retired_at is null order by s.id
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
        )
        await self._connection.execute(WHOLE_PLAN.format("on"))
        return plan_of(row), [(planned_seat_of(each), state_of(each)) for each in rows]

    @override
    async def rebuild(self, plan: SeatingPlan, redrawn: Redrawn, *, at: datetime) -> None:
        before = await self._layouts.get(plan.id)
        layout = redrawn.layout
        await self._save_sections(plan.id, before, layout, at=at)
        await self._retire(plan.id, [seat.id for seat in redrawn.removed], at=at)
        old = {seat.id: seat for seat in before.seats}
        changed = [seat for seat in layout.seats if seat.id in old and seat != old[seat.id]]
        # No two seats may bear one name for a moment, and names may be swapped.
        renamed = [seat.id for seat in changed if seat.guid != old[seat.id].guid]
        await self._rename_for_now(renamed)
        for seats in batched(changed, SEATS_A_STATEMENT, strict=False):
            await self._describe(plan.id, seats)
        new = [seat for seat in layout.seats if seat.id not in old]
        for seats in batched(new, SEATS_A_STATEMENT, strict=False):
            await self._layouts.add_seats(plan.id, seats)
        await self._say_places(plan.id, redrawn.moved)
        plans = PostgresPlans(self._connection, self._tenant_id)
        await plans.save_pricing(plan.id, redrawn.pricing)
        gone = frozenset(seat.id for seat in redrawn.removed)
        allotments = await plans.allotments(plan.id)
        if allotments.without_seats(gone) != allotments:
            await plans.save_allotments(plan.id, allotments.without_seats(gone))
        await self._save_plan(plan)
        # What is left of the locks; the next holds need not find it.
        await self._connection.execute(
            "delete from seat_states where tenant_id = $1 and plan_id = $2 and status = 'AVAILABLE'",
            self._tenant_id,
            plan.id,
        )

    async def _save_plan(self, plan: SeatingPlan) -> None:
        """Store the plan at last: from now on its layout stays as it is again."""
        try:
            async with savepoint(self._connection):
                status = await self._connection.execute(
                    f"""
                    {SET_LAYOUT}, version_number = $15, changing_by = null
                    where tenant_id = $1 and id = $2 and version = $12 - 1
                    """,
                    self._tenant_id,
                    *layout_values(plan),
                    plan.version_number,
                )
        except asyncpg.UniqueViolationError as error:
            raise StaleVersionError("Another plan of the ticket was published with this number.") from error
        if rows_touched(status) != 1:
            raise StaleVersionError("The plan was changed meanwhile.")

    async def _save_sections(self, plan_id: PlanId, before: Layout, after: Layout, *, at: datetime) -> None:
        had = {section.id for section in before.sections}
        await self._layouts.add_sections(plan_id, [section for section in after.sections if section.id not in had])
        await self._connection.executemany(
            """
            update sections set row_count = $4, column_count = $5, display_order = $6, floor = $7, zone = $8,
                                capacity = $9, ticket_id = $10
            where tenant_id = $1 and plan_id = $2 and id = $3
            """,
            [
                (
                    self._tenant_id,
                    plan_id,
                    section.id,
                    section.row_count,
                    section.column_count,
                    section.display_order,
                    section.floor,
                    section.zone,
                    section.capacity,
                    section.ticket_id,
                )
                for section in after.sections
                if section.id in had
            ],
        )
        stay: set[SectionId] = {section.id for section in after.sections}
        await self._connection.execute(
            "update sections set retired_at = $4 where tenant_id = $1 and plan_id = $2 and id = any($3::uuid[])",
            self._tenant_id,
            plan_id,
            list(had - stay),
            at,
        )

    async def _retire(self, plan_id: PlanId, seat_ids: Sequence[SeatId], *, at: datetime) -> None:
        await self._connection.execute(
            """
            update seat_states set status = 'RETIRED', block_reason = null, held_until = null, reservation_id = null
            where tenant_id = $1 and plan_id = $2 and seat_id = any($3::uuid[])
            """,
            self._tenant_id,
            plan_id,
            list(seat_ids),
        )
        await self._connection.execute(
            """
            update seats set guid = 'retired ' || id, retired_at = $3 where tenant_id = $1 and id = any($2::uuid[])
            """,
            self._tenant_id,
            list(seat_ids),
            at,
        )

    async def _rename_for_now(self, seat_ids: Sequence[SeatId]) -> None:
        await self._connection.execute(
            "update seats set guid = 'renamed ' || id where tenant_id = $1 and id = any($2::uuid[])",
            self._tenant_id,
            list(seat_ids),
        )

    async def _describe(self, plan_id: PlanId, seats: Sequence[PlannedSeat]) -> None:
        tables = [seat.table for seat in seats]
        await self._connection.execute(
            """
            update seats s
               set section_id = n.section_id, guid = n.guid, seat_label = n.label, row_label = n.row_label,
                   seat_number = n.number, column_number = n.col, category = n.category, x = n.x, y = n.y,
                   attributes = n.attributes::jsonb, table_name = n.table_name, table_sale = n.table_sale,
                   position = n.position
              from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::integer[],
                          $10::text[], $11::float8[], $12::float8[], $13::text[], $14::text[], $15::text[],
                          $16::integer[])
                as n (id, section_id, guid, label, row_label, number, col, category, x, y, attributes, table_name,
                      table_sale, position)
             where s.tenant_id = $1 and s.plan_id = $2 and s.id = n.id
            """,
            self._tenant_id,
            plan_id,
            [seat.id for seat in seats],
            [seat.section_id for seat in seats],
            [seat.guid for seat in seats],
            [seat.label for seat in seats],
            [seat.row for seat in seats],
            [seat.number for seat in seats],
            [seat.column for seat in seats],
            [seat.category for seat in seats],
            [seat.x for seat in seats],
            [seat.y for seat in seats],
            [json_text(seat.attributes) for seat in seats],
            [table.name if table is not None else None for table in tables],
            [table.sale.value if table is not None else None for table in tables],
            [seat.position for seat in seats],
        )

    async def _say_places(self, plan_id: PlanId, moved: Sequence[Moved]) -> None:
        await self._connection.execute(
            """
            update seat_reservation_items i set seat_label = n.label, section_id = n.section_id
              from unnest($2::uuid[], $3::text[], $4::uuid[]) as n (seat_id, label, section_id)
             cross join lateral (select f.reservation_id from seat_states f
                                  where f.tenant_id = $1 and f.plan_id = $5 and f.seat_id = n.seat_id limit 1) t
             where i.tenant_id = $1 and i.reservation_id = t.reservation_id and i.seat_id = n.seat_id
            """,
            self._tenant_id,
            [each.after.id for each in moved],
            [each.after.label for each in moved],
            [each.after.section_id for each in moved],
            plan_id,
        )
