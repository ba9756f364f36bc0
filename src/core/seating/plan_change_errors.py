"""What is refused while a published plan gets another layout, and when it cannot get it."""

from collections.abc import Sequence

from core.shared.errors import DomainError, Problem


class PlanChangingError(DomainError):
    """The plan is getting another layout; its seats can be held again in a moment."""

    code = "seating.plan_changing"

    def __init__(
        self,
        message: str = "The seating plan is being changed. Please try again in a moment.",
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message, problems)


class InvalidPlanChangeError(DomainError):
    """A plan cannot be changed to another in this way; `problems` point into the parameters."""

    code = "seating.plan_change_invalid"


class SeatsWithoutPlaceError(DomainError):
    """Seats that somebody has would be lost; each is pointed at by its id."""

    code = "seating.seats_without_place"
