"""What cannot be done with operations."""

from typing import ClassVar

from core.shared.errors import DomainError, Problem
from core.shared.ids import OperationId


class OperationNotFoundError(DomainError):
    """There is no such operation at this organisation."""

    code: ClassVar[str] = "operations.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such operation.")


class OperationBusyError(DomainError):
    """An operation of the same type is not over yet at this venue; the message and `problems` name it."""

    code: ClassVar[str] = "operations.busy"

    def __init__(self, running: OperationId) -> None:
        super().__init__(
            f"Operation {running} of this type is not over yet at this venue.", [Problem("/runningId", str(running))]
        )
        self.running = running


class OperationOverError(DomainError):
    """The operation is over, so that it cannot be cancelled."""

    code: ClassVar[str] = "operations.over"

    def __init__(self) -> None:
        super().__init__("The operation is over.")


class NotResumableError(DomainError):
    """Only an operation that failed is gone on with by hand."""

    code: ClassVar[str] = "operations.not_resumable"

    def __init__(self) -> None:
        super().__init__("Only an operation that failed can be resumed.")


class UnknownTypeError(DomainError):
    """No operation of this type is offered."""

    code: ClassVar[str] = "operations.unknown_type"


class NoPreviewError(DomainError):
    """Operations of this type cannot be previewed."""

    code: ClassVar[str] = "operations.no_preview"

    def __init__(self) -> None:
        super().__init__("An operation of this type has no preview.")
