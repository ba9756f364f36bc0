"""The history of an operation: who did what to it, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.shared.ids import AccountId, OperationId


class What(StrEnum):
    """What happened to an operation."""

    STARTED = "started"
    TAKEN = "taken"
    STEP_DONE = "step_done"
    STEP_FAILED = "step_failed"
    STEP_UNDONE = "step_undone"
    TURNED_BACK = "turned_back"
    """From here on steps are undone."""

    CANCEL_ASKED = "cancel_asked"
    RESUMED = "resumed"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line; `account_id` is None where no person did it, and `step` where it is about no step."""

    id: UUID
    operation_id: OperationId
    what: What
    at: datetime
    account_id: AccountId | None = None
    step: str | None = None
    detail: str = ""
