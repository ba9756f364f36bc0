"""Hold the best seats that are free."""

import asyncio
from dataclasses import dataclass

from core.seating.best_available import SeatWish, choose, explain, lot
from core.seating.errors import (
    NotEnoughSeatsError,
    PlanNotActiveError,
    ReservationConflictError,
    SeatTakenError,
)
from core.seating.hold_rules import too_many_seats
from core.seating.plans import SeatingPlan
from core.seating.reservations import Reservation
from core.shared.callers import Caller
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import PlanId, ReservationId, SeatId
from ports.clock import Clock
from ports.seating import SeatingTransactions
from usecases.seating.hold_seats import NOTHING_SHOWN, HoldSeats, NewHold, Showing
from usecases.seating.looking import look_around

TRIES_MAX = 8
"""So often the seats are chosen again when others were faster."""


@dataclass(frozen=True, slots=True)
class BestHold:
    """A hold of seats that were chosen for the buyer, and why these."""

    new: NewHold
    adjacent: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class HoldBestAvailable:
    """Open to any caller of the tenant, on every plan; all the seats or none."""

    transactions: SeatingTransactions
    hold: HoldSeats
    clock: Clock

    async def __call__(
        self,
        plan_id: PlanId,
        reservation_id: ReservationId,
        wish: SeatWish,
        *,
        caller: Caller,
        hold_token: str | None = None,
        showing: Showing = NOTHING_SHOWN,
    ) -> BestHold:
        """Return the hold; asking again with the same id gives the same seats, whatever is free by then.

        The seats are chosen on a snapshot, and only the hold decides: where somebody was faster, others are chosen, at
        most TRIES_MAX times. Raises InvalidInputError for a price in another currency, PlanNotFoundError,
        PlanNotActiveError, TooManySeatsError, NotEnoughSeatsError, MaxPerUserExceededError, ReservationConflictError
        for an id that stands for something else, ReservationExpiredError, and SeatTakenError after the last try.
        """
        for tries in range(TRIES_MAX):
            look = await look_around(self.transactions, plan_id, reservation_id, caller=caller, now=self.clock.now())
            hall = look.hall
            if look.known is not None:
                seat_ids = _seats_of(look.known, plan_id, wish)
            else:
                _must_be_allowed(look.plan, wish)
                among, draw = lot(reservation_id, tries=tries)
                # In a thread, since a large plan takes long enough for others to notice.
                seats = await asyncio.to_thread(choose, hall, look.free, wish, among=among, draw=draw)
                if seats is None:
                    raise _not_enough(wish)
                seat_ids = tuple(seat.id for seat in seats)
            try:
                held = await self.hold(
                    plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token, showing=showing
                )
            except SeatTakenError:
                continue
            except ReservationConflictError:
                if look.known is not None:
                    raise
                continue  # the same wish was granted a moment ago: what it was given is found by looking again
            return BestHold(held, *explain(hall, seat_ids))
        raise SeatTakenError("Others were faster each time. No seat was held; try again.")


def _seats_of(known: Reservation, plan_id: PlanId, wish: SeatWish) -> tuple[SeatId, ...]:
    if known.plan_id != plan_id or len(known.seats) != wish.quantity:
        raise ReservationConflictError("This reservation id stands for other seats. Make a new id.")
    return tuple(seat.seat_id for seat in known.seats)


def _must_be_allowed(plan: SeatingPlan, wish: SeatWish) -> None:
    if wish.price_max is not None and wish.price_max.currency != plan.ticket_price.currency:
        message = f"The prices of this plan are in {plan.ticket_price.currency}."
        raise InvalidInputError(message, [Problem("/bestAvailable/priceMax/currency", message)])
    if not plan.rules.active:
        raise PlanNotActiveError("The seating plan is not on sale.")
    if wish.quantity > plan.seats_max_per_order:
        raise too_many_seats(plan.seats_max_per_order)


def _not_enough(wish: SeatWish) -> NotEnoughSeatsError:
    if wish.quantity == 1:
        return NotEnoughSeatsError("No seat like that is free.")
    beside = "" if wish.allow_split else " side by side"
    return NotEnoughSeatsError(f"There are no {wish.quantity} seats like that free{beside}.")
