"""Hold the best seats that are free."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from core.seating.best_available import SeatWish, choose, explain, lot
from core.seating.errors import (
    AccessibleSeatError,
    NotEnoughSeatsError,
    PlanNotActiveError,
    ReservationConflictError,
    SalesClosedError,
    SalesNotOpenError,
    SeatKeptError,
    SeatTakenError,
    SeatTooDearError,
    TicketNotOnSaleError,
    TooManySeatsError,
    all_of,
)
from core.seating.hold_rules import seats_kept_from, too_many_seats
from core.seating.plan_change_errors import PlanChangingError
from core.seating.plans import SeatingPlan
from core.seating.reservations import Reservation
from core.seating.ticket_sale import TicketSale
from core.shared.callers import Caller
from core.shared.errors import DomainError, InvalidInputError, Problem
from core.shared.ids import PlanId, ReservationId, SeatId, TenantId
from ports.seating import SeatingTransactions
from usecases.seating.find_reservation import find_reservation
from usecases.seating.hold_seats import NOTHING_SHOWN, HoldSeats, NewHold, Showing
from usecases.seating.looking import Look, Pictures

TRIES_MAX = 8
"""So often the seats are chosen again when others were faster."""

_OF_THE_TICKET = (TicketNotOnSaleError, SalesNotOpenError, SalesClosedError)
"""Refusals that no look at the plan would change."""

_UNLESS_KNOWN = (
    *_OF_THE_TICKET,
    InvalidInputError,
    NotEnoughSeatsError,
    PlanChangingError,
    PlanNotActiveError,
    ReservationConflictError,
    SeatKeptError,
    TooManySeatsError,
)
"""Refusals that do not hold for an id whose hold was granted before: it is looked up before one of them is told."""


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
    pictures: Pictures
    hold: HoldSeats
    _sorting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False, compare=False)

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

        The seats are chosen on a picture that may be a moment old, and only the hold decides: where somebody was
        faster, others are chosen on a fresh look, at most TRIES_MAX times, and so where prices have risen over the
        wish's since the look, or accessible seats are not released after all. Nothing is refused without a fresh look,
        but for what the ticket itself forbids.
        Raises InvalidInputError for a price in another currency, PlanNotFoundError, PlanNotActiveError,
        TicketNotOnSaleError, SalesNotOpenError, SalesClosedError, TooManySeatsError, NotEnoughSeatsError,
        MaxPerUserExceededError, ReservationConflictError for an id that stands for something else,
        ReservationExpiredError, and SeatTakenError, SeatTooDearError or AccessibleSeatError after the last
        try.
        """
        price_max_minor = wish.price_max.amount_minor if wish.price_max is not None else None
        showing = replace(showing, accessible=wish.accessible)
        tries, fresh = 0, False
        while tries < TRIES_MAX:
            # Before the look, since whoever waits between look and choice may choose what others chose meanwhile.
            sale = await self._sale(plan_id, tenant_id=caller.tenant_id)
            look = await self._look(plan_id, wish, tenant_id=caller.tenant_id, fresh=fresh)
            masks = look.catalogue.masks
            try:
                access, now = showing.access(plan_id, caller), self.pictures.clock.now()
                _must_be_allowed(look.catalogue.plan, wish, sale.objections(by_staff=access.sells, now=now))
                kept = seats_kept_from(access, look.catalogue, now=now)
                open_to_them = Look(look.catalogue, masks.without(look.free, kept)) if kept else look
                released = look.catalogue.plan.accessible_is_released(now)
                draw = lot(reservation_id, tries=tries)
                seat_ids = await self._choose(open_to_them, wish, *draw, released=released)
                with self.pictures.picked(caller.tenant_id, plan_id, seat_ids):
                    held = await self.hold(
                        plan_id,
                        reservation_id,
                        seat_ids,
                        caller=caller,
                        hold_token=hold_token,
                        showing=showing,
                        price_max_minor=price_max_minor,
                    )
                return BestHold(held, *explain(masks, seat_ids, companions=wish.companions))
            except SeatTakenError:
                tries, fresh = tries + 1, True
            except (SeatTooDearError, AccessibleSeatError):
                tries, fresh = tries + 1, True
                if tries == TRIES_MAX:
                    raise
            except _UNLESS_KNOWN as refused:
                known = await find_reservation(self.transactions, reservation_id, caller=caller)
                if known is not None:
                    seat_ids = _seats_of(known, plan_id, wish)
                    held = await self.hold(
                        plan_id, reservation_id, seat_ids, caller=caller, hold_token=hold_token, showing=showing
                    )
                    return BestHold(held, *explain(masks, seat_ids, companions=wish.companions))
                if fresh or isinstance(refused, (ReservationConflictError, *_OF_THE_TICKET)):
                    raise
                fresh = True
        raise SeatTakenError("Others were faster each time. No seat was held; try again.")

    async def _sale(self, plan_id: PlanId, *, tenant_id: TenantId) -> TicketSale:
        # A plan keeps its ticket, so that the remembered plan is as good as any.
        plan = (await self.pictures.catalogues.of(tenant_id, plan_id, now=self.pictures.clock.now())).plan
        return await self.hold.grant.sales.of(tenant_id, plan.ticket_id, now=self.pictures.clock.now())

    async def _look(self, plan_id: PlanId, wish: SeatWish, *, tenant_id: TenantId, fresh: bool) -> Look:
        look = await self.pictures.look(tenant_id, plan_id, fresh=fresh)
        masks = look.catalogue.masks
        if not wish.companions and not masks.knows_nearness(wish.quantity):
            async with self._sorting:
                await asyncio.to_thread(masks.nearness, wish.quantity)  # takes long enough for others to notice
            look = await self.pictures.look(tenant_id, plan_id)  # seats have gone meanwhile
        return look

    async def _choose(self, look: Look, wish: SeatWish, among: int, draw: int, *, released: bool) -> tuple[SeatId, ...]:
        choose_by = partial(choose, look.catalogue.masks, look.free, among=among, draw=draw, released=released)
        # At once if there is room together, so that nobody else chooses the same seats meanwhile; a search for splits
        # goes to a thread, since it takes long enough for others to notice.
        seats = choose_by(replace(wish, allow_split=False))
        if seats is None and wish.allow_split:
            seats = await asyncio.to_thread(choose_by, wish)
        if seats is None:
            raise _not_enough(wish)
        return tuple(seat.id for seat in seats)


