"""A long operation on a venue, from pending to its end, whoever works on it and however often they die."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from core.operations.errors import NotResumableError, OperationOverError
from core.operations.progress import Progress
from core.shared.ids import AccountId, OperationId, VenueId

LEASE = timedelta(seconds=30)
"""How long an operation belongs to the worker that wrote to it last; another may take it from then on."""

TRIES_MAX = 5
"""How often a step is tried before its operation fails; a piece of new progress begins to count anew."""

BACKOFF_FIRST = timedelta(seconds=2)
BACKOFF_MAX = timedelta(seconds=60)
ERROR_LENGTH_MAX = 1000

type Values = Mapping[str, object]
"""What a JSON object holds."""


class OperationStatus(StrEnum):
    """Where an operation stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = frozenset({OperationStatus.PENDING, OperationStatus.IN_PROGRESS})
"""Of these there is one a venue and type."""

TRANSITIONS: Mapping[OperationStatus, frozenset[OperationStatus]] = {
    OperationStatus.PENDING: frozenset({OperationStatus.IN_PROGRESS, OperationStatus.CANCELLED}),
    OperationStatus.IN_PROGRESS: frozenset(
        {OperationStatus.COMPLETED, OperationStatus.FAILED, OperationStatus.CANCELLED}
    ),
    OperationStatus.FAILED: frozenset({OperationStatus.PENDING}),
    OperationStatus.COMPLETED: frozenset(),
    OperationStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Lease:
    """Whoever works on an operation, until somebody else may."""

    owner: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A step that is done: what came of it, when, and at the how-manieth try."""

    result: Values
    finished_at: datetime
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Noted:
    """What a step says of its own work; `cursor` is where it goes on, None where it begins anew."""

    done: int
    total: int | None
    cursor: Values | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One run of an operation. Steps are known by their names, in the order in which they were stored at its start.

    `checkpoints` has the steps that are done; `current_step` is the one that was begun and is not, with its `cursor`
    and `progress`. `ending` is set while steps are undone, and says how the operation ends after that: then nothing
    goes forward any more. `tries` counts the failures of the present step since its last new progress. `version`
    grows with all that can be seen.
    """

    id: OperationId
    venue_id: VenueId
    type: str
    params: Values
    steps: tuple[str, ...]
    started_by: AccountId
    created_at: datetime
    updated_at: datetime
    progress: Progress
    status: OperationStatus = OperationStatus.PENDING
    checkpoints: Mapping[str, Checkpoint]
    current_step: str | None = None
    cursor: Values | None = None
    ending: OperationStatus | None = None
    cancel_requested_at: datetime | None = None
    lease: Lease | None = None
    tries: int = 0
    next_try_at: datetime | None = None
    error: str | None = None
    finished_at: datetime | None = None
    version: int = 1

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def next_step(self) -> str | None:
        """Return the first step that is not done; None when all are."""
        return next((step for step in self.steps if step not in self.checkpoints), None)

    @property
    def is_cancelled_next(self) -> bool:
        """Tell whether somebody asked to cancel what still goes forward."""
        return self.cancel_requested_at is not None and self.ending is None

    def step_to_undo(self, compensating: frozenset[str]) -> str | None:
        """Return the last step that was done, or begun, and can be undone; None when nothing is left to undo."""
        begun = (step for step in reversed(self.steps) if step in self.checkpoints or step == self.current_step)
        return next((step for step in begun if step in compensating), None)

    def is_free(self, now: datetime) -> bool:
        """Tell whether a worker may take it; the end of a lease or of a pause belongs to the free side."""
        leased = self.lease is not None and now < self.lease.until
        waits = self.next_try_at is not None and now < self.next_try_at
        return self.is_live and not leased and not waits

    def is_of(self, owner: UUID) -> bool:
        """Tell whether this worker may write: nobody took the operation over, and it is not over."""
        return self.is_live and self.lease is not None and self.lease.owner == owner

    def taken(self, owner: UUID, now: datetime) -> Self:
        """A worker begins, or goes on where another was."""
        self._must_become(OperationStatus.IN_PROGRESS)
        return replace(
            self._touched(now), status=OperationStatus.IN_PROGRESS, lease=Lease(owner, now + LEASE), next_try_at=None
        )

    def left(self, now: datetime) -> Self:
        """Let any worker go on at once."""
        return replace(self._touched(now), lease=None)

    def renewed(self, owner: UUID, now: datetime) -> Self:
        """The worker is still there; nothing that can be seen changes."""
        return replace(self, lease=Lease(owner, now + LEASE))

    def begun(self, step: str, now: datetime) -> Self:
        """Do a step, or undo it: from its cursor if it is the one that was under way, else from its beginning."""
        if step == self.current_step:
            return replace(self._touched(now), progress=self.progress.again(now))
        return replace(self._touched(now), current_step=step, cursor=None, progress=Progress.starting(now), tries=0)

    def noted(self, noted: Noted, owner: UUID, now: datetime) -> Self:
        """The step came on, and the lease is as long as at first; new progress forgives earlier failures."""
        came_on = noted.done > self.progress.done
        return replace(
            self._touched(now),
            progress=self.progress.noted(noted.done, noted.total, now),
            cursor=noted.cursor,
            tries=0 if came_on else self.tries,
            lease=Lease(owner, now + LEASE),
        )

    def checkpointed(self, step: str, result: Values, owner: UUID, now: datetime) -> Self:
        """The step is done. With the last one the operation is completed, even if somebody asked to cancel it."""
        point = Checkpoint(result, now, self.tries + 1)
        done = replace(
            self._touched(now),
            checkpoints={**self.checkpoints, step: point},
            current_step=None,
            cursor=None,
            tries=0,
            error=None,
            lease=Lease(owner, now + LEASE),
        )
        return done.ended(OperationStatus.COMPLETED, now) if done.next_step is None else done

    def failed_try(
        self, message: str, now: datetime, *, hopeless: bool, compensating: frozenset[str], tries_max: int = TRIES_MAX
    ) -> Self:
        """The step failed: try again after a pause, or end. `hopeless` is what no further try can help.

        A step that cannot be undone ends the operation as it stands: going on with it undoes the rest.
        """
        tries = self.tries + 1
        failed = replace(self._touched(now), tries=tries, error=message[:ERROR_LENGTH_MAX])
        if not hopeless and tries < tries_max:
            pause = min(BACKOFF_FIRST * 2 ** (tries - 1), BACKOFF_MAX)
            return replace(failed, lease=None, next_try_at=now + pause)
        if self.ending is not None:
            return failed.ended(OperationStatus.FAILED, now)
        return failed.turned_back(OperationStatus.FAILED, now, compensating=compensating)

    def stranded(self, message: str, now: datetime) -> Self:
        """Fail where it stands, with nothing undone: this version of Fairseat does not know how to go on."""
        return replace(self, error=message[:ERROR_LENGTH_MAX]).ended(OperationStatus.FAILED, now)

    def turned_back(self, ending: OperationStatus, now: datetime, *, compensating: frozenset[str]) -> Self:
        """Undo from now on, the last step first, and end so; with nothing to undo it ends at once."""
        cursor = None if self.current_step in compensating else self.cursor  # undoing has a cursor of its own
        back = replace(self._touched(now), ending=ending, tries=0, next_try_at=None, cursor=cursor)
        return back if back.step_to_undo(compensating) is not None else back.undone_all(now)

    def undone(self, step: str, owner: UUID, now: datetime) -> Self:
        """The step is as if it was never done."""
        rest = {name: point for name, point in self.checkpoints.items() if name != step}
        return replace(
            self._touched(now),
            checkpoints=rest,
            current_step=None,
            cursor=None,
            tries=0,
            lease=Lease(owner, now + LEASE),
        )

    def undone_all(self, now: datetime) -> Self:
        """Nothing is left to undo."""
        assert self.ending is not None, "only what was turned back is undone"
        return replace(self, ending=None).ended(self.ending, now)

    def cancel_asked(self, now: datetime) -> Self:
        """End it after the step, or the part of a step, that is under way; at once where nothing was begun.

        Raises OperationOverError. Asking again changes nothing, and what is being undone goes on as it was.
        """
        if not self.is_live:
            raise OperationOverError
        if self.cancel_requested_at is not None:
            return self
        asked = replace(self._touched(now), cancel_requested_at=now, next_try_at=None)
        untouched = self.status is OperationStatus.PENDING and not self.checkpoints and self.current_step is None
        return asked.ended(OperationStatus.CANCELLED, now) if untouched else asked

    def resumed(self, now: datetime) -> Self:
        """Go on from the last checkpoint, or with undoing where that failed; raises NotResumableError."""
        if self.status is not OperationStatus.FAILED:
            raise NotResumableError
        return replace(
            self._touched(now),
            status=OperationStatus.PENDING,
            tries=0,
            next_try_at=None,
            error=None,
            finished_at=None,
            cancel_requested_at=self.cancel_requested_at if self.ending is not None else None,
        )

    def ended(self, status: OperationStatus, now: datetime) -> Self:
        """Nobody works on it any more."""
        self._must_become(status)
        return replace(self._touched(now), status=status, lease=None, next_try_at=None, finished_at=now)

    def _must_become(self, status: OperationStatus) -> None:
        if status is not self.status and status not in TRANSITIONS[self.status]:
            raise ValueError(f"an operation that is {self.status} cannot be {status}")

    def _touched(self, now: datetime) -> Self:
        return replace(self, updated_at=now, version=self.version + 1)
