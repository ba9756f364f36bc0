"""What ticketing refuses."""

from collections.abc import Sequence
from typing import ClassVar

from core.shared.errors import DomainError, InvalidInputError, Problem


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

    def __init__(self) -> None:
        super().__init__("The event has ended, so its ticket cannot go on sale.")
