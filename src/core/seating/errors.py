"""What seating refuses, each by a code that clients may rely on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from core.shared.errors import DomainError, Problem

NAMES_MAX = 20
"""A message names this many seats at most; the problems name every one."""


def all_of(reasons: Sequence[DomainError]) -> DomainError:
    """Return one refusal for all its reasons: the code of the first, and the words and problems of every one."""
    if len(reasons) == 1:
        return reasons[0]
    whole = type(reasons[0]).__new__(type(reasons[0]))  # its own way of being made may take no words
    DomainError.__init__(whole, " ".join(map(str, reasons)), [each for one in reasons for each in one.problems])
    return whole


class PlanNotFoundError(DomainError):
    """The tenant has no such seating plan."""

    code = "seating.plan_not_found"


class InvalidPlanError(DomainError):
    """The plan that was sent has faults; `problems` point at each."""

    code = "seating.plan_invalid"


class InvalidPriceTiersError(DomainError):
    """Price tiers name what the plan does not have, or contradict each other."""

    code = "seating.price_tiers_invalid"


class PlanNotReadyError(DomainError):
    """The plan has faults that forbid selling from it."""

    code = "seating.plan_not_ready"


class PlanNotActiveError(DomainError):
    """The plan is not on sale: a draft, or taken out of use."""

    code = "seating.plan_not_active"


class PlanPublishedError(DomainError):
    """The plan was on sale once, so that its layout can no longer be changed."""

    code = "seating.plan_published"


class TicketNotOnSaleError(DomainError):
    """The plan's ticket is a draft, so that nobody may hold its seats yet."""

    code = "seating.ticket_not_on_sale"


class SeatEventCancelledError(DomainError):
    """The event of the plan's ticket was cancelled, so that nobody may hold its seats any more."""

    code = "seating.event_cancelled"

    def __init__(self) -> None:
        super().__init__("The event was cancelled.")


class SalesNotOpenError(DomainError):
    """The sales window of the plan's ticket has not begun."""

    code = "seating.sales_not_open"


class SalesStoppedError(DomainError):
    """The venue can take no payments (any more), so that only seats that cost nothing are sold."""

    code = "seating.sales_stopped"

    def __init__(self) -> None:
        super().__init__("Sales are stopped: the venue cannot take payments at the moment.")


class SalesClosedError(DomainError):
    """The sales window of the plan's ticket is over, or the event is."""

    code = "seating.sales_closed"


class TicketHasActivePlanError(DomainError):
    """Another active plan already sells this ticket."""

    code = "seating.ticket_has_active_plan"


class TicketNotSeatedError(DomainError):
    """The ticket admits to no seat, so it has no seating plan."""

    code = "seating.ticket_not_seated"


class VenueMismatchError(DomainError):
    """The ticket's event takes place elsewhere."""

    code = "seating.venue_mismatch"


class ReservationNotFoundError(DomainError):
    """The tenant has no such hold or reservation."""

    code = "seating.reservation_not_found"


class ReservationConflictError(DomainError):
    """The id stands for something else: other seats, another buyer, or another order."""

    code = "seating.reservation_conflict"


class ReservationExpiredError(DomainError):
    """The hold or reservation has ended, so its seats are no longer the buyer's."""

    code = "seating.reservation_expired"


class HoldCeilingReachedError(DomainError):
    """The hold was extended as often as it may be."""

    code = "seating.hold_ceiling_reached"


class NotHolderError(DomainError):
    """Someone else's hold."""

    code = "seating.not_holder"


class TooManySeatsError(DomainError):
    """More seats at once than the plan allows."""

    code = "seating.too_many_seats"


class MaxPerUserExceededError(DomainError):
    """More seats than one buyer may have of this ticket, over all their live reservations and bought seats."""

    code = "seating.max_per_user_exceeded"

    @classmethod
    def of(cls, *, owned: int, wanted: int, max_per_user: int) -> Self:
        return cls(
            f"One buyer may have {max_per_user} seats of this ticket. You have {owned} and asked for {wanted} more."
        )


class UnknownSeatError(DomainError):
    """The plan has no such seat."""

    code = "seating.unknown_seat"

    @classmethod
    def of(cls, asked: Sequence[UUID], *, unknown: Iterable[UUID]) -> Self:
        """Point at each unknown id in the list that was asked for."""
        missing = set(unknown)
        problems = [
            Problem(f"/seatIds/{index}", f"The plan has no seat {seat_id}.")
            for index, seat_id in enumerate(asked)
            if seat_id in missing
        ]
        return cls(f"The plan does not have {len(problems)} of these seats.", problems)


