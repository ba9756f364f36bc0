"""What operations say over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.operations.log import LogLine
from core.operations.operation import Operation

type JsonObject = dict[str, object]


class StartOperationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An operation to be started. With `dryRun` it is only previewed, and nothing is changed or stored."""

    type: Annotated[str, Meta(min_length=1, max_length=100, examples=["re-pricing"])]
    params: JsonObject
    dry_run: bool = False


class PreviewBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an operation would do; each type has a form of its own."""

    type: str
    preview: JsonObject


class StepBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A step: `done`, `running` for the one under way (also while it is undone), or `waiting`."""

    name: str
    status: Literal["waiting", "running", "done"]
    finished_at: datetime | None
    tries: int | None
    result: JsonObject | UnsetType | None = UNSET


class ProgressBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the present step has come; null for what cannot be told yet."""

    done: int
    total: int | None
    rate_per_sec: float | None
    seconds_left: float | None
    steps_done: int
    steps_total: int


class OperationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An operation. `undoing` while steps are undone, the last one first; params and results are not in lists.

    `error` is why the present step is tried again, or why the operation failed.
    """

    id: UUID
    venue_id: UUID
    type: str
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"]
    undoing: bool
    steps: tuple[StepBody, ...]
    current_step: str | None
    progress: ProgressBody
    tries: int
    next_try_at: datetime | None
    error: str | None
    cancel_requested_at: datetime | None
    started_by: UUID
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    params: JsonObject | UnsetType = UNSET

    @classmethod
    def short(cls, operation: Operation) -> Self:
        """Return what lists and progress events show."""
        return cls.of(operation, in_full=False)

    @classmethod
    def of(cls, operation: Operation, *, in_full: bool = True) -> Self:
        """Return what is sent of an operation."""
        progress = operation.progress
        return cls(
            id=operation.id,
            venue_id=operation.venue_id,
            type=operation.type,
            status=operation.status.value,
            undoing=operation.ending is not None and operation.is_live,
            steps=tuple(_step(operation, name, in_full=in_full) for name in operation.steps),
            current_step=operation.current_step,
            progress=ProgressBody(
                done=progress.done,
                total=progress.total,
                rate_per_sec=progress.rate_per_s,
                seconds_left=progress.left_s,
                steps_done=len(operation.checkpoints),
                steps_total=len(operation.steps),
            ),
            tries=operation.tries,
            next_try_at=operation.next_try_at,
            error=operation.error,
            cancel_requested_at=operation.cancel_requested_at,
            started_by=operation.started_by,
            created_at=operation.created_at,
            updated_at=operation.updated_at,
            finished_at=operation.finished_at,
            params=dict(operation.params) if in_full else UNSET,
        )


class LogLineBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was done to an operation; `accountId` is null where no person did it."""

    id: UUID
    what: str
    at: datetime
    account_id: UUID | None
    step: str | None
    detail: str

    @classmethod
    def of(cls, line: LogLine) -> Self:
        """Return what is sent of a line."""
        return cls(
            id=line.id,
            what=line.what.value,
            at=line.at,
            account_id=line.account_id,
            step=line.step,
            detail=line.detail,
        )


def _step(operation: Operation, name: str, *, in_full: bool) -> StepBody:
    point = operation.checkpoints.get(name)
    running = operation.is_live and name == operation.current_step
    return StepBody(
        name=name,
        status="running" if running else "waiting" if point is None else "done",
        finished_at=point.finished_at if point is not None else None,
        tries=point.tries if point is not None else None,
        result=UNSET if not in_full else dict(point.result) if point is not None else None,
    )
