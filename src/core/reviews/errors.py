"""What reviews refuse."""

from collections.abc import Sequence
from typing import ClassVar

from core.shared.errors import DomainError, InvalidInputError, Problem
from core.shared.ids import ReviewId

ABSENCES = {
    "no_pass": "You had no pass for this event.",
    "passed_on": "Your pass went to somebody else before the event ended.",
    "pass_void": "Your pass is void.",
    "pass_frozen": "Your pass is frozen while its payment is disputed.",
    "event_not_over": "Nobody was let in with your pass so far, and the event is not over yet.",
    "other_venue": "This event took place at another venue.",
}
"""Why somebody may not review an event, by the reason's code."""


class ReviewNotFoundError(DomainError):
    """There is no such review in this organisation, or the caller may not see it."""

    code: ClassVar[str] = "reviews.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such review.")


class ReviewVenueNotFoundError(DomainError):
    """The organisation has no such venue."""

    code: ClassVar[str] = "reviews.venue_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such venue in the organisation.")


class NotAttendedError(DomainError):
    """Only who was at an event may review it; `reason` is a key of ABSENCES and says why the caller does not count."""

    code: ClassVar[str] = "reviews.not_attended"

    def __init__(self, reason: str) -> None:
        message = ABSENCES[reason]
        super().__init__(message, [Problem("/ticketId", f"{reason}: {message}")])
        self.reason = reason


class AlreadyReviewedError(DomainError):
    """A person writes one review of an event, and may change it."""

    code: ClassVar[str] = "reviews.already_written"

    def __init__(self, review_id: ReviewId | None = None) -> None:
        named = f": {review_id}" if review_id is not None else ""
        super().__init__(f"You have reviewed this event already{named}. Change that review instead.")


class InvalidReviewError(InvalidInputError):
    """A review that cannot be kept; `problems` names every member at fault."""

    code: ClassVar[str] = "reviews.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The review cannot be accepted: " + " ".join(each.message for each in problems), problems)


class ReviewSectionError(DomainError):
    """The review names a section in which its writer had no pass."""

    code: ClassVar[str] = "reviews.not_your_section"

    def __init__(self, sections: Sequence[str]) -> None:
        had = ", ".join(sections) or "no section"
        message = f"Your passes for this event were for {had}."
        super().__init__(message, [Problem("/section", message)])


class ReviewStatusError(DomainError):
    """The review cannot come to the wanted status from the one it has."""

    code: ClassVar[str] = "reviews.wrong_status"


class ReviewEditsSpentError(DomainError):
    """The review was changed as often as a review may be."""

    code: ClassVar[str] = "reviews.edits_spent"

    def __init__(self, edits_max: int) -> None:
        super().__init__(f"A review may be changed {edits_max} times.")


class OwnReviewError(DomainError):
    """Nobody finds their own review helpful, or reports it."""

    code: ClassVar[str] = "reviews.own"

    def __init__(self) -> None:
        super().__init__("This review is your own.")


class NotReviewAuthorError(DomainError):
    """Only its writer changes what a review says."""

    code: ClassVar[str] = "reviews.not_author"

    def __init__(self) -> None:
        super().__init__("This review is somebody else's.")
