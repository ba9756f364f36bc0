"""The box office takes seats off sale, and puts them back; who did it, when and why is kept for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.seating.errors import SeatTakenError, TakenSeat, UnknownSeatError
from core.seating.ledger import Picture
from core.seating.reservations import ReservationSeat
from core.seating.seats import Available, Blocked, SeatState, state_at
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, PlanId, SeatId

SEATS_PER_BLOCK_MAX = 5_000
REASON_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class WantedSeat:
    """A seat of the plan with its stored state."""

    seat: ReservationSeat
    state: SeatState


class Deed(StrEnum):
    """What was done to a seat; HELD_FOR is a hold that staff made for a customer, RETURNED is a refund.

    RELEASE_SET says when an accessible seat, or one of a companion, is to be anybody's; without a time, never.
    """

    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ALLOTTED = "allotted"
    RELEASED = "released"
    HELD_FOR = "held_for"
    RETURNED = "returned"
    RELEASE_SET = "release_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of a seat's audit: lines are added, never changed."""

    seat_id: SeatId
    what: Deed
    by: AccountId
    at: datetime
    reason: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """A deed of the box office: the seats that it changed, with their new states. Without seats nothing happened.

    `reason` and `until` belong to a block; `until` None means until somebody unblocks.
    """

    plan_id: PlanId
    what: Deed
    by: AccountId
    at: datetime
    reason: str | None = None
    until: datetime | None = None
    seats: Picture = field(default_factory=dict[SeatId, SeatState])

    def lines(self) -> list[AuditLine]:
        """Return a line of audit for each seat that was changed."""
        return [
            AuditLine(seat_id=seat_id, what=self.what, by=self.by, at=self.at, reason=self.reason, until=self.until)
            for seat_id in self.seats
        ]


def block(
    plan_id: PlanId,
    asked: Sequence[SeatId],
    *,
    seats: Mapping[SeatId, WantedSeat],
    reason: str,
    until: datetime | None,
    by: AccountId,
    now: datetime,
) -> Intervention:
    """Block all the seats or none. `seats` has those that the plan knows.

    Raises InvalidInputError for an `until` that has passed, for no reason, and for a bad list of seats;
    UnknownSeatError; and SeatTakenError that names every seat which is not available, blocked ones too.
    """
    _must_be_a_list(asked)
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        message = f"A reason has 1 to {REASON_LENGTH_MAX} characters."
        raise InvalidInputError(message, [Problem("/reason", message)])
    if until is not None and until <= now:
        message = "A block ends in the future."
        raise InvalidInputError(message, [Problem("/until", message)])
    _must_be_known(asked, seats)
    blocked: dict[SeatId, SeatState] = {}
    taken: list[TakenSeat] = []
    for index, seat_id in enumerate(asked):
        wanted = seats[seat_id]
        match state_at(wanted.state, now):
            case Available() as free:
                blocked[seat_id] = free.block(reason=reason, until=until)
            case _:
                taken.append(TakenSeat(index, wanted.seat.section, wanted.seat.label))
    if taken:
        raise SeatTakenError.of(taken, outcome="No seat was blocked.")
    return Intervention(plan_id=plan_id, what=Deed.BLOCKED, by=by, at=now, reason=reason, until=until, seats=blocked)


def unblock(
    plan_id: PlanId, asked: Sequence[SeatId], *, seats: Mapping[SeatId, WantedSeat], by: AccountId, now: datetime
) -> Intervention:
    """Put the blocked ones of the seats back on sale; what is not blocked stays as it is.

    Raises InvalidInputError for a bad list of seats, UnknownSeatError.
    """
    _must_be_a_list(asked)
    _must_be_known(asked, seats)
    freed: dict[SeatId, SeatState] = {}
    for seat_id in asked:
        state = state_at(seats[seat_id].state, now)
        if isinstance(state, Blocked):
            freed[seat_id] = state.unblock()
    return Intervention(plan_id=plan_id, what=Deed.UNBLOCKED, by=by, at=now, seats=freed)


def _must_be_a_list(asked: Sequence[SeatId]) -> None:
    if not 1 <= len(asked) <= SEATS_PER_BLOCK_MAX:
        message = f"1 to {SEATS_PER_BLOCK_MAX} seats belong here, not {len(asked)}."
        raise InvalidInputError(message, [Problem("/seatIds", message)])
    if len(set(asked)) < len(asked):
        message = "A seat is named twice."
        raise InvalidInputError(message, [Problem("/seatIds", message)])


def _must_be_known(asked: Sequence[SeatId], seats: Mapping[SeatId, WantedSeat]) -> None:
    unknown = [seat_id for seat_id in asked if seat_id not in seats]
    if unknown:
        raise UnknownSeatError.of(asked, unknown=unknown)
