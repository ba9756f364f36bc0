"""What orders do with seats: reserve, protect, finalise, reclaim and release."""

from dataclasses import dataclass
from datetime import datetime

from core.seating import ledger
from core.seating.errors import SeatTakenError
from core.seating.reservations import Reservation
from core.shared.holders import holder_of
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.seating import SeatingTransactions
from usecases.seating.announcements import save_and_announce
from usecases.seating.replace_seats import replacement_of


@dataclass(frozen=True, slots=True)
class ReserveSeats:
    """For orders: turn a hold into the reservation of an order."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(
        self,
        reservation_id: ReservationId,
        *,
        tenant_id: TenantId,
        order_id: OrderId,
        account_id: AccountId,
        hold_token: str | None,
        until: datetime,
    ) -> Reservation:
        """Return the reservation.

        Raises ReservationNotFoundError, NotHolderError, ReservationConflictError, ReservationExpiredError.
        """
        by = holder_of(account_id, hold_token)
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            change = ledger.reserve(
                entry.reservation, by=by, order_id=order_id, until=until, seats=entry.seats, now=now
            )
            await save_and_announce(tx, [change], now=now)
        return change.reservation


@dataclass(frozen=True, slots=True)
class ProtectReservation:
    """For orders: a payment is being processed."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(
        self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId, until: datetime
    ) -> None:
        """Let the reservation last until `until`, if that is later.

        Raises ReservationNotFoundError, ReservationConflictError, ReservationExpiredError.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            change = ledger.protect(entry.reservation, order_id=order_id, until=until, seats=entry.seats, now=now)
            await save_and_announce(tx, [change], now=now)


@dataclass(frozen=True, slots=True)
class FinaliseReservation:
    """For orders: the money is there."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Sell the seats; fine when they are sold to this order already.

        Raises ReservationNotFoundError, ReservationConflictError, ReservationExpiredError.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            change = ledger.finalise(entry.reservation, order_id=order_id, seats=entry.seats, now=now)
            await save_and_announce(tx, [change], now=now)


@dataclass(frozen=True, slots=True)
class ReclaimSeats:
    """For orders: the money came after the reservation had ended."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Sell the very same seats, all or none.

        Raises ReservationNotFoundError, ReservationConflictError, SeatTakenError (also when the order has other seats
        instead), and ReservationExpiredError for seats that were sold and given back.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            if await replacement_of(tx, reservation_id, order_id) is not None:
                raise SeatTakenError("The order has other seats instead of these.")
            change = ledger.reclaim(entry.reservation, order_id=order_id, seats=entry.seats, now=now)
            await save_and_announce(tx, [change], now=now)


@dataclass(frozen=True, slots=True)
class ReleaseReservation:
    """For orders: the order will not be paid."""

    transactions: SeatingTransactions
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Give the seats back; fine when they are released or the reservation has ended.

        Raises ReservationNotFoundError, and ReservationConflictError for another order's or for sold seats.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            entry = await tx.seats.lock(reservation_id)
            change = ledger.release(entry.reservation, order_id=order_id, seats=entry.seats, now=now)
            await save_and_announce(tx, [change], now=now)
