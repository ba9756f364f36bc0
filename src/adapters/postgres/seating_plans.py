"""Seating plans on PostgreSQL. A plan is published with its number; the database refuses to change its layout then."""

from dataclasses import replace
from datetime import datetime
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, rows_touched
from adapters.postgres.seating_layouts import PostgresLayouts
from adapters.postgres.seating_rows import (
    INSERT_PLAN,
    INSERT_VALUES,
    PLAN_COLUMNS,
    allotment_of,
    json_text,
    plan_of,
    plan_values,
    tier_of,
)
from adapters.postgres.transactions import savepoint
from core.seating.allotments import Allotments
from core.seating.errors import PlanNotFoundError, TicketHasActivePlanError
from core.seating.layout import Layout
from core.seating.plans import PlanStatus, SeatingPlan, Section
from core.seating.price_tiers import PriceTier
from core.seating.pricing import Pricing
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId, TenantId, TicketId
from ports.paging import Page, PageRequest
from ports.seating import PlanStore

SET_LAYOUT = """
    update seating_plans
    set sections_count = $3, seats_count = $4, seats_without_tier = $5, categories = $6::text::jsonb,
        layout = $7::text::jsonb, warnings = $8::text::jsonb, ga_capacity = $9, focus_x = $10, focus_y = $11,
        version = $12, seats_version = $13, updated_at = $14
"""


def layout_values(plan: SeatingPlan) -> tuple[object, ...]:
    """Return the plan's id, which is $2, and the values of SET_LAYOUT in their order."""
    return (
        plan.id,
        plan.sections_count,
        plan.seats_count,
        plan.seats_without_tier,
        json_text(plan.categories),
        json_text(plan.layout),
        json_text(plan.warnings),
        plan.ga_capacity,
        plan.focus.x if plan.focus is not None else None,
        plan.focus.y if plan.focus is not None else None,
        plan.version,
        plan.seats_version,
        plan.updated_at,
    )