class TableIncompleteError(DomainError):
    """A table that is sold whole was asked for in part."""

    code = "seating.table_incomplete"


class CompanionAloneError(DomainError):
    """The seat of a companion was asked for without the wheelchair place that it goes with."""

    code = "seating.companion_alone"


class AccessibleSeatError(DomainError):
    """An accessible seat was asked for like any other before it is released."""

    code = "seating.accessible_seat"

    @classmethod
    def of(cls, kept: Iterable["TakenSeat"]) -> Self:
        """Name the seats that are kept for those who need them."""
        seats = sorted(kept)
        text = "is accessible. Say that it is needed, or take another."
        problems = [Problem(f"/seatIds/{seat.index}", f"Seat {seat.section} {seat.label} {text}") for seat in seats]
        return cls(f"Kept for those who need them: {_names_of(seats)}. No seat was held.", problems)


class InvalidAllotmentError(DomainError):
    """An allotment names seats that the plan does not have or that are kept elsewhere, or contradicts itself."""

    code = "seating.allotment_invalid"


class AllotmentNotFoundError(DomainError):
    """The plan has no such allotment."""

    code = "seating.allotment_not_found"


class SeatKeptError(DomainError):
    """A seat is kept for a channel, and whoever asks has not shown that they may have it."""

    code = "seating.seat_kept"

    @classmethod
    def of(cls, kept: Iterable["TakenSeat"]) -> Self:
        """Name the seats that are kept for others."""
        seats = sorted(kept)
        problems = [Problem(f"/seatIds/{seat.index}", f"Seat {seat.section} {seat.label} is kept.") for seat in seats]
        return cls(f"Kept for others: {_names_of(seats)}. No seat was held.", problems)


class TooManyHoldsError(DomainError):
    """The account or its address asked for more holds than anybody needs."""

    code = "seating.too_many_holds"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"That were too many holds in a short time. Please try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class SeatTooDearError(DomainError):
    """A seat costs more at this moment than was to be paid for it."""

    code = "seating.seat_too_dear"

    @classmethod
    def of(cls, dear: Iterable["TakenSeat"]) -> Self:
        """Name the seats that are too dear."""
        seats = sorted(dear)
        problems = [Problem(f"/seatIds/{seat.index}", f"{seat.section} {seat.label} costs more.") for seat in seats]
        return cls(f"Dearer by now: {_names_of(seats)}. No seat was held.", problems)


class NotEnoughSeatsError(DomainError):
    """Fewer free seats than were wished for, or not side by side."""

    code = "seating.not_enough_seats"


class NoOtherSeatsError(DomainError):
    """Seats that were paid for have gone, and as good ones are not free."""

    code = "seating.no_other_seats"


class SeatLeftAloneError(DomainError):
    """The choice would leave a single seat behind, and another of its size would not."""

    code = "seating.seat_left_alone"


class SeatsAreAssignedError(DomainError):
    """The plan's seats are chosen by Fairseat, so that buyers name none."""

    code = "seating.seats_are_assigned"


@dataclass(frozen=True, slots=True, order=True)
class TakenSeat:
    """A seat that somebody else has: its place in the list that was asked for, and what people call it."""

    index: int
    section: str
    label: str


class SeatTakenError(DomainError):
    """One of the seats belongs to somebody else at the moment."""

    code = "seating.seat_taken"

    @classmethod
    def of(cls, taken: Iterable[TakenSeat], *, outcome: str = "No seat was held.") -> Self:
        """Name the seats that are taken, in the order that they were asked for, and say what came of it."""
        seats = sorted(taken)
        problems = [Problem(f"/seatIds/{seat.index}", f"Seat {seat.section} {seat.label} is taken.") for seat in seats]
        return cls(f"Already taken: {_names_of(seats)}. {outcome}", problems)


def _names_of(seats: Sequence[TakenSeat]) -> str:
    names = ", ".join(f"{seat.section} {seat.label}" for seat in seats[:NAMES_MAX])
    return f"{names} and {len(seats) - NAMES_MAX} more" if len(seats) > NAMES_MAX else names
