"""What venue_db says of seats and of the ledger that says whose they are."""

from uuid import UUID

import msgspec

from adapters.postgres.doctor_facts import Query, Row, key_of
from core.doctor.facts import OwnedSeatFacts, ReservationFacts, SeatFacts


class _Seat(msgspec.Struct, frozen=True):
    id: UUID
    sold: bool
    status: str
    reservation_id: UUID | None


_SEATS = msgspec.json.Decoder(tuple[_Seat, ...])


def _entry(row: Row) -> ReservationFacts:
    return ReservationFacts(
        key=key_of(row),
        order_id=row["order_id"],
        ticket_id=row["ticket_id"],
        status=row["status"],
        expires_at=row["expires_at"],
        touched_at=row["touched_at"],
        seats=tuple(
            SeatFacts(id=seat.id, sold=seat.sold, status=seat.status, reservation_id=seat.reservation_id)
            for seat in _SEATS.decode(row["seats"])
        ),
    )


ENTRIES = Query(
    """
    r.order_id, r.ticket_id, r.status, r.expires_at, greatest(r.held_at, r.sold_at) as touched_at,
    coalesce((select jsonb_agg(jsonb_build_object('id', i.seat_id, 'sold', i.sold,
                                                  'status', coalesce(t.status, 'AVAILABLE'),
                                                  'reservation_id', t.reservation_id) order by i.seat_id)
                from seat_reservation_items i
                left join lateral (select f.status, f.reservation_id from seat_states f
                                    where f.tenant_id = r.tenant_id and f.plan_id = r.plan_id
                                      and f.seat_id = i.seat_id limit 1) t on true
               where i.tenant_id = r.tenant_id and i.reservation_id = r.id), '[]')::text as seats
    """,
    "seat_reservations r",
    ("r.tenant_id", "r.id"),
    _entry,
    # What has ended keeps nothing, unless the ledger says so.
    """
    (r.status in ('HELD', 'RESERVED', 'SOLD')
     or exists (select from seat_reservation_items i
                 where i.tenant_id = r.tenant_id and i.reservation_id = r.id and i.sold))
    """,
)


def _owned_seat(row: Row) -> OwnedSeatFacts:
    return OwnedSeatFacts(
        key=key_of(row),
        status=row["status"],
        reservation_id=row["reservation_id"],
        sold=row["sold"],
        entry_status=row["entry_status"],
        touched_at=row["touched_at"],
    )


OWNED_SEATS = Query(
    """
    t.status, t.reservation_id, i.sold, r.status as entry_status,
    greatest(r.held_at, r.sold_at) as touched_at
    """,
    """
    seats s
    cross join lateral (select f.status, f.reservation_id from seat_states f
                         where f.tenant_id = s.tenant_id and f.plan_id = s.plan_id and f.seat_id = s.id limit 1) t
    left join seat_reservations r on r.tenant_id = s.tenant_id and r.id = t.reservation_id
    left join seat_reservation_items i
      on i.tenant_id = s.tenant_id and i.reservation_id = t.reservation_id and i.seat_id = s.id
    """,
    ("s.tenant_id", "s.id"),
    _owned_seat,
    "t.reservation_id is not null",
)
