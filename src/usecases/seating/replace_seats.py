"""Give an order other seats when its money came after its own had gone."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from core.seating.as_good import as_good_as
from core.seating.catalogue import Catalogue
from core.seating.errors import (
    NoOtherSeatsError,
    ReservationExpiredError,
    ReservationNotFoundError,
    SeatTakenError,
)
from core.seating.instead import must_be_replaceable, sell_instead
from core.seating.reservations import Reservation, ReservationSeat, ReservationStatus
from core.shared.errors import UnavailableError
from core.shared.ids import OrderId, ReservationId, TenantId
from ports.clock import Clock
from ports.published.seating import replacement_id
from ports.seating import SeatingTransaction, SeatingTransactions
from usecases.seating.announcements import announce
from usecases.seating.catalogues import Catalogues

TRIES_MAX = 8
"""So often seats are looked for again when others were faster, or the plan was changed."""


@dataclass(frozen=True, slots=True)
class ReplaceSeats:
    """For orders whose buyers allowed it: seats as good as those of a reservation that has ended are found and sold.

    Each try is one transaction, under the lock of the old reservation. The old one stays ended; the new one has an id
    that follows from it and the order, and keeps the prices that were paid. Asked again, it answers the same.
    """

    transactions: SeatingTransactions
    catalogues: Catalogues
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> Reservation:
        """Return the reservation that has the seats; the old one, if its own seats are sold to the order.

        Raises ReservationNotFoundError; ReservationConflictError while the reservation lasts, or for another order's;
        ReservationExpiredError when what the order had was sold and given back; NoOtherSeatsError, also while the plan
        is not on sale and when others were faster each time.
        """
        async with self.transactions.begin(tenant_id) as tx:
            plan_id = (await tx.seats.get(reservation_id)).plan_id
        outdated: int | None = None
        for _ in range(TRIES_MAX):
            catalogue = await self.catalogues.of(tenant_id, plan_id, now=self.clock.now(), newer_than=outdated)
            try:
                async with self.transactions.begin(tenant_id) as tx:
                    sold = await self._sold(tx, reservation_id, order_id, catalogue)
            except SeatTakenError:
                continue
            if sold is not None:
                return sold
            outdated = catalogue.plan.version
        raise NoOtherSeatsError("Others were faster each time. No seat was sold.")

    async def _sold(
        self, tx: SeatingTransaction, reservation_id: ReservationId, order_id: OrderId, catalogue: Catalogue
    ) -> Reservation | None:
        """Return the reservation, or None when the catalogue is older than the plan."""
        now = self.clock.now()
        old = await tx.seats.lock_alone(reservation_id)
        if old.order_id == order_id and old.status is ReservationStatus.SOLD:
            return old
        must_be_replaceable(old, order_id=order_id, now=now)
        known = await replacement_of(tx, reservation_id, order_id)
        if known is not None:
            if known.has_ended(now):
                raise ReservationExpiredError("The other seats of this order were given back.")
            return known
        plan = await tx.plans.get(old.plan_id)
        if plan.version != catalogue.plan.version:
            return None
        if plan.rules.changing:
            raise UnavailableError("The seating plan is being changed.")
        if not plan.rules.active:
            raise NoOtherSeatsError("The seating plan is not on sale.")
        seats = await _chosen(tx, old, catalogue, now=now)
        locked = await tx.blocks.lock(plan.id, [seat.seat_id for seat in seats])
        change = sell_instead(
            old,
            reservation_id=ReservationId(replacement_id(order_id=order_id, reservation_id=reservation_id)),
            seats=seats,
            order_id=order_id,
            states={seat_id: wanted.state for seat_id, wanted in locked.items()},
            now=now,
        )
        await tx.seats.add(change)
        await announce(tx, change, now=now)
        return change.reservation


async def replacement_of(
    tx: SeatingTransaction, reservation_id: ReservationId, order_id: OrderId
) -> Reservation | None:
    """Return what stands in the place of an order's reservation, live or ended; None where nothing ever did.

    Whoever has locked the reservation can rely on it.
    """
    try:
        return await tx.seats.get(ReservationId(replacement_id(order_id=order_id, reservation_id=reservation_id)))
    except ReservationNotFoundError:
        return None


async def _chosen(
    tx: SeatingTransaction, old: Reservation, catalogue: Catalogue, *, now: datetime
) -> tuple[ReservationSeat, ...]:
    masks, ends = catalogue.masks, (catalogue.seats[0].id, catalogue.seats[-1].id)
    free = masks.free_in((await tx.seats.letters(old.plan_id, now=now, between=ends)).letters)
    # In a thread, since a large plan takes long enough for others to notice.
    seats = await asyncio.to_thread(as_good_as, [seat.seat_id for seat in old.seats], free, catalogue, now=now)
    if seats is None:
        raise NoOtherSeatsError("No seats as good as these are free.")
    chosen = [replace(catalogue.lines[seats[seat.seat_id]], price_minor=seat.price_minor) for seat in old.seats]
    return tuple(sorted(chosen, key=lambda seat: seat.seat_id))
