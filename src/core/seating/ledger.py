"""The ledger's rules: what each command does to a reservation and its seats, decided on one picture at one moment.

Every function is pure: it gets the picture (locked by whoever calls), returns a `Change`, and on a refusal raises with
nothing changed. Memory and PostgreSQL both run these; only a hold has a second form in SQL, for speed.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from core.seating.drawn import HoldRules
from core.seating.errors import (
    HoldCeilingReachedError,
    MaxPerUserExceededError,
    NotHolderError,
    ReservationConflictError,
    ReservationExpiredError,
    SeatTakenError,
    TakenSeat,
    all_of,
)
from core.seating.reservations import HoldRequest, Reservation, ReservationSeat, ReservationStatus
from core.seating.seats import Available, Held, Reserved, SeatState, Sold, owner_of, state_at
from core.shared.errors import DomainError
from core.shared.holders import Holder
from core.shared.ids import OrderId, SeatId

HOLD_CEILING_TTLS = 3
"""A hold ends for good this many times its ttl after it began."""

type Picture = Mapping[SeatId, SeatState]
"""The states of the seats that a command is about, as they are stored (ended ones included)."""


class Happening(Enum):
    """What a command did."""

    NOTHING = "nothing"
    HELD = "held"
    EXTENDED = "extended"
    RESERVED = "reserved"
    SOLD = "sold"
    RELEASED = "released"
    RETURNED = "returned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Change:
    """A reservation after a command, what the command did, and the new states of the seats that it changed.

    A repeated command did NOTHING: there is nothing to store, and nothing to announce.
    """

    reservation: Reservation
    what: Happening = Happening.NOTHING
    seats: Picture = field(default_factory=dict[SeatId, SeatState])

    @property
    def happened(self) -> bool:
        return self.what is not Happening.NOTHING


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that the plan has no objection to, with what it would put on the reservation, by seat id.

    Made by `core.seating.hold_rules.claim`; only the seats and what the buyer has already can refuse it now.
    """

    request: HoldRequest
    rules: HoldRules
    seats: tuple[ReservationSeat, ...]


def hold(claim: Claim, *, states: Picture, owned: int, now: datetime) -> Change:
    """Hold all the seats or none, under a reservation id that is new.

    `states` has the seats of the claim as they are stored; `owned` is how many seats of the plan the account has.
    Raises `refusals` in one.
    """
    if reasons := refusals(claim, states=states, owned=owned, now=now):
        raise all_of(reasons)
    return held(claim, now=now)


def refusals(claim: Claim, *, states: Picture, owned: int, now: datetime) -> list[DomainError]:
    """Return why the ledger would refuse the claim: MaxPerUserExceededError, SeatTakenError, both or none."""
    taken = frozenset(id for id, state in states.items() if not isinstance(state_at(state, now), Available))
    return reasons_of(claim, taken=taken, owned=owned)


def reasons_of(claim: Claim, *, taken: Set[SeatId], owned: int) -> list[DomainError]:
    """Return the reasons that speak against a claim when these of its seats are taken."""
    reasons: list[DomainError] = []
    wanted, most = len(claim.request.seat_ids), claim.rules.max_per_user
    if owned + wanted > most:
        reasons.append(MaxPerUserExceededError.of(owned=owned, wanted=wanted, max_per_user=most))
    if taken:
        asked = {seat_id: index for index, seat_id in enumerate(claim.request.seat_ids)}
        seats = [TakenSeat(asked[s.seat_id], s.section, s.label) for s in claim.seats if s.seat_id in taken]
        reasons.append(SeatTakenError.of(seats))
    return reasons


def held(claim: Claim, *, now: datetime) -> Change:
    """Return what comes of a claim that nothing speaks against."""
    request, rules = claim.request, claim.rules
    until = now + timedelta(seconds=rules.hold_ttl_s)
    reservation = Reservation(
        id=request.reservation_id,
        plan_id=request.plan_id,
        ticket_id=rules.ticket_id,
        account_id=request.holder.account_id,
        token_sha256=request.new_token_sha256,
        status=ReservationStatus.HELD,
        seats=claim.seats,
        currency=rules.currency,
        hold_ttl_s=rules.hold_ttl_s,
        held_at=now,
        ceiling_at=now + timedelta(seconds=HOLD_CEILING_TTLS * rules.hold_ttl_s),
        expires_at=until,
    )
    state = Held(reservation.id, until)
    return Change(reservation, Happening.HELD, {seat.seat_id: state for seat in claim.seats})


