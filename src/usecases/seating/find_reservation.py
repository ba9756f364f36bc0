"""Look a reservation up that may not be there."""

from core.seating.errors import ReservationNotFoundError
from core.seating.reservations import Reservation
from core.shared.callers import Caller
from core.shared.ids import ReservationId
from ports.seating import SeatingTransactions


async def find_reservation(
    transactions: SeatingTransactions, reservation_id: ReservationId, *, caller: Caller
) -> Reservation | None:
    """Return what the id stands for in the caller's tenant at this moment, live or ended; None when it is new."""
    async with transactions.begin(caller.tenant_id) as tx:
        try:
            return await tx.seats.get(reservation_id)
        except ReservationNotFoundError:
            return None
