"""How a refusal crosses from one context to another: a stable code and the reason, over any link."""

from collections.abc import Sequence

from core.shared.errors import DomainError, Problem, UnavailableError


class RefusedError(DomainError):
    """Another context refused; `refusal_code` is the code of its own DomainError, such as `seating.seat_taken`."""

    code = "link.refused"

    def __init__(self, refusal_code: str, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, problems)
        self.refusal_code = refusal_code


class LinkUnavailableError(UnavailableError):
    """Another service could not be asked."""