def hold_again(reservation: Reservation, request: HoldRequest, *, now: datetime) -> Change:
    """Answer a hold whose id is known: the same seats for the same buyer are the same hold."""
    same = reservation.plan_id == request.plan_id and reservation.seat_ids == frozenset(request.seat_ids)
    if not same or not reservation.is_held_by(request.holder):
        raise ReservationConflictError("This reservation id stands for other seats or another buyer. Make a new id.")
    if reservation.has_ended(now):
        raise ReservationExpiredError("This hold has ended. Hold the seats again under a new reservation id.")
    return Change(reservation)


def extend(reservation: Reservation, *, by: Holder, seats: Picture, now: datetime) -> Change:
    """Let a live hold last a full ttl from now, though never beyond its ceiling."""
    _must_hold(reservation, by)
    _must_live(reservation, now)
    if reservation.status is not ReservationStatus.HELD:
        raise ReservationConflictError("The seats belong to an order by now, so the hold cannot be extended.")
    if reservation.expires_at >= reservation.ceiling_at:
        raise HoldCeilingReachedError("The hold was extended as long as it may be, and ends at its time.")
    until = min(now + timedelta(seconds=reservation.hold_ttl_s), reservation.ceiling_at)
    if until <= reservation.expires_at:
        return Change(reservation)
    moved = _moved(reservation, seats, Held, lambda seat: seat.extend(until=until))
    return Change(replace(reservation, expires_at=until), Happening.EXTENDED, moved)


def release_hold(reservation: Reservation, *, by: Holder, seats: Picture, now: datetime) -> Change:
    """Give the seats of a hold back; what has ended stays as it is."""
    _must_hold(reservation, by)
    if reservation.has_ended(now):
        return Change(reservation)
    if reservation.status is not ReservationStatus.HELD:
        raise ReservationConflictError("The seats belong to an order by now. Cancel the order instead.")
    return _ended(reservation, seats, Happening.RELEASED)


def reserve(
    reservation: Reservation, *, by: Holder, order_id: OrderId, until: datetime, seats: Picture, now: datetime
) -> Change:
    """Turn a live hold into the reservation of an order that lasts until `until`."""
    _must_hold(reservation, by)
    if reservation.order_id is not None:
        _must_belong(reservation, order_id)
        _must_live(reservation, now)
        return Change(reservation)
    _must_live(reservation, now)
    moved = _moved(reservation, seats, Held, lambda seat: seat.reserve(until=until))
    reserved = replace(reservation, status=ReservationStatus.RESERVED, order_id=order_id, expires_at=until)
    return Change(reserved, Happening.RESERVED, moved)


def protect(reservation: Reservation, *, order_id: OrderId, until: datetime, seats: Picture, now: datetime) -> Change:
    """Let a live reservation last until `until`, if that is later."""
    _must_belong(reservation, order_id)
    _must_live(reservation, now)
    if reservation.status is ReservationStatus.SOLD or until <= reservation.expires_at:
        return Change(reservation)
    moved = _moved(reservation, seats, Reserved, lambda seat: seat.protect(until=until))
    return Change(replace(reservation, expires_at=until), Happening.EXTENDED, moved)


def finalise(reservation: Reservation, *, order_id: OrderId, seats: Picture, now: datetime) -> Change:
    """Sell the seats to the order; never a silent success for a reservation that has ended."""
    _must_belong(reservation, order_id)
    _must_live(reservation, now)
    if reservation.status is ReservationStatus.SOLD:
        return Change(reservation)
    moved = _moved(reservation, seats, Reserved, lambda seat: seat.finalise())
    return Change(replace(reservation, status=ReservationStatus.SOLD, sold_at=now), Happening.SOLD, moved)


