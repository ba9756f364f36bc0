"""Seating plans on PostgreSQL. Seats are written in sets: COPY is refused under row-level security, so by arrays."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import override

import asyncpg

from adapters.postgres.pool import Connection, rows_touched
from adapters.postgres.seating_rows import (
    PLAN_COLUMNS,
    SEAT_COLUMNS,
    allotment_of,
    json_text,
    plan_of,
    plan_values,
    planned_seat_of,
    section_of,
    tier_of,
)
from core.seating.allotments import Allotments
from core.seating.errors import PlanNotFoundError, TicketHasActivePlanError
from core.seating.layout import Layout
from core.seating.plans import PlannedSeat, PriceTier, SeatingPlan, Section
from core.seating.pricing import Pricing
from core.shared.errors import StaleVersionError
from core.shared.ids import PlanId, TenantId, TicketId
from ports.paging import Page, PageRequest
from ports.seating import PlanStore

SEATS_A_STATEMENT = 5_000


class PostgresPlans(PlanStore):
    """The plans of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def add(self, plan: SeatingPlan, layout: Layout) -> None:
        await self._connection.execute(
            """
            insert into seating_plans (
                tenant_id, id, venue_id, ticket_id, name, status, assignment_mode, pricing_mode, orphan_rule,
                seats_max_per_order, max_per_user, price_minor, currency, hold_ttl_s, sections_count, seats_count,
                seats_without_tier, categories, layout, warnings, version, created_at, updated_at, seats_version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                    $18::text::jsonb, $19::text::jsonb, $20::text::jsonb, $21, $22, $23, $24)
            """,
            self._tenant_id,
            *plan_values(plan),
        )
        await self._connection.executemany(
            """
            insert into sections (tenant_id, plan_id, id, name, row_count, column_count, display_order, price_tier_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            [
                (self._tenant_id, plan.id, s.id, s.name, s.row_count, s.column_count, s.display_order, s.price_tier_id)
                for s in layout.sections
            ],
        )
        for seats in batched(layout.seats, SEATS_A_STATEMENT, strict=False):
            await self._add_seats(plan.id, seats)

    async def _add_seats(self, plan_id: PlanId, seats: Sequence[PlannedSeat]) -> None:
        await self._connection.execute(
            """
            insert into seats (tenant_id, plan_id, id, section_id, price_tier_id, guid, seat_label, row_label,
                               seat_number, column_number, category, x, y, attributes, price_minor)
            select $1, $2, n.id, n.section_id, n.tier_id, n.guid, n.label, n.row_label, n.number, n.col, n.category,
                   n.x, n.y, n.attributes::jsonb, n.price
              from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
                          $10::integer[], $11::text[], $12::float8[], $13::float8[], $14::text[], $15::bigint[])
                as n (id, section_id, tier_id, guid, label, row_label, number, col, category, x, y, attributes, price)
            """,
            self._tenant_id,
            plan_id,
            [seat.id for seat in seats],
            [seat.section_id for seat in seats],
            [seat.price_tier_id for seat in seats],
            [seat.guid for seat in seats],
            [seat.label for seat in seats],
            [seat.row for seat in seats],
            [seat.number for seat in seats],
            [seat.column for seat in seats],
            [seat.category for seat in seats],
            [seat.x for seat in seats],
            [seat.y for seat in seats],
            [json_text(seat.attributes) for seat in seats],
            [seat.price_minor for seat in seats],
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
        rows = await self._connection.fetch(
            f"select {SEAT_COLUMNS} from seats where tenant_id = $1 and plan_id = $2 order by id",  # noqa: S608 (ours)
            self._tenant_id,
            plan_id,
        )
        return Layout(await self.sections(plan_id), tuple(planned_seat_of(row) for row in rows))

    @override
    async def sections(self, plan_id: PlanId) -> tuple[Section, ...]:
        rows = await self._connection.fetch(
            """
            select id, name, row_count, column_count, display_order, price_tier_id from sections
            where tenant_id = $1 and plan_id = $2 order by display_order
            """,
            self._tenant_id,
            plan_id,
        )
        return tuple(section_of(row) for row in rows)

    @override
    async def tiers(self, plan_id: PlanId) -> tuple[PriceTier, ...]:
        rows = await self._connection.fetch(
            """
            select id, name, price_minor, currency from price_tiers
            where tenant_id = $1 and plan_id = $2 order by position
            """,
            self._tenant_id,
            plan_id,
        )
        return tuple(tier_of(row) for row in rows)

    @override
    async def save(self, plan: SeatingPlan) -> None:
        try:
            async with self._connection.transaction():  # a savepoint: the caller's transaction survives the refusal
                status = await self._connection.execute(
                    """
                    update seating_plans
                    set status = $3, seats_without_tier = $4, version = $5, updated_at = $6, seats_version = $7
                    where tenant_id = $1 and id = $2 and version = $5 - 1
                    """,
                    self._tenant_id,
                    plan.id,
                    plan.status.value,
                    plan.seats_without_tier,
                    plan.version,
                    plan.updated_at,
                    plan.seats_version,
                )
        except asyncpg.UniqueViolationError as error:
            raise TicketHasActivePlanError("Another active plan sells this ticket.") from error
        if rows_touched(status) != 1:
            raise StaleVersionError("The plan was changed meanwhile.")

    @override
    async def save_pricing(self, plan_id: PlanId, pricing: Pricing) -> None:
        connection = self._connection
        await connection.execute(
            "delete from price_tiers where tenant_id = $1 and plan_id = $2", self._tenant_id, plan_id
        )
        await connection.executemany(
            """
            insert into price_tiers (tenant_id, plan_id, id, name, price_minor, currency, position)
            values ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                (self._tenant_id, plan_id, tier.id, tier.name, tier.price.amount_minor, tier.price.currency, position)
                for position, tier in enumerate(pricing.tiers)
            ],
        )
        await connection.execute(
            """
            update sections s set price_tier_id = n.tier_id from unnest($3::uuid[], $4::uuid[]) as n (id, tier_id)
            where s.tenant_id = $1 and s.plan_id = $2 and s.id = n.id
            """,
            self._tenant_id,
            plan_id,
            [section.id for section in pricing.layout.sections],
            [section.price_tier_id for section in pricing.layout.sections],
        )
        # Holds lock seats in the order of their ids; so does this, or the two could wait for each other.
        await connection.execute(
            "select from seats where tenant_id = $1 and plan_id = $2 order by id for no key update",
            self._tenant_id,
            plan_id,
        )
        for seats in batched(pricing.layout.seats, SEATS_A_STATEMENT, strict=False):
            await connection.execute(
                """
                update seats s set price_tier_id = n.tier_id, price_minor = n.price
                from unnest($3::uuid[], $4::uuid[], $5::bigint[]) as n (id, tier_id, price)
                where s.tenant_id = $1 and s.plan_id = $2 and s.id = n.id
                  and (s.price_tier_id is distinct from n.tier_id or s.price_minor <> n.price)
                """,
                self._tenant_id,
                plan_id,
                [seat.id for seat in seats],
                [seat.price_tier_id for seat in seats],
                [seat.price_minor for seat in seats],
            )

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
