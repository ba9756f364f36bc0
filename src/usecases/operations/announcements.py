"""What is told of operations that are over."""

from datetime import datetime
from uuid import UUID

from core.operations.log import LogLine, What
from core.operations.operation import Operation, OperationStatus
from ports.events import Event
from ports.operations import OperationTransaction
from ports.published.operations import OperationCancelled, OperationCompleted, OperationFailed

_ENDS = {
    OperationStatus.COMPLETED: What.COMPLETED,
    OperationStatus.FAILED: What.FAILED,
    OperationStatus.CANCELLED: What.CANCELLED,
}


async def announce_end(tx: OperationTransaction, operation: Operation, *, id: UUID, now: datetime) -> None:
    """Put the end into the history, under the given id, and tell of it; nothing for an operation that goes on."""
    if operation.is_live:
        return
    detail = (operation.error or "") if operation.status is OperationStatus.FAILED else ""
    line = LogLine(id=id, operation_id=operation.id, what=_ENDS[operation.status], at=now, detail=detail)
    await tx.operations.log(line)
    await tx.outbox.add(_event_of(operation), subject=operation.id, at=now)


def _event_of(operation: Operation) -> Event:
    id, venue, type, by = operation.id, operation.venue_id, operation.type, operation.started_by
    match operation.status:
        case OperationStatus.COMPLETED:
            return OperationCompleted(operation_id=id, venue_id=venue, type=type, started_by=by)
        case OperationStatus.FAILED:
            error = operation.error or ""
            return OperationFailed(operation_id=id, venue_id=venue, type=type, started_by=by, error=error)
        case _:
            return OperationCancelled(operation_id=id, venue_id=venue, type=type, started_by=by)
