"""Persons who may not resell or hand on passes at an organisation for a time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from core.resale.errors import InvalidBlockError
from core.shared.errors import Problem
from core.shared.ids import AccountId, ResaleBlockId

REASON_LENGTH_MAX = 500
BLOCK_MAX = timedelta(days=36_525)
"""A hundred years: whoever means longer sets no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why and until when an account is blocked (UTC; None: until somebody ends it). It is kept after its end.

    Raises InvalidBlockError for a reason that says nothing or too much, and for an end that is not after the start,
    or more than a hundred years away.
    """

    id: ResaleBlockId
    account_id: AccountId
    reason: str
    blocked_by: AccountId
    blocked_at: datetime
    until: datetime | None = None
    ended_by: AccountId | None = None
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        if not self.reason.strip() or len(self.reason) > REASON_LENGTH_MAX:
            problems.append(Problem("/reason", f"must have from 1 to {REASON_LENGTH_MAX} characters"))
        if self.until is not None and not timedelta() < self.until - self.blocked_at <= BLOCK_MAX:
            problems.append(Problem("/until", "must be in the future, within a hundred years"))
        if problems:
            raise InvalidBlockError(problems)

    def holds_at(self, now: datetime) -> bool:
        """Return whether the person is blocked at this moment; at `until` the block is over."""
        return self.ended_at is None and (self.until is None or now < self.until)

    def ended(self, *, by: AccountId, now: datetime) -> Self:
        """Return the block as ended; one that is over, by its time or by somebody, stays as it is."""
        return replace(self, ended_by=by, ended_at=now) if self.holds_at(now) else self
