"""What plans that operations write refuse, as HTTP statuses: a part of the one table in `statuses`."""

from core.seating.writing import (
    PlanBeingWrittenError,
    PlanDocumentNotFoundError,
    PlanDocumentTooLargeError,
    PlanNotAsWrittenError,
    PlanSourceChangedError,
    PlanTooLargeError,
)
from core.shared.errors import DomainError

PLAN_WRITING: dict[type[DomainError], int] = {
    PlanBeingWrittenError: 409,
    PlanNotAsWrittenError: 409,
    PlanSourceChangedError: 409,
    PlanTooLargeError: 422,
    PlanDocumentNotFoundError: 404,
    PlanDocumentTooLargeError: 413,
}