def _seats_of(known: Reservation, plan_id: PlanId, wish: SeatWish) -> tuple[SeatId, ...]:
    if known.plan_id != plan_id or len(known.seats) != wish.seats_count:
        raise ReservationConflictError("This reservation id stands for other seats. Make a new id.")
    return tuple(seat.seat_id for seat in known.seats)


def _must_be_allowed(plan: SeatingPlan, wish: SeatWish, of_the_ticket: Sequence[DomainError]) -> None:
    if wish.price_max is not None and wish.price_max.currency != plan.ticket_price.currency:
        message = f"The prices of this plan are in {plan.ticket_price.currency}."
        raise InvalidInputError(message, [Problem("/bestAvailable/priceMax/currency", message)])
    if plan.rules.changing:
        raise PlanChangingError
    if not plan.rules.active:
        raise PlanNotActiveError("The seating plan is not on sale.")
    reasons = [*of_the_ticket]
    if wish.seats_count > plan.seats_max_per_order:
        reasons.append(too_many_seats(plan.seats_max_per_order))
    if reasons:
        raise all_of(reasons)


def _not_enough(wish: SeatWish) -> NotEnoughSeatsError:
    if wish.companions:
        together = "" if wish.allow_split else " together"
        text = f"accessible places ({wish.quantity}) with seats for companions ({wish.companions})"
        return NotEnoughSeatsError(f"There are no {text} free{together}.")
    if wish.quantity == 1:
        return NotEnoughSeatsError("No seat like that is free.")
    beside = "" if wish.allow_split else " side by side"
    return NotEnoughSeatsError(f"There are no {wish.quantity} seats like that free{beside}.")
