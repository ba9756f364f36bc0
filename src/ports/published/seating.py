"""What seating offers to orders: turning a hold into a reservation and into sold seats; and the news of seats."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID, uuid5

import msgspec

from ports.events import Event


class ReservedSeat(msgspec.Struct, frozen=True, kw_only=True):
    """One seat of a reservation, with its price as it was when the seat was held."""

    seat_id: UUID
    label: str
    section: str
    row: str
    number: str
    price_minor: int
    currency: str


class SeatsReserved(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation behind an order. `expires_at` is when it ends if nothing more happens."""

    reservation_id: UUID
    plan_id: UUID
    ticket_id: UUID
    seats: tuple[ReservedSeat, ...]
    expires_at: datetime


def replacement_id(*, order_id: UUID, reservation_id: UUID) -> UUID:
    """Return the id of the reservation that `SeatingApi.replace` puts in the place of an order's reservation.

    It can be known before there is such a reservation, so that whoever ends an order gives that back as well.
    """
    return uuid5(reservation_id, order_id.hex)


class SeatingApi(Protocol):
    """Commands on reserved seats. Each may be repeated with the same arguments and then changes nothing more.

    All raise RefusedError: `seating.reservation_not_found`, `seating.not_holder`, `seating.reservation_expired`,
    `seating.reservation_conflict` (the reservation belongs to another order).
    """

    @abstractmethod
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> SeatsReserved:
        """Turn the caller's live hold into a reservation of the order that lasts until `until`."""

    @abstractmethod
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        """Let a live reservation last until `until`, if that is later (a payment is being processed)."""

    @abstractmethod
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Sell the seats to the order; refused with `seating.reservation_expired` when the reservation has ended."""

    @abstractmethod
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Sell the very same seats of an ended reservation, all or none.

        Refused with `seating.seat_taken` when one of them belongs to somebody else by now, or the order has others in
        their place.
        """

    @abstractmethod
    async def replace(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> SeatsReserved:
        """Sell as good seats as those of an ended reservation to its order, all or none, for the same money.

        They have the same price tier and price, are as many, and side by side where those were. The answer is the
        reservation that has them: `replacement_id`, or the old one if its own seats are sold to the order. Repeating it
        answers the same. Each seat comes with the price that was paid for the one it stands in for.

        Refused with `seating.no_other_seats`, with `seating.reservation_conflict` also while the reservation lasts, and
        with `seating.reservation_expired` when what the order had was given back.
        """

    @abstractmethod
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Give the seats of an unpaid order back; releasing what is released or ended is fine."""


class NewHold(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One hold of those that were made together."""

    reservation_id: UUID
    seat_ids: tuple[UUID, ...]
    expires_at: datetime


class SeatsHeld(Event, frozen=True, kw_only=True):
    """Seats of one plan were taken for minutes while people decide: one hold, or many that were made together."""

    event_type: ClassVar[str] = "seating.holds.created"

    plan_id: UUID
    holds: tuple[NewHold, ...]


class HoldExtended(Event, frozen=True, kw_only=True):
    """A hold or reservation ends later than it would have."""

    event_type: ClassVar[str] = "seating.hold.extended"

    reservation_id: UUID
    plan_id: UUID
    expires_at: datetime


class HoldReleased(Event, frozen=True, kw_only=True):
    """Held or reserved seats were given back."""

    event_type: ClassVar[str] = "seating.hold.released"

    reservation_id: UUID
    plan_id: UUID
    seat_ids: tuple[UUID, ...]


class EndedHold(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One hold or reservation whose time was over, with those of its seats that nobody else had taken since."""

    reservation_id: UUID
    seat_ids: tuple[UUID, ...]


class HoldsExpired(Event, frozen=True, kw_only=True):
    """Holds or reservations of one plan were found to have ended, and their seats were tidied up."""

    event_type: ClassVar[str] = "seating.holds.expired"

    plan_id: UUID
    holds: tuple[EndedHold, ...]


class ReservationMade(Event, frozen=True, kw_only=True):
    """A hold became the reservation of an order."""

    event_type: ClassVar[str] = "seating.reservation.made"

    reservation_id: UUID
    plan_id: UUID
    order_id: UUID
    expires_at: datetime


class SeatsSold(Event, frozen=True, kw_only=True):
    """A reservation was finalised: its seats are the buyer's."""

    event_type: ClassVar[str] = "seating.seats.sold"

    reservation_id: UUID
    plan_id: UUID
    order_id: UUID
    seat_ids: tuple[UUID, ...]


class PlanDeactivated(Event, frozen=True, kw_only=True):
    """A seating plan was taken off sale: nothing new can be held from it."""

    event_type: ClassVar[str] = "seating.plan.deactivated"

    plan_id: UUID


class SeatsReturned(Event, frozen=True, kw_only=True):
    """Sold seats were given back after a refund: anybody may have them again."""

    event_type: ClassVar[str] = "seating.seats.returned"

    reservation_id: UUID
    plan_id: UUID
    order_id: UUID
    seat_ids: tuple[UUID, ...]


class SeatsBlocked(Event, frozen=True, kw_only=True):
    """The box office took seats off sale; `until` None means until it puts them back."""

    event_type: ClassVar[str] = "seating.seats.blocked"

    plan_id: UUID
    seat_ids: tuple[UUID, ...]
    reason: str
    until: datetime | None


class SeatsUnblocked(Event, frozen=True, kw_only=True):
    """The box office put blocked seats back on sale."""

    event_type: ClassVar[str] = "seating.seats.unblocked"

    plan_id: UUID
    seat_ids: tuple[UUID, ...]


class PlanRepriced(Event, frozen=True, kw_only=True):
    """A long operation changed prices of a seating plan; `seats_version` grows with each change of its prices."""

    event_type: ClassVar[str] = "seating.plan.repriced"

    plan_id: UUID
    operation_id: UUID
    seats_version: int


class SeatPlace(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a seat is called."""

    label: str
    section: str
    row: str
    number: str


class MovedSeat(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A sold seat that is elsewhere in the hall now. It is the same seat by its id."""

    seat_id: UUID
    before: SeatPlace
    after: SeatPlace


class SeatsMoved(Event, frozen=True, kw_only=True):
    """Sold seats of one reservation got other places, because the plan was changed; what was paid stays the same."""

    event_type: ClassVar[str] = "seating.seats.moved"

    reservation_id: UUID
    plan_id: UUID
    ticket_id: UUID
    order_id: UUID
    operation_id: UUID
    seats: tuple[MovedSeat, ...]


class PlanChanged(Event, frozen=True, kw_only=True):
    """A published plan has another layout: it is the ticket's version of this number now, and is sold again.

    Whoever shows its seats reads them anew; those that were removed may be many, so that none is named.
    """

    event_type: ClassVar[str] = "seating.plan.changed"

    plan_id: UUID
    operation_id: UUID
    version_number: int
    seats_version: int
    seats_added: int
    seats_removed: int
