"""What an order stands on: the reservations that its buyer held."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.orders.errors import DuplicateReservationError, ResaleApartError
from core.shared.ids import ReservationId


class ReservationKind(StrEnum):
    """What is reserved, and so which context keeps the reservation."""

    SEATS = "seats"
    GENERAL_ADMISSION = "general-admission"
    RESALE = "resale"
    """A pass of somebody else's, which is listed for resale."""


@dataclass(frozen=True, slots=True)
class OrderedReservation:
    """One reservation of an order; its id was made by the buyer's side when it was held."""

    kind: ReservationKind
    id: ReservationId


def must_be_distinct(reservations: Sequence[OrderedReservation]) -> None:
    """Raise DuplicateReservationError when an id comes twice, be it for two kinds; each later one is named."""
    ids = [reservation.id for reservation in reservations]
    again = [position for position, id in enumerate(ids) if id in ids[:position]]
    if again:
        raise DuplicateReservationError(again)


def must_go_together(reservations: Sequence[OrderedReservation]) -> None:
    """Raise ResaleApartError when passes that are resold are mixed with anything else; they are the ones named."""
    resold = [n for n, each in enumerate(reservations) if each.kind is ReservationKind.RESALE]
    if resold and len(resold) < len(reservations):
        raise ResaleApartError("Passes of other people are ordered apart from seats and places.", resold)
