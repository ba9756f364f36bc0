"""What content refuses."""

from collections.abc import Sequence
from typing import ClassVar

from core.shared.errors import DomainError, InvalidInputError, Problem


class PageNotFoundError(DomainError):
    """There is no such page in this organisation, or the caller may not see it."""

    code: ClassVar[str] = "content.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such page.")


class ContentVenueNotFoundError(DomainError):
    """The organisation has no such venue."""

    code: ClassVar[str] = "content.venue_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such venue in the organisation.")


class InvalidPageError(InvalidInputError):
    """A page that cannot be kept; `problems` names every member at fault, not only the first."""

    code: ClassVar[str] = "content.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The page cannot be accepted: " + " ".join(each.message for each in problems), problems)


class PageStepError(DomainError):
    """The page's status does not allow the step."""

    code: ClassVar[str] = "content.step_refused"


class PageKeptError(DomainError):
    """What was published once is kept: such a page is archived, and never deleted."""

    code: ClassVar[str] = "content.published_kept"

    def __init__(self) -> None:
        super().__init__("What was published once is kept; archive the page instead.")
