"""How a refusal crosses from one context to another: a stable code and the reason, over any link."""

from collections.abc import Sequence

from core.shared.errors import DomainError, Problem, UnavailableError


class RefusedError(DomainError):
    """Another context refused; `refusal_code` is the code of its own DomainError, such as `seating.seat_taken`.

    `retry_after_s` is how long the other context says to wait, None where waiting is not what helps.
    """

    code = "link.refused"

    def __init__(
        self, refusal_code: str, message: str, problems: Sequence[Problem] = (), *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message, problems)
        self.refusal_code = refusal_code
        self.retry_after_s = retry_after_s


class LinkUnavailableError(UnavailableError):
    """Another service could not be asked."""
