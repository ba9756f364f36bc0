"""New entries of the ledger that do not begin as a hold, on PostgreSQL."""

from adapters.postgres.pool import Connection
from adapters.postgres.seating_rows import RESERVATION_COLUMNS
from core.seating.reservations import Reservation
from core.shared.ids import TenantId


async def insert_entry(connection: Connection, tenant_id: TenantId, entry: Reservation) -> None:
    """Insert an entry with its items, none of them sold: whoever gives it the seats makes them so."""
    await connection.execute(
        f"""
        insert into seat_reservations (tenant_id, seats_count, {RESERVATION_COLUMNS})
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,  # noqa: S608 (our columns)
        tenant_id,
        len(entry.seats),
        entry.id,
        entry.plan_id,
        entry.ticket_id,
        entry.order_id,
        entry.account_id,
        entry.token_sha256,
        entry.status.value,
        entry.currency,
        entry.hold_ttl_s,
        entry.held_at,
        entry.ceiling_at,
        entry.expires_at,
        entry.sold_at,
    )
    await connection.execute(
        """
        insert into seat_reservation_items (tenant_id, reservation_id, seat_id, section_id, seat_label, price_minor)
        select $1, $2, n.seat_id, n.section_id, n.label, n.price
          from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bigint[]) as n (seat_id, section_id, label, price)
        """,
        tenant_id,
        entry.id,
        [seat.seat_id for seat in entry.seats],
        [seat.section_id for seat in entry.seats],
        [seat.label for seat in entry.seats],
        [seat.price_minor for seat in entry.seats],
    )
