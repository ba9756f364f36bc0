"""What may be asked about a resale, and for which moment."""

from datetime import UTC, datetime, timedelta

from core.shared.errors import DomainError, Problem
from core.shared.time import spoken, utc

AS_OF_MIN = datetime(2000, 1, 1, tzinfo=UTC)
AS_OF_AHEAD_MAX = timedelta(days=5 * 366)


class ImpossibleQuestionError(DomainError):
    """The question is well formed, and no resale can be so: `problems` names each member at fault."""

    code = "resale.impossible_question"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems), problems)


def moment_asked(as_of: datetime | None, now: datetime) -> datetime:
    """Return the moment whose law is asked for: now, unless another is named.

    Raises ImpossibleQuestionError for one before the year 2000 or more than five years ahead, about which no rulebook
    can know anything.
    """
    if as_of is None:
        return now
    moment = utc(as_of)
    last = now + AS_OF_AHEAD_MAX
    if not AS_OF_MIN <= moment <= last:
        message = f"A moment from {spoken(AS_OF_MIN)} to {spoken(last.replace(microsecond=0))} can be asked about."
        raise ImpossibleQuestionError(Problem("/asOf", message))
    return moment
