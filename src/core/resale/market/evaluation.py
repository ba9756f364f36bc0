"""A run over the listings on the market: each is judged again, because something changed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from core.resale.policies.settings import Target
from core.shared.errors import DomainError, Problem
from core.shared.ids import AccountId, EvaluationId, ListingId

LEASE = timedelta(seconds=60)
"""How long a run belongs to the worker that did its last step; another goes on with it from then on."""


class EvaluationNotFoundError(DomainError):
    """There is no such run at this organisation."""

    code: ClassVar[str] = "resale.evaluation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such evaluation.")


class EvaluationRunningError(DomainError):
    """The same listings are being judged again at this moment, by the run that the message and `problems` name."""

    code: ClassVar[str] = "resale.evaluation_running"

    def __init__(self, running: EvaluationId) -> None:
        super().__init__(f"Evaluation {running} runs already.", [Problem("/id", str(running))])
        self.running = running


class EvaluationOverError(DomainError):
    """The run is over, so that it cannot be cancelled."""

    code: ClassVar[str] = "resale.evaluation_over"

    def __init__(self) -> None:
        super().__init__("The evaluation is over.")


class Why(StrEnum):
    """What made a run necessary."""

    RULEBOOK = "rulebook"
    POLICY = "policy"
    FACTS = "facts"
    BY_HAND = "by_hand"


class EvaluationStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of one listing, or in a preview what would."""

    SUSPENDED = "suspended"
    RESUMED = "resumed"
    ENDED = "ended"
    """Its pass is not the seller's to sell any more."""

    UNCHANGED = "unchanged"
    NOT_JUDGED = "not_judged"
    """It cannot be judged, such as for an event that is gone; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many listings had which outcome."""

    suspended: int = 0
    resumed: int = 0
    ended: int = 0
    unchanged: int = 0
    not_judged: int = 0

    @property
    def done(self) -> int:
        return self.suspended + self.resumed + self.ended + self.unchanged + self.not_judged

    def plus(self, outcome: Outcome) -> Self:
        """Count one more."""
        match outcome:
            case Outcome.SUSPENDED:
                return replace(self, suspended=self.suspended + 1)
            case Outcome.RESUMED:
                return replace(self, resumed=self.resumed + 1)
            case Outcome.ENDED:
                return replace(self, ended=self.ended + 1)
            case Outcome.UNCHANGED:
                return replace(self, unchanged=self.unchanged + 1)
            case Outcome.NOT_JUDGED:
                return replace(self, not_judged=self.not_judged + 1)


@dataclass(frozen=True, slots=True)
class Lease:
    """Whoever works on a run, until somebody else may."""

    owner: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class EvaluationFinding:
    """One listing that a run changed or could not judge, or would have; `reason` is what its seller is told."""

    listing_id: ListingId
    outcome: Outcome
    reason: str
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One run over the live listings of a target, in the order of their ids.

    `cursor` is the last listing that is done, `total` how many there were when it began, or are done if those are
    more. A preview changes nothing. `again` says that something changed while it ran: the same target is gone through
    once more afterwards. `rulebook_version` was in use when it began. `started_by` is None where no person did.
    """

    id: EvaluationId
    target: Target
    why: Why
    preview: bool
    rulebook_version: str
    started_by: AccountId | None
    started_at: datetime
    updated_at: datetime
    total: int
    status: EvaluationStatus = EvaluationStatus.RUNNING
    cursor: ListingId | None = None
    counts: Counts = Counts()
    lease: Lease | None = None
    again: Why | None = None
    finished_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.status is EvaluationStatus.RUNNING

    def is_free(self, now: datetime) -> bool:
        """Tell whether a worker may take it; the end of a lease belongs to the free side."""
        return self.is_running and (self.lease is None or now >= self.lease.until)

    def is_of(self, owner: UUID) -> bool:
        """Tell whether this worker may go on: nobody cancelled the run, or took it over."""
        return self.is_running and self.lease is not None and self.lease.owner == owner

    def taken(self, owner: UUID, now: datetime) -> Self:
        return replace(self, lease=Lease(owner, now + LEASE))

    def left(self, now: datetime) -> Self:
        """Let anybody go on with it at once."""
        return replace(self, lease=None, updated_at=now)

    def stepped(self, listing_id: ListingId, outcome: Outcome, *, owner: UUID, now: datetime) -> Self:
        """One more listing is done, and the lease is as long as at first."""
        counts = self.counts.plus(outcome)
        done = replace(self, cursor=listing_id, counts=counts, total=max(self.total, counts.done), updated_at=now)
        return done.taken(owner, now)

    def asked_again(self, why: Why) -> Self:
        return replace(self, again=why)

    def completed(self, now: datetime) -> Self:
        return self._over(EvaluationStatus.COMPLETED, now, total=self.counts.done)

    def cancelled(self, now: datetime) -> Self:
        """What is done stays done; raises EvaluationOverError."""
        if not self.is_running:
            raise EvaluationOverError
        return self._over(EvaluationStatus.CANCELLED, now, total=self.total)

    def _over(self, status: EvaluationStatus, now: datetime, *, total: int) -> Self:
        return replace(self, status=status, lease=None, total=total, updated_at=now, finished_at=now)
