"""Errors of the domain: a command that cannot be done, told by a stable code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what was asked: a JSON pointer (RFC 6901) to the member, and what is wrong with it."""

    pointer: str
    message: str


class DomainError(Exception):
    """A command that cannot be done. Subclasses set `code`, which clients may rely on and which never changes."""

    code: ClassVar[str]
    retry_after_s: int | None = None
    """Seconds after which the same command may be done; None where waiting is not what helps."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)


class InvalidInputError(DomainError):
    """A value that cannot be accepted; `problems` names each member at fault."""

    code = "request.invalid"


class ForbiddenError(DomainError):
    """The caller may not do this, whatever the state."""

    code = "access.forbidden"


class StaleVersionError(DomainError):
    """The thing was changed since the version that the caller read."""

    code = "request.stale_version"


class PayloadTooLargeError(DomainError):
    """More was sent than Fairseat accepts at once."""

    code = "request.too_large"


class TooManyRequestsError(DomainError):
    """The caller asked more often than callers may; one more is allowed in `retry_after_s`."""

    code = "limits.too_many_requests"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Too many requests; ask again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class UnavailableError(Exception):
    """Something outside could not be reached. Nothing is known to have changed, and asking again is safe.

    Not a DomainError: a consumer tries again after it, where it would accept a refusal as the last word.
    """
