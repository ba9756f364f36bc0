"""The ledger of seats on PostgreSQL. A seat has at most one row of state, and at most one item says that it was sold.

Holds are made in `seating_holds`; every other command locks what it is about, lets the core decide, and writes the
outcome in sets. Locks are taken in one order: reservations by id, then seats by id. A seat without a row of state is
available, and one is added to lock it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import override
from uuid import UUID

from adapters.postgres.pool import Connection
from adapters.postgres.seating_entries import insert_entry
from adapters.postgres.seating_rows import (
    LOCKING,
    RESERVATION_COLUMNS,
    SEAT_COLUMNS,
    STATE_COLUMNS,
    STATE_OF_EACH,
    STATES,
    WHOLE_PLAN,
    Row,
    columns_of,
    planned_seat_of,
    reservation_of,
    state_of,
)
from core.seating.errors import ReservationNotFoundError
from core.seating.ledger import Change, Happening, Picture
from core.seating.plans import PlannedSeat
from core.seating.reservations import Reservation
from core.seating.seats import Available, SeatState
from core.shared.ids import AccountId, PlanId, ReservationId, SeatId, TenantId
from ports.seating import Ended, Entry, SeatLedger, SeatLetters

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
_SALES = {Happening.SOLD, Happening.RETURNED}


class PostgresLedger(SeatLedger):
    """The ledger of one open transaction."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    @override
    async def get(self, reservation_id: ReservationId) -> Reservation:
        return await self._one(reservation_id)

    @override
    async def lock_alone(self, reservation_id: ReservationId) -> Reservation:
        return await self._one(reservation_id, locking="for no key update")

    async def _one(self, reservation_id: ReservationId, *, locking: str = "") -> Reservation:
        row = await self._connection.fetchrow(
            f"select {RESERVATION_COLUMNS} from seat_reservations where tenant_id = $1 and id = $2 {locking}",  # noqa: S608 (ours)
            self._tenant_id,
            reservation_id,
        )
        if row is None:
            raise ReservationNotFoundError("There is no such hold or reservation.")
        return reservation_of(row, await self._seats([reservation_id]))

    @override
    async def lock(self, reservation_id: ReservationId) -> Entry:
        for entry in await self.lock_all([reservation_id], wait=True):
            return entry
        raise ReservationNotFoundError("There is no such hold or reservation.")

    @override
    async def lock_all(self, reservation_ids: Sequence[ReservationId], *, wait: bool) -> Sequence[Entry]:
        rows = await self._connection.fetch(
            f"""
            select {RESERVATION_COLUMNS} from seat_reservations
            where tenant_id = $1 and id = any($2::uuid[]) order by id for no key update {"" if wait else "skip locked"}
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            list(reservation_ids),
        )
        if not rows:
            return []
        seats: dict[ReservationId, list[Row]] = {row["id"]: [] for row in rows}
        await self._connection.execute(
            f"""
            insert into seat_states (tenant_id, plan_id, seat_id, status)
            select distinct r.tenant_id, r.plan_id, i.seat_id, 'AVAILABLE'
              from seat_reservations r
              join seat_reservation_items i on i.tenant_id = r.tenant_id and i.reservation_id = r.id
             where r.tenant_id = $1 and r.id = any($2::uuid[]) order by i.seat_id {LOCKING}
            """,  # noqa: S608 (a constant)
            self._tenant_id,
            list(seats),
        )
        for seat in await self._seats(list(seats)):
            seats[seat["held_for"]].append(seat)
        return [
            Entry(
                reservation_of(row, seats[row["id"]]),
                {SeatId(seat["seat_id"]): state_of(seat) for seat in seats[row["id"]]},
            )
            for row in rows
        ]

    async def _seats(self, reservation_ids: Sequence[ReservationId]) -> Sequence[Row]:
        """Return items with their seats, by seat id. What was sold is in the item, what it is called in the seat."""
        return await self._connection.fetch(
            f"""
            select i.reservation_id as held_for, i.seat_id, i.section_id, i.seat_label, i.price_minor, i.sold,
                   c.name as section, s.row_label, s.seat_number, s.column_number, s.id, {STATE_COLUMNS}
              from seat_reservation_items i
              join seats s on s.tenant_id = i.tenant_id and s.id = i.seat_id {STATE_OF_EACH}
              join sections c on c.tenant_id = i.tenant_id and c.id = i.section_id
             where i.tenant_id = $1 and i.reservation_id = any($2::uuid[])
             order by s.id
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            list(reservation_ids),
        )

    @override
    async def expire(self, reservation_ids: Sequence[ReservationId], *, now: datetime, wait: bool) -> Sequence[Ended]:
        wanted = list(reservation_ids)
        if wait:
            # What this transaction has locked is not left out below.
            await self._connection.execute(
                """
                select from seat_reservations
                 where tenant_id = $1 and id = any($2::uuid[]) order by id for no key update
                """,
                self._tenant_id,
                wanted,
            )
        row = await self._connection.fetchrow(
            "select ended, plans, freed, owners from expire_batch($1, $2, $3)", self._tenant_id, wanted, now
        )
        assert row is not None, "a function that returns no set always gives a row"
        seats: dict[ReservationId, list[SeatId]] = {reservation_id: [] for reservation_id in row["ended"] or ()}
        for seat_id, owner in zip(row["freed"] or (), row["owners"] or (), strict=True):
            seats[owner].append(seat_id)
        plans = row["plans"] or ()
        return [Ended(of, plan_id, tuple(sorted(seats[of]))) for of, plan_id in zip(seats, plans, strict=True)]

    @override
    async def save(self, changes: Sequence[Change]) -> None:
        entries = [change.reservation for change in changes]
        await self._connection.execute(
            """
            update seat_reservations r
               set status = n.status, order_id = n.order_id, expires_at = n.expires_at, sold_at = n.sold_at,
                   seats_count = case n.status when 'SOLD' then n.seats_count else r.seats_count end
              from unnest($2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::integer[])
                as n (id, status, order_id, expires_at, sold_at, seats_count)
             where r.tenant_id = $1 and r.id = n.id
            """,
            self._tenant_id,
            [entry.id for entry in entries],
            [entry.status.value for entry in entries],
            [entry.order_id for entry in entries],
            [entry.expires_at for entry in entries],
            [entry.sold_at for entry in entries],
            [entry.seats_count for entry in entries],
        )
        for change in changes:
            await self._save_seats(change)

    async def _save_seats(self, change: Change) -> None:
        seat_ids = list(change.seats)
        if not seat_ids:
            return
        if change.what in _SALES:
            await self._connection.execute(
                """
                update seat_reservation_items set sold = $4
                where tenant_id = $1 and reservation_id = $3 and seat_id = any($2::uuid[])
                """,
                self._tenant_id,
                seat_ids,
                change.reservation.id,
                change.what is Happening.SOLD,
            )
        # Nearly always all of them are alike. Looked up by their keys: before statistics, a set would be joined by
        # reading all states.
        alike: dict[tuple[object, ...], list[SeatId]] = {}
        for seat_id, state in change.seats.items():
            alike.setdefault(columns_of(state), []).append(seat_id)
        plan_id = change.reservation.plan_id
        for columns, ids in alike.items():
            if columns == columns_of(Available()):
                await self._connection.execute(
                    "delete from seat_states where tenant_id = $1 and plan_id = $2 and seat_id = any($3::uuid[])",
                    self._tenant_id,
                    plan_id,
                    ids,
                )
            else:
                await self._connection.execute(
                    """
                    update seat_states set status = $4, held_until = $5, block_reason = $6, reservation_id = $7
                    where tenant_id = $1 and plan_id = $2 and seat_id = any($3::uuid[])
                    """,
                    self._tenant_id,
                    plan_id,
                    ids,
                    *columns,
                )

    @override
    async def add(self, sold: Change) -> None:
        await insert_entry(self._connection, self._tenant_id, sold.reservation)
        await self._save_seats(sold)

    @override
    async def picture(self, reservation_id: ReservationId) -> Picture:
        return {SeatId(row["seat_id"]): state_of(row) for row in await self._seats([reservation_id])}

    @override
    async def states(self, plan_id: PlanId, seat_ids: Sequence[SeatId]) -> Picture:
        rows = await self._connection.fetch(
            f"""
            select s.id, {STATE_COLUMNS} from unnest($3::uuid[]) as w (id)
             cross join lateral (select * from seats f where f.tenant_id = $1 and f.id = w.id limit 1) s {STATE_OF_EACH}
             where s.plan_id = $2 and s.retired_at is null
            """,  # noqa: S608 (our columns)
            self._tenant_id,
            plan_id,
            list(seat_ids),
        )
        return {SeatId(row["id"]): state_of(row) for row in rows}

    @override
    async def owned(self, plan_id: PlanId, account_id: AccountId, *, now: datetime) -> int:
        seats = await self._connection.fetchval(
            """
            select coalesce(sum(seats_count), 0) from seat_reservations
             where tenant_id = $1 and plan_id = $2 and account_id = $3
               and (status = 'SOLD' or (status in ('HELD', 'RESERVED') and expires_at > $4))
            """,
            self._tenant_id,
            plan_id,
            account_id,
            now,
        )
        return int(seats)

    @override
    async def seat_map(self, plan_id: PlanId) -> Sequence[tuple[PlannedSeat, SeatState]]:
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
        return [(planned_seat_of(row), state_of(row)) for row in rows]

    @override
    async def letters(
        self, plan_id: PlanId, *, now: datetime, between: tuple[SeatId, SeatId] | None = None
    ) -> SeatLetters:
        await self._connection.execute(WHOLE_PLAN.format("off"))
        if between is not None:
            # The primary key has these seats in their order. PostgreSQL thinks little of reading them there, and would
            # sort 100,000 rows on disk instead, which takes three times as long.
            await self._connection.execute("set local enable_sort = off")
        row = await self._connection.fetchrow(
            f"""
            select string_agg(case when t.held_until <= $3 then 'A' else coalesce(left(t.status, 1), 'A') end,
                              '' order by s.id) as letters,
                   min(t.held_until) filter (where t.held_until > $3) as changes_at
              from seats s {STATES}
             where s.tenant_id = $1 and s.plan_id = $2 and s.id between $4 and $5 and s.retired_at is null
            """,  # noqa: S608 (a constant)
            self._tenant_id,
            plan_id,
            now,
            *(between or (_FIRST, _LAST)),
        )
        if between is not None:
            await self._connection.execute("set local enable_sort = on")
        await self._connection.execute(WHOLE_PLAN.format("on"))
        assert row is not None, "an aggregate always gives a row"
        return SeatLetters(row["letters"] or "", row["changes_at"])
