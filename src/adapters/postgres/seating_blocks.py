"""Seats that the box office blocks, on PostgreSQL, with the audit of it. Seats are locked in the order of their ids."""

from collections.abc import Mapping, Sequence
from typing import override

from adapters.postgres.pool import Connection
from adapters.postgres.seating_rows import LOCKING, STATE_COLUMNS, STATE_OF_EACH, reservation_seat_of, state_of
from core.seating.blocking import AuditLine, Deed, Intervention, WantedSeat
from core.seating.errors import PlanNotFoundError
from core.shared.ids import PlanId, SeatId, TenantId
from ports.seating import SeatBlocks


class PostgresBlocks(SeatBlocks):
    """The blocks of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def lock(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Mapping[SeatId, WantedSeat]:
        known = await self._connection.fetchval(
            "select true from seating_plans where tenant_id = $1 and id = $2", self._tenant_id, plan_id
        )
        if known is None:
            raise PlanNotFoundError("There is no such seating plan.")
        await self._connection.execute(
            f"""
            insert into seat_states (tenant_id, plan_id, seat_id, status)
            select tenant_id, plan_id, id, 'AVAILABLE' from seats
             where tenant_id = $1 and plan_id = $2 and id = any($3::uuid[]) and retired_at is null order by id {LOCKING}
            """,  # noqa: S608 (a constant)
            self._tenant_id,
            plan_id,
            list(seat_ids),
        )
        rows = await self._connection.fetch(
            f"""
            select s.id, s.id as seat_id, s.section_id, s.seat_label, s.price_minor, c.name as section, s.row_label,
                   s.seat_number, s.column_number, {STATE_COLUMNS}
              from seats s join sections c on c.tenant_id = s.tenant_id and c.id = s.section_id {STATE_OF_EACH}
             where s.tenant_id = $1 and s.plan_id = $2 and s.id = any($3::uuid[]) and s.retired_at is null
             order by s.id
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
            list(seat_ids),
        )
        return {SeatId(row["id"]): WantedSeat(reservation_seat_of(row), state_of(row)) for row in rows}

    @override
    async def save(self, intervention: Intervention) -> None:
        seat_ids = list(intervention.seats)
        if intervention.what is Deed.BLOCKED:
            await self._connection.execute(
                """
                update seat_states set status = 'BLOCKED', block_reason = $4, held_until = $5, reservation_id = null
                where tenant_id = $1 and plan_id = $2 and seat_id = any($3::uuid[])
                """,
                self._tenant_id,
                intervention.plan_id,
                seat_ids,
                intervention.reason,
                intervention.until,
            )
        else:
            await self._connection.execute(
                "delete from seat_states where tenant_id = $1 and plan_id = $2 and seat_id = any($3::uuid[])",
                self._tenant_id,
                intervention.plan_id,
                seat_ids,
            )
        await self.note(intervention.plan_id, intervention.lines())

    @override
    async def note(self, plan_id: PlanId, lines: Sequence[AuditLine]) -> None:
        await self._connection.execute(
            """
            insert into seat_audit (tenant_id, seat_id, plan_id, deed, account_id, reason, until, at)
            select $1, n.seat_id, $2, n.deed, n.by, n.reason, n.until, n.at
              from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::timestamptz[], $8::timestamptz[])
              with ordinality as n (seat_id, deed, by, reason, until, at, place) order by n.place
            """,
            self._tenant_id,
            plan_id,
            [line.seat_id for line in lines],
            [line.what.value for line in lines],
            [line.by for line in lines],
            [line.reason for line in lines],
            [line.until for line in lines],
            [line.at for line in lines],
        )

    @override
    async def audit(self, seat_id: SeatId) -> Sequence[AuditLine]:
        rows = await self._connection.fetch(
            """
            select seat_id, deed, account_id, at, reason, until from seat_audit
            where tenant_id = $1 and seat_id = $2 order by id
            """,
            self._tenant_id,
            seat_id,
        )
        return [
            AuditLine(
                seat_id=row["seat_id"],
                what=Deed(row["deed"]),
                by=row["account_id"],
                at=row["at"],
                reason=row["reason"],
                until=row["until"],
            )
            for row in rows
        ]