def reclaim(reservation: Reservation, *, order_id: OrderId, seats: Picture, now: datetime) -> Change:
    """Sell the very same seats although the reservation may have ended, all or none."""
    _must_belong(reservation, order_id)
    if not reservation.has_ended(now):
        return finalise(reservation, order_id=order_id, seats=seats, now=now)
    if reservation.sold_at is not None:
        raise ReservationExpiredError("These seats were sold and given back. They cannot be claimed again.")
    sold: dict[SeatId, SeatState] = {}
    taken: list[TakenSeat] = []
    for index, seat in enumerate(reservation.seats):
        match state_at(seats[seat.seat_id], now):
            case Available() as free:
                sold[seat.seat_id] = free.reclaim(by=reservation.id)
            case _:
                taken.append(TakenSeat(index, seat.section, seat.label))
    if taken:
        raise SeatTakenError.of(taken)
    return Change(replace(reservation, status=ReservationStatus.SOLD, sold_at=now), Happening.SOLD, sold)


def release(reservation: Reservation, *, order_id: OrderId, seats: Picture, now: datetime) -> Change:
    """Give the seats of an unpaid order back; what has ended stays as it is, what is sold stays sold."""
    _must_belong(reservation, order_id)
    if reservation.has_ended(now):
        return Change(reservation)
    if reservation.status is ReservationStatus.SOLD:
        raise ReservationConflictError("The seats are sold. Only a refund gives them back.")
    return _ended(reservation, seats, Happening.RELEASED)


def give_back(reservation: Reservation, *, order_id: OrderId, seats: Picture, now: datetime) -> Change:
    """Return the seats of a refunded order, sold or not, to the public."""
    _must_belong(reservation, order_id)
    if reservation.has_ended(now):
        return Change(reservation)
    sold = reservation.status is ReservationStatus.SOLD
    return _ended(reservation, seats, Happening.RETURNED if sold else Happening.RELEASED)


def expire(reservation: Reservation, *, seats: Picture, now: datetime) -> Change:
    """Tidy up an entry whose time has come: seats that nobody took since are marked available."""
    timed = reservation.status in {ReservationStatus.HELD, ReservationStatus.RESERVED}
    if not timed or not reservation.has_ended(now):
        return Change(reservation)
    return _ended(reservation, seats, Happening.EXPIRED)


def end_hold(reservation: Reservation, *, seats: Picture, now: datetime) -> Change:
    """Give the seats of a live hold back because one of them goes; an order's seats stay the order's."""
    if reservation.status is not ReservationStatus.HELD or reservation.has_ended(now):
        return Change(reservation)
    return _ended(reservation, seats, Happening.RELEASED)


def _must_hold(reservation: Reservation, by: Holder) -> None:
    if not reservation.is_held_by(by):
        raise NotHolderError("These seats are held by somebody else.")


def _must_belong(reservation: Reservation, order_id: OrderId) -> None:
    if reservation.order_id != order_id:
        raise ReservationConflictError("The reservation does not belong to this order.")


def _must_live(reservation: Reservation, now: datetime) -> None:
    if reservation.has_ended(now):
        raise ReservationExpiredError("The reservation has ended, and its seats are free for others.")


def _moved[S: (Held, Reserved)](
    reservation: Reservation, seats: Picture, kind: type[S], move: Callable[[S], SeatState]
) -> dict[SeatId, SeatState]:
    """Move every seat; raises ReservationExpiredError when one has gone to somebody whose clock was ahead of ours."""
    moved: dict[SeatId, SeatState] = {}
    for seat_id in reservation.seat_ids:
        state = seats[seat_id]
        if not isinstance(state, kind) or state.reservation_id != reservation.id:
            raise ReservationExpiredError("The reservation has ended, and one of its seats went to somebody else.")
        moved[seat_id] = move(state)
    return moved


def _ended(reservation: Reservation, seats: Picture, what: Happening) -> Change:
    freed: dict[SeatId, SeatState] = {}
    for seat_id, state in seats.items():
        if owner_of(state) == reservation.id:
            if isinstance(state, Held | Reserved):
                freed[seat_id] = state.release()
            elif isinstance(state, Sold):
                freed[seat_id] = state.give_back()
    expired = what is Happening.EXPIRED
    status = ReservationStatus.EXPIRED if expired else ReservationStatus.RELEASED
    return Change(replace(reservation, status=status, returned=frozenset()), what, freed)
