"""Sections and seats of a plan on PostgreSQL, written in sets: COPY is refused under row-level security, so by arrays.

The database refuses to add or remove either unless the plan is a draft.
"""

from collections.abc import Sequence
from itertools import batched

from adapters.postgres.pool import Connection
from adapters.postgres.seating_rows import SEAT_COLUMNS, SECTION_COLUMNS, json_text, planned_seat_of, section_of
from core.seating.layout import Layout
from core.seating.plans import PlannedSeat, Section
from core.seating.price_tiers import PriceTier
from core.seating.pricing import Pricing
from core.shared.ids import PlanId, TenantId

SEATS_A_STATEMENT = 5_000


class PostgresLayouts:
    """The layouts of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def add(self, plan_id: PlanId, layout: Layout) -> None:
        """Store the sections and seats of a draft, all available."""
        await self.add_sections(plan_id, layout.sections)
        for seats in batched(layout.seats, SEATS_A_STATEMENT, strict=False):
            await self.add_seats(plan_id, seats)

    async def add_sections(self, plan_id: PlanId, sections: Sequence[Section]) -> None:
        """Store some sections."""
        await self._connection.executemany(
            """
            insert into sections (tenant_id, plan_id, id, name, row_count, column_count, display_order, price_tier_id,
                                  floor, zone, kind, capacity, ticket_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            on conflict (tenant_id, id) do nothing
            """,
            [
                (
                    self._tenant_id,
                    plan_id,
                    section.id,
                    section.name,
                    section.row_count,
                    section.column_count,
                    section.display_order,
                    section.price_tier_id,
                    section.floor,
                    section.zone,
                    section.kind.value,
                    section.capacity,
                    section.ticket_id,
                )
                for section in sections
            ],
        )

    async def add_seats(self, plan_id: PlanId, seats: Sequence[PlannedSeat]) -> None:
        """Store some seats, all available; their sections are there."""
        tables = [seat.table for seat in seats]
        await self._connection.execute(
            """
            insert into seats (tenant_id, plan_id, id, section_id, price_tier_id, guid, seat_label, row_label,
                               seat_number, column_number, category, x, y, attributes, price_minor, table_name,
                               table_sale, position)
            select $1, $2, n.id, n.section_id, n.tier_id, n.guid, n.label, n.row_label, n.number, n.col, n.category,
                   n.x, n.y, n.attributes::jsonb, n.price, n.table_name, n.table_sale, n.position
              from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
                          $10::integer[], $11::text[], $12::float8[], $13::float8[], $14::text[], $15::bigint[],
                          $16::text[], $17::text[], $18::integer[])
                as n (id, section_id, tier_id, guid, label, row_label, number, col, category, x, y, attributes, price,
                      table_name, table_sale, position)
            on conflict (tenant_id, id) do nothing
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
            [table.name if table is not None else None for table in tables],
            [table.sale.value if table is not None else None for table in tables],
            [seat.position for seat in seats],
        )

    async def add_tiers(self, plan_id: PlanId, tiers: Sequence[PriceTier]) -> None:
        """Store price tiers in their order."""
        await self._connection.executemany(
            """
            insert into price_tiers (tenant_id, plan_id, id, name, price_minor, currency, position, changes_at,
                                     changes_minor)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (tenant_id, id) do nothing
            """,
            [
                (
                    self._tenant_id,
                    plan_id,
                    tier.id,
                    tier.name,
                    tier.price.amount_minor,
                    tier.price.currency,
                    position,
                    [change.at for change in tier.changes],
                    [change.price.amount_minor for change in tier.changes],
                )
                for position, tier in enumerate(tiers)
            ],
        )

    async def remove(self, plan_id: PlanId) -> None:
        """Forget the seats, sections, price tiers and allotments of a draft."""
        for table in ("seats", "sections", "price_tiers", "allotments"):
            await self._connection.execute(
                f"delete from {table} where tenant_id = $1 and plan_id = $2",  # noqa: S608 (our tables)
                self._tenant_id,
                plan_id,
            )

    async def get(self, plan_id: PlanId) -> Layout:
        """Return sections and seats in the order of the hall."""
        rows = await self._connection.fetch(
            f"""
            select {SEAT_COLUMNS} from seats where tenant_id = $1 and plan_id = $2 and retired_at is null order by id
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
        )
        return Layout(await self.sections(plan_id), tuple(planned_seat_of(row) for row in rows))

    async def sections(self, plan_id: PlanId) -> tuple[Section, ...]:
        """Return the sections in the order of the hall."""
        rows = await self._connection.fetch(
            f"""
            select {SECTION_COLUMNS} from sections where tenant_id = $1 and plan_id = $2 and retired_at is null
            order by display_order
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
        )
        return tuple(section_of(row) for row in rows)

    async def save_pricing(self, plan_id: PlanId, pricing: Pricing) -> None:
        """Put each section's and seat's tier and price in place."""
        await self._connection.execute(
            """
            update sections s set price_tier_id = n.tier_id from unnest($3::uuid[], $4::uuid[]) as n (id, tier_id)
            where s.tenant_id = $1 and s.plan_id = $2 and s.id = n.id
            """,
            self._tenant_id,
            plan_id,
            [section.id for section in pricing.layout.sections],
            [section.price_tier_id for section in pricing.layout.sections],
        )
        # Two that price a plan take its seats in one order, or they could wait for each other.
        await self._connection.execute(
            "select from seats where tenant_id = $1 and plan_id = $2 order by id for no key update",
            self._tenant_id,
            plan_id,
        )
        for seats in batched(pricing.layout.seats, SEATS_A_STATEMENT, strict=False):
            await self._connection.execute(
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
