"""Read, extend and release a hold."""

from dataclasses import dataclass

from core.seating import ledger
from core.seating.errors import NotHolderError
from core.seating.reservations import Reservation
from core.shared.callers import SELLERS, Caller
from core.shared.holders import holder_of
from core.shared.ids import ReservationId
from ports.clock import Clock
from ports.seating import SeatingTransactions
from usecases.seating.announcements import save_and_announce


@dataclass(frozen=True, slots=True)
class ReadHold:
    """Open to the holder, and to staff who sell."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, caller: Caller, hold_token: str | None) -> Reservation:
        """Return the hold as it is now, whatever became of it; raises ReservationNotFoundError, NotHolderError."""
        async with self.transactions.begin(caller.tenant_id) as tx:
            reservation = await tx.seats.get(reservation_id)
        if caller.role not in SELLERS and not reservation.is_held_by(holder_of(caller.account_id, hold_token)):
            raise NotHolderError("These seats are held by somebody else.")
        return reservation.at(self.clock.now())


@dataclass(frozen=True, slots=True)
class ExtendHold:
    """Open to the holder."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, caller: Caller, hold_token: str | None) -> Reservation:
        """Return the hold with its new end.

        Raises ReservationNotFoundError, NotHolderError, ReservationExpiredError, ReservationConflictError for a
        reservation of an order, HoldCeilingReachedError.
        """
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            change = ledger.extend(
                entry.reservation, by=holder_of(caller.account_id, hold_token), seats=entry.seats, now=now
            )
            await save_and_announce(tx, [change], now=now)
        return change.reservation


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Open to the holder."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, caller: Caller, hold_token: str | None) -> None:
        """Give the seats back; releasing what is released or ended is fine.

        Raises ReservationNotFoundError, NotHolderError, ReservationConflictError for a reservation of an order.
        """
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            by = holder_of(caller.account_id, hold_token)
            change = ledger.release_hold(entry.reservation, by=by, seats=entry.seats, now=now)
            await save_and_announce(tx, [change], now=now)
