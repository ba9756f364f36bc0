"""Places of general admission: how many of a ticket are taken, and the entry of whoever took some."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from core.shared.errors import InvalidInputError, Problem
from core.shared.holders import Holder
from core.shared.ids import AccountId, OrderId, ReservationId, TicketId
from core.shared.money import Money
from core.ticketing.errors import SoldOutError
from core.ticketing.ticket import QUOTA_MAX


class PlacesStatus(StrEnum):
    """Where an entry stands. HELD and RESERVED also end by time alone: see `PlacesReservation.has_ended`."""

    HELD = "HELD"
    RESERVED = "RESERVED"
    FINALIZED = "FINALIZED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


TIMED = frozenset({PlacesStatus.HELD, PlacesStatus.RESERVED})
"""The states that end by time alone."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What entries take of a quota; as a difference of two, either number may be negative."""

    reserved: int = 0
    sold: int = 0

    def __add__(self, other: "Claims") -> "Claims":
        return Claims(self.reserved + other.reserved, self.sold + other.sold)

    def __sub__(self, other: "Claims") -> "Claims":
        return Claims(self.reserved - other.reserved, self.sold - other.sold)

    @property
    def total(self) -> int:
        return self.reserved + self.sold


NO_CLAIMS = Claims()


@dataclass(frozen=True, slots=True)
class Stock:
    """How a quota stands: `reserved >= 0`, `sold >= 0`, `reserved + sold <= quota`, always.

    `reserved` counts holds whose time is over until they are tidied up: it may be too high, never too low.
    """

    quota: int
    reserved: int = 0
    sold: int = 0

    def __post_init__(self) -> None:
        if self.reserved < 0 or self.sold < 0 or self.reserved + self.sold > self.quota:
            raise ValueError(f"no quota can stand like this: {self.reserved} + {self.sold} of {self.quota}")

    @property
    def remaining(self) -> int:
        return self.quota - self.reserved - self.sold

    def after(self, difference: Claims) -> Self:
        """Return the stock with this much more taken; raises SoldOutError when there is not as much left."""
        if difference.total > self.remaining:
            raise SoldOutError(remaining=self.remaining, wanted=difference.total)
        return replace(self, reserved=self.reserved + difference.reserved, sold=self.sold + difference.sold)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesReservation:
    """An entry of the ledger. `price` is for one place, as it was when they were held.

    `ceiling_at` is when a hold ends for good, however often it is extended. `quantity` is what is left of a sale of
    which some went back. `sold_at` stays when places are given back, so that a returned sale cannot be claimed a
    second time. Times are UTC to the millisecond.
    """

    id: ReservationId
    ticket_id: TicketId
    account_id: AccountId
    token_sha256: bytes
    status: PlacesStatus
    quantity: int
    price: Money
    hold_ttl_s: int
    held_at: datetime
    ceiling_at: datetime
    expires_at: datetime
    order_id: OrderId | None = None
    sold_at: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Tell whether the places are nobody's through this entry any more; the end belongs to the ended side."""
        match self.status:
            case PlacesStatus.HELD | PlacesStatus.RESERVED:
                return now >= self.expires_at
            case PlacesStatus.FINALIZED:
                return False
            case PlacesStatus.RELEASED | PlacesStatus.EXPIRED:
                return True

    def at(self, now: datetime) -> Self:
        """Return the entry as it is at this moment: one whose time is over shows as expired, tidied up or not."""
        timed = self.status in TIMED
        return replace(self, status=PlacesStatus.EXPIRED) if timed and self.has_ended(now) else self

    def is_held_by(self, holder: Holder) -> bool:
        """Tell whether this is the account that held the places, or whoever shows the hold's token."""
        return holder.account_id == self.account_id or holder.token_sha256 == self.token_sha256

    @property
    def claims(self) -> Claims:
        """What the entry takes of the quota as it is stored, its time over or not."""
        match self.status:
            case PlacesStatus.HELD | PlacesStatus.RESERVED:
                return Claims(reserved=self.quantity)
            case PlacesStatus.FINALIZED:
                return Claims(sold=self.quantity)
            case PlacesStatus.RELEASED | PlacesStatus.EXPIRED:
                return Claims()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesRequest:
    """A wish for places under an id that the buyer made; `new_token_sha256` is the digest for a hold that is new.

    `by_staff` says that somebody asks who sells, whom the sales window does not bind; `stopped` that the venue can take
    no payments, so that others get no places that cost something.
    Raises InvalidInputError for a quantity that no quota has.
    """

    ticket_id: TicketId
    reservation_id: ReservationId
    quantity: int
    holder: Holder
    new_token_sha256: bytes
    hold_ttl_s: int
    by_staff: bool = False
    stopped: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.quantity <= QUOTA_MAX:
            message = f"A hold has 1 to {QUOTA_MAX} places, not {self.quantity}."
            raise InvalidInputError(message, [Problem("/quantity", message)])
