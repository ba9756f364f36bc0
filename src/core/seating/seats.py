"""A seat's state is a type, and each transition a method of the state that allows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from core.shared.ids import ReservationId


@dataclass(frozen=True, slots=True)
class Available:
    """Anybody may hold the seat."""

    def reclaim(self, *, by: ReservationId) -> "Sold":
        """Sell at once to a reservation that ended too early: its money was taken."""
        return Sold(by)

    def block(self, *, reason: str, until: datetime | None) -> "Blocked":
        return Blocked(reason, until)


@dataclass(frozen=True, slots=True)
class Held:
    """Taken for minutes while someone decides; over at `until` exactly, whether or not anything tidied it."""

    reservation_id: ReservationId
    until: datetime

    def extend(self, *, until: datetime) -> "Held":
        return Held(self.reservation_id, until)

    def reserve(self, *, until: datetime) -> "Reserved":
        return Reserved(self.reservation_id, until)

    def release(self) -> Available:
        return Available()


@dataclass(frozen=True, slots=True)
class Reserved:
    """Promised to an order that is being paid; over at `until` exactly."""

    reservation_id: ReservationId
    until: datetime

    def protect(self, *, until: datetime) -> "Reserved":
        return Reserved(self.reservation_id, until)

    def finalise(self) -> "Sold":
        return Sold(self.reservation_id)

    def release(self) -> Available:
        return Available()


@dataclass(frozen=True, slots=True)
class Sold:
    """The buyer's, until a refund or an exchange gives it back."""

    reservation_id: ReservationId

    def give_back(self) -> Available:
        return Available()


@dataclass(frozen=True, slots=True)
class Blocked:
    """Kept off sale by staff; `until` None means until somebody unblocks it."""

    reason: str
    until: datetime | None = None

    def unblock(self) -> Available:
        return Available()


type SeatState = Available | Held | Reserved | Sold | Blocked


def state_at(state: SeatState, now: datetime) -> SeatState:
    """Return what the state is at this moment: an ended hold, reservation or block leaves the seat available."""
    match state:
        case Held(until=until) | Reserved(until=until):
            return Available() if now >= until else state
        case Blocked(until=until):
            return Available() if until is not None and now >= until else state
        case Available() | Sold():
            return state
        case _ as never:
            assert_never(never)


def letter_of(state: SeatState) -> str:
    """Return the letter that stands for a state in a row of letters: the first of its word."""
    match state:
        case Available():
            return "A"
        case Held():
            return "H"
        case Reserved():
            return "R"
        case Sold():
            return "S"
        case Blocked():
            return "B"
        case _ as never:
            assert_never(never)


def owner_of(state: SeatState) -> ReservationId | None:
    """Return the reservation that the state names, ended or not."""
    match state:
        case Held(reservation_id=owner) | Reserved(reservation_id=owner) | Sold(reservation_id=owner):
            return owner
        case Available() | Blocked():
            return None
        case _ as never:
            assert_never(never)
