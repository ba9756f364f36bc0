"""Holds and reservations: one ledger entry with its seats, from the first hold to the sale or the end."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.shared.errors import InvalidInputError, Problem
from core.shared.holders import Holder
from core.shared.ids import AccountId, OrderId, PlanId, ReservationId, SeatId, SectionId, TicketId

SEATS_PER_HOLD_MAX = 100
"""More than any plan may allow in one order."""


class ReservationStatus(StrEnum):
    """Where an entry stands. HELD and RESERVED also end by time alone: see `Reservation.has_ended`."""

    HELD = "HELD"
    RESERVED = "RESERVED"
    SOLD = "SOLD"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationSeat:
    """One seat of a reservation, with its price in minor units as it was when the seat was held."""

    seat_id: SeatId
    section_id: SectionId
    label: str
    section: str
    row: str
    number: str
    column: int
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An entry of the ledger. `ceiling_at` is when a hold ends for good, however often it is extended.

    `sold_at` stays when seats are given back, so that a returned sale cannot be claimed a second time. `returned` has
    the seats of a sale that lives which were given back one by one.
    """

    id: ReservationId
    plan_id: PlanId
    ticket_id: TicketId
    account_id: AccountId
    token_sha256: bytes
    status: ReservationStatus
    seats: tuple[ReservationSeat, ...]
    currency: str
    hold_ttl_s: int
    held_at: datetime
    ceiling_at: datetime
    expires_at: datetime
    order_id: OrderId | None = None
    sold_at: datetime | None = None
    returned: frozenset[SeatId] = frozenset()

    def has_ended(self, now: datetime) -> bool:
        """Tell whether the seats are nobody's through this entry any more; the end belongs to the ended side."""
        if self.status in {ReservationStatus.HELD, ReservationStatus.RESERVED}:
            return now >= self.expires_at
        return self.status is not ReservationStatus.SOLD

    def at(self, now: datetime) -> Self:
        """Return the entry as it is at this moment: one whose time is over shows as expired, tidied up or not."""
        timed = self.status in {ReservationStatus.HELD, ReservationStatus.RESERVED}
        return replace(self, status=ReservationStatus.EXPIRED) if timed and self.has_ended(now) else self

    def is_held_by(self, holder: Holder) -> bool:
        """Tell whether this is the account that held the seats, or whoever shows the hold's token."""
        return holder.account_id == self.account_id or holder.token_sha256 == self.token_sha256

    @property
    def seats_count(self) -> int:
        """How many seats the entry is worth to its account."""
        return len(self.seats) - len(self.returned)

    @property
    def seat_ids(self) -> frozenset[SeatId]:
        return frozenset(seat.seat_id for seat in self.seats)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """A wish for seats under an id that the buyer made; `new_token_sha256` is the digest for a hold that is new.

    `made_by` is the member of staff who holds for the holder, and `code_digests` are presale codes that were shown. No
    seat may cost more than `price_max_minor` at the moment of the hold, in the plan's currency. `accessible` says that
    accessible seats are needed.

    Raises InvalidInputError for no seats, a seat named twice, and more than SEATS_PER_HOLD_MAX.
    """

    plan_id: PlanId
    reservation_id: ReservationId
    seat_ids: tuple[SeatId, ...]
    holder: Holder
    new_token_sha256: bytes
    code_digests: frozenset[bytes] = frozenset()
    by_staff: bool = False
    made_by: AccountId | None = None
    price_max_minor: int | None = None
    accessible: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.seat_ids) <= SEATS_PER_HOLD_MAX:
            message = f"A hold has 1 to {SEATS_PER_HOLD_MAX} seats, not {len(self.seat_ids)}."
            raise InvalidInputError(message, [Problem("/seatIds", message)])
        if len(set(self.seat_ids)) == len(self.seat_ids):
            return
        problems: list[Problem] = []
        seen: set[SeatId] = set()
        for index, seat_id in enumerate(self.seat_ids):
            if seat_id in seen:
                problems.append(Problem(f"/seatIds/{index}", f"Seat {seat_id} is named twice."))
            seen.add(seat_id)
        raise InvalidInputError("A seat is named twice.", problems)
