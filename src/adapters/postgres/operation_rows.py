"""From operations to rows of venue_db, and back."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec

from core.operations.log import LogLine, What
from core.operations.operation import Checkpoint, Lease, Operation, OperationStatus, Values
from core.operations.progress import Progress
from core.shared.ids import AccountId, OperationId, VenueId


class _Point(msgspec.Struct, frozen=True, rename="camel"):
    """A checkpoint as it is stored."""

    result: dict[str, object]
    finished_at: datetime
    tries: int


_points = msgspec.json.Decoder(dict[str, _Point])
_values = msgspec.json.Decoder(dict[str, object])


def text_of(values: Values) -> str:
    """Return a JSON object as text."""
    return msgspec.json.encode(values).decode()


def changing(operation: Operation) -> tuple[object, ...]:
    """Return what changes while an operation lives, in the order of the statements that store it."""
    progress, lease = operation.progress, operation.lease
    return (
        operation.status.value,
        operation.current_step,
        _checkpoints_text(operation.checkpoints),
        text_of(operation.cursor) if operation.cursor is not None else None,
        *(progress.done, progress.total, progress.base_done, progress.base_at, progress.at),
        operation.ending.value if operation.ending is not None else None,
        operation.cancel_requested_at,
        lease.owner if lease is not None else None,
        lease.until if lease is not None else None,
        operation.tries,
        operation.next_try_at,
        operation.error,
        operation.version,
        operation.updated_at,
        operation.finished_at,
    )


def _checkpoints_text(checkpoints: Mapping[str, Checkpoint]) -> str:
    points = {step: _Point(dict(at.result), at.finished_at, at.tries) for step, at in checkpoints.items()}
    return msgspec.json.encode(points).decode()


def operation_of(row: asyncpg.Record) -> Operation:
    """Return the operation of a row."""
    points = _points.decode(row["checkpoint_data"])
    return Operation(
        id=OperationId(row["id"]),
        venue_id=VenueId(row["venue_id"]),
        type=row["type"],
        params=_values.decode(row["params"]),
        steps=tuple(row["steps"]),
        started_by=AccountId(row["started_by"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        progress=Progress(
            done=row["done"],
            total=row["total"],
            base_done=row["base_done"],
            base_at=row["base_at"],
            at=row["progress_at"],
        ),
        status=OperationStatus(row["status"]),
        checkpoints={step: Checkpoint(at.result, at.finished_at, at.tries) for step, at in points.items()},
        current_step=row["current_step"],
        cursor=_values.decode(row["cursor"]) if row["cursor"] is not None else None,
        ending=OperationStatus(row["ending"]) if row["ending"] is not None else None,
        cancel_requested_at=row["cancel_requested_at"],
        lease=Lease(row["lease_owner"], row["lease_until"]) if row["lease_owner"] is not None else None,
        tries=row["tries"],
        next_try_at=row["next_try_at"],
        error=row["error"],
        finished_at=row["finished_at"],
        version=row["version"],
    )


def line_of(row: asyncpg.Record) -> LogLine:
    """Return the line of a row."""
    return LogLine(
        id=row["id"],
        operation_id=OperationId(row["operation_id"]),
        what=What(row["what"]),
        at=row["at"],
        account_id=AccountId(row["account_id"]) if row["account_id"] is not None else None,
        step=row["step"],
        detail=row["detail"],
    )