class PostgresPlans(PlanStore):
    """The plans of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._layouts = PostgresLayouts(connection, tenant_id)

    @override
    async def add(self, plan: SeatingPlan, layout: Layout) -> None:
        await self._connection.execute(
            f"{INSERT_PLAN} values ({INSERT_VALUES})",
            self._tenant_id,
            # Seats can be added to drafts only, so that is what the plan is until it has them all.
            *plan_values(replace(plan, status=PlanStatus.DRAFT, version_number=None)),
        )
        await self._layouts.add(plan.id, layout)
        if plan.version_number is not None:
            await self._connection.execute(
                "update seating_plans set status = $3, version_number = $4 where tenant_id = $1 and id = $2",
                self._tenant_id,
                plan.id,
                plan.status.value,
                plan.version_number,
            )

    @override
    async def get(self, plan_id: PlanId) -> SeatingPlan:
        row = await self._connection.fetchrow(
            f"select {PLAN_COLUMNS} from seating_plans where tenant_id = $1 and id = $2",  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
        )
        if row is None:
            raise PlanNotFoundError("There is no such seating plan.")
        return plan_of(row)

    @override
    async def page(self, page: PageRequest, *, ticket_id: TicketId | None) -> Page[SeatingPlan]:
        rows = await self._connection.fetch(
            f"""
            select {PLAN_COLUMNS} from seating_plans
            where tenant_id = $1 and ($2::uuid is null or ticket_id = $2) and ($3::uuid is null or id > $3)
            order by id limit $4
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            ticket_id,
            page.after,
            page.limit + 1,
        )
        shown = tuple(plan_of(row) for row in rows[: page.limit])
        return Page(shown, shown[-1].id if len(rows) > page.limit else None)

    @override
    async def layout(self, plan_id: PlanId) -> Layout:
        return await self._layouts.get(plan_id)

    @override
    async def sections(self, plan_id: PlanId) -> tuple[Section, ...]:
        return await self._layouts.sections(plan_id)

    @override
    async def tiers(self, plan_id: PlanId) -> tuple[PriceTier, ...]:
        rows = await self._connection.fetch(
            """
            select id, name, price_minor, currency, changes_at, changes_minor from price_tiers
            where tenant_id = $1 and plan_id = $2 order by position
            """,
            self._tenant_id,
            plan_id,
        )
        return tuple(tier_of(row) for row in rows)

    @override
    async def save(self, plan: SeatingPlan) -> None:
        try:
            async with savepoint(self._connection):  # the caller's transaction survives the refusal
                status = await self._connection.execute(
                    """
                    update seating_plans
                    set status = $3, seats_without_tier = $4, version = $5, updated_at = $6, seats_version = $7,
                        version_number = $8, accessible_releases_at = $9, written_by = $10, changing_by = $11
                    where tenant_id = $1 and id = $2 and version = $5 - 1
                    """,
                    self._tenant_id,
                    plan.id,
                    plan.status.value,
                    plan.seats_without_tier,
                    plan.version,
                    plan.updated_at,
                    plan.seats_version,
                    plan.version_number,
                    plan.accessible_releases_at,
                    plan.written_by,
                    plan.changing_by,
                )
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "seating_plans_numbers":
                raise StaleVersionError("Another plan of the ticket was published with this number.") from error
            raise TicketHasActivePlanError("Another active plan sells this ticket.") from error
        if rows_touched(status) != 1:
            raise StaleVersionError("The plan was changed meanwhile.")

    @override
    async def next_version_number(self, ticket_id: TicketId) -> int:
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended('plans of ' || $1::text || $2::text, 0))",
            str(self._tenant_id),
            str(ticket_id),
        )
        number = await self._connection.fetchval(
            "select coalesce(max(version_number), 0) + 1 from seating_plans where tenant_id = $1 and ticket_id = $2",
            self._tenant_id,
            ticket_id,
        )
        assert isinstance(number, int), "an aggregate always gives a row"
        return number

    @override
    async def replace_layout(self, plan: SeatingPlan, layout: Layout) -> None:
        status = await self._connection.execute(
            f"{SET_LAYOUT} where tenant_id = $1 and id = $2 and version = $12 - 1 and status = 'draft'",
            self._tenant_id,
            *layout_values(plan),
        )
        if rows_touched(status) != 1:
            raise StaleVersionError("The plan was changed meanwhile.")
        await self._layouts.remove(plan.id)
        await self._layouts.add(plan.id, layout)

    @override
    async def save_pricing(self, plan_id: PlanId, pricing: Pricing) -> None:
        connection = self._connection
        await connection.execute(
            "delete from price_tiers where tenant_id = $1 and plan_id = $2", self._tenant_id, plan_id
        )
        await self._layouts.add_tiers(plan_id, pricing.tiers)
        await self._layouts.save_pricing(plan_id, pricing)

    @override
    async def allotments(self, plan_id: PlanId) -> Allotments:
        rows = await self._connection.fetch(
            """
            select id, name, seat_ids, codes, account_ids, releases_at from allotments
            where tenant_id = $1 and plan_id = $2 order by id
            """,
            self._tenant_id,
            plan_id,
        )
        return Allotments(tuple(allotment_of(row) for row in rows))

    @override
    async def save_allotments(self, plan_id: PlanId, allotments: Allotments) -> None:
        await self._connection.execute(
            "delete from allotments where tenant_id = $1 and plan_id = $2", self._tenant_id, plan_id
        )
        await self._connection.executemany(
            """
            insert into allotments (tenant_id, plan_id, id, name, seat_ids, codes, account_ids, releases_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                (
                    self._tenant_id,
                    plan_id,
                    each.id,
                    each.name,
                    list(each.seat_ids),
                    sorted(each.codes),
                    sorted(each.account_ids),
                    each.releases_at,
                )
                for each in allotments.each
            ],
        )

    @override
    async def set_hold_ttl_s(self, hold_ttl_s: int, *, at: datetime) -> None:
        await self._connection.execute(
            """
            update seating_plans set hold_ttl_s = $2, updated_at = $3, version = version + 1
            where tenant_id = $1 and hold_ttl_s <> $2
            """,
            self._tenant_id,
            hold_ttl_s,
            at,
        )
