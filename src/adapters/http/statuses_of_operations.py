"""What long operations refuse, as HTTP statuses: a part of the one table in `statuses`."""

from core.operations.errors import (
    NoPreviewError,
    NotResumableError,
    OperationBusyError,
    OperationNotFoundError,
    OperationOverError,
    UnknownTypeError,
)
from core.shared.errors import DomainError
from ports.published.operations import ParamsRefusedError

OPERATIONS: dict[type[DomainError], int] = {
    OperationNotFoundError: 404,
    OperationBusyError: 409,
    OperationOverError: 409,
    NotResumableError: 409,
    UnknownTypeError: 422,
    NoPreviewError: 422,
    ParamsRefusedError: 422,
}
