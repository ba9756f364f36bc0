"""What must hold after every run, however fast it was: looked up as the superuser, beside all of our code."""

from dataclasses import dataclass

import asyncpg

from tests.benchmarks.hall import SEATS_A_HOLD
from tests.seats_now import SEATS_NOW


@dataclass(frozen=True, slots=True)
class Audit:
    """What stands in the database after a run, and every way in which it contradicts itself or the answers."""

    what: str
    holds: int
    seats_by_state: dict[str, int]
    twice: int
    faults: tuple[str, ...]


async def audit(admin_url: str, *, what: str, seats: int, holds: int, ended: int = 0) -> Audit:
    """Compare the tables of venue_db with each other, and with the holds that callers were told they have.

    `ended` is how many holds were put there beforehand that had ended; some may not be marked so yet.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        states = await connection.fetch(
            f"select status, count(*) as seats from {SEATS_NOW} s group by status order by status"
        )
        by_state = {str(row["status"]): int(row["seats"]) for row in states}
        twice = int(
            await connection.fetchval(
                "select count(*) from (select from seat_reservation_items i"
                "  join seat_reservations r on r.tenant_id = i.tenant_id and r.id = i.reservation_id"
                " where r.status = 'HELD' group by i.tenant_id, i.seat_id having count(*) > 1) twice"
            )
        )
        found = {
            "seats that two reservations hold": twice,
            "seats that are held without an item of the same reservation, or the other way round": (
                await connection.fetchval(
                    "select count(*) from (select * from seat_states where status = 'HELD') s"
                    " full join (select i.* from seat_reservation_items i join seat_reservations r"
                    "   on r.tenant_id = i.tenant_id and r.id = i.reservation_id where r.status = 'HELD') i"
                    " on i.tenant_id = s.tenant_id and i.seat_id = s.seat_id and i.reservation_id = s.reservation_id"
                    " where s.seat_id is null or i.seat_id is null"
                )
            ),
            "reservations that do not have four items": await connection.fetchval(
                "select count(*) from seat_reservations r where seats_count <> $1 or $1 <>"
                " (select count(*) from seat_reservation_items i"
                "   where i.tenant_id = r.tenant_id and i.reservation_id = r.id)",
                SEATS_A_HOLD,
            ),
        }
        stored = await connection.fetchval("select count(*) from seat_reservations")
        held = await connection.fetchval("select count(*) from seat_reservations where status = 'HELD'")
        live = await connection.fetchval(
            "select count(*) from seat_reservations where status = 'HELD' and expires_at > now()"
        )
    finally:
        await connection.close()
    faults = [f"{count} {fault}" for fault, count in found.items() if count]
    if stored != holds + ended:
        faults.append(f"{stored} reservations are stored, but {holds + ended} should be")
    if live != holds:
        faults.append(f"{live} holds are live, but {holds} were granted")
    if by_state.get("HELD", 0) != held * SEATS_A_HOLD:
        faults.append(f"{by_state.get('HELD', 0)} seats are held, but {held * SEATS_A_HOLD} by reservations")
    if sum(by_state.values()) != seats:
        faults.append(f"the states of {sum(by_state.values())} seats are known, but there are {seats}")
    return Audit(what, holds, by_state, twice, tuple(faults))
