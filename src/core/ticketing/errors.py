"""What ticketing refuses."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from core.shared.errors import DomainError, InvalidInputError, Problem
from core.shared.time import spoken


class TicketNotFoundError(DomainError):
    """There is no such ticket in this organisation, or the caller may not see it yet."""

    code: ClassVar[str] = "ticketing.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such ticket.")


class TicketVenueNotFoundError(DomainError):
    """The ticket names a venue that this organisation does not have."""

    code: ClassVar[str] = "ticketing.venue_not_found"

    def __init__(self) -> None:
        message = "There is no such venue in the organisation."
        super().__init__(message, [Problem("/event/venueId", message)])


class InvalidTicketError(InvalidInputError):
    """A ticket that could not be sold; `problems` names every member at fault, not only the first."""

    code: ClassVar[str] = "ticketing.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The ticket cannot be accepted: " + " ".join(each.message for each in problems), problems)


class FixedAfterPublicationError(DomainError):
    """The members named in `problems` are what buyers rely on, so they stay as they were published."""

    code: ClassVar[str] = "ticketing.fixed_after_publication"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("A published ticket keeps its type, currency and venue.", problems)


class EventOverError(DomainError):
    """A ticket cannot go on sale when its event has ended."""

    code: ClassVar[str] = "ticketing.event_over"

    def __init__(self, message: str = "The event has ended, so its ticket cannot go on sale.") -> None:
        super().__init__(message)


class QuotaBelowTakenError(DomainError):
    """A quota cannot become smaller than what of it is reserved and sold."""

    code: ClassVar[str] = "ticketing.quota_below_taken"

    @classmethod
    def of(cls, *, quota: int, reserved: int, sold: int) -> Self:
        message = f"The quota cannot be {quota}: {reserved} places are reserved and {sold} are sold."
        return cls(message, [Problem("/quota", message)])


class EventCancelledError(DomainError):
    """The event was cancelled: its ticket is not sold and not changed any more."""

    code: ClassVar[str] = "ticketing.event_cancelled"

    def __init__(self) -> None:
        super().__init__("The event was cancelled.")


class NotOnSaleError(DomainError):
    """A draft is not on sale yet."""

    code: ClassVar[str] = "ticketing.not_on_sale"

    def __init__(self) -> None:
        super().__init__("The ticket is a draft, so it is not on sale yet.")


class TicketSalesNotOpenError(DomainError):
    """The ticket's sales window has not begun."""

    code: ClassVar[str] = "ticketing.sales_not_open"

    @classmethod
    def of(cls, *, opens_at: datetime) -> Self:
        return cls(f"Sales open at {spoken(opens_at)}.")


class TicketSalesClosedError(DomainError):
    """The ticket's sales window is over."""

    code: ClassVar[str] = "ticketing.sales_closed"

    @classmethod
    def of(cls, *, closed_at: datetime) -> Self:
        return cls(f"Sales closed at {spoken(closed_at)}.")


class ChargesNotEnabledForVenueError(DomainError):
    """The ticket costs something, and its venue has no account that may charge; `problems` name what is missing."""

    code: ClassVar[str] = "ticketing.charges_not_enabled"


class PaidSalesStoppedError(DomainError):
    """The venue can take no payments (any more), so that only what is free is sold there."""

    code: ClassVar[str] = "ticketing.sales_stopped"

    def __init__(self) -> None:
        super().__init__("Sales are stopped: the venue cannot take payments at the moment.")


class TicketIsSeatedError(DomainError):
    """The ticket admits to a seat, which is held from its seating plan."""

    code: ClassVar[str] = "ticketing.ticket_is_seated"

    def __init__(self) -> None:
        super().__init__("The ticket is for a seat. Hold one from its seating plan.")


class SoldOutError(DomainError):
    """Fewer places are left than were asked for; the message says how many."""

    code: ClassVar[str] = "ticketing.sold_out"

    def __init__(self, *, remaining: int, wanted: int) -> None:
        self.wanted = wanted
        message = "The ticket is sold out: no place is left."
        if remaining:
            message = f"Only {remaining} {'place is' if remaining == 1 else 'places are'} left, not {wanted}."
        super().__init__(message, [Problem("/quantity", message)])


class MaxPlacesPerUserError(DomainError):
    """More places than one buyer may have of this ticket, over all their live reservations and bought places."""

    code: ClassVar[str] = "ticketing.max_per_user_exceeded"

    @classmethod
    def of(cls, *, owned: int, wanted: int, max_per_user: int) -> Self:
        return cls(
            f"One buyer may have {max_per_user} places of this ticket. You have {owned} and asked for {wanted} more."
        )


class PlacesNotFoundError(DomainError):
    """The tenant has no such hold or reservation of places."""

    code: ClassVar[str] = "ticketing.reservation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such hold or reservation.")


class PlacesConflictError(DomainError):
    """The id stands for something else: another number of places, another ticket, another buyer, or another order."""

    code: ClassVar[str] = "ticketing.reservation_conflict"


class PlacesMiscountedError(DomainError):
    """The numbers of a ticket cannot be set to what its entries say: they change, or are more than the quota."""

    code: ClassVar[str] = "ticketing.places_miscounted"

    def __init__(self) -> None:
        super().__init__("The ticket's places are changing at this moment, or its entries take more than its quota.")


class PlacesExpiredError(DomainError):
    """The hold or reservation has ended, so its places are no longer the buyer's."""

    code: ClassVar[str] = "ticketing.reservation_expired"


class PlacesCeilingReachedError(DomainError):
    """The hold was extended as often as it may be."""

    code: ClassVar[str] = "ticketing.hold_ceiling_reached"


class NotPlacesHolderError(DomainError):
    """Someone else's hold."""

    code: ClassVar[str] = "ticketing.not_holder"

    def __init__(self) -> None:
        super().__init__("These places are held by somebody else.")
