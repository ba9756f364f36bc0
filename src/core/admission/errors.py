"""What admission refuses."""

from typing import ClassVar

from core.shared.errors import DomainError


class PassNotFoundError(DomainError):
    """There is no such pass in this organisation, or it is somebody else's."""

    code: ClassVar[str] = "admission.pass_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such pass.")


class PassOrderNotFoundError(DomainError):
    """Admission has not heard of such an order in this organisation, or it is somebody else's."""

    code: ClassVar[str] = "admission.order_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such order.")


class PassNotValidError(DomainError):
    """The pass admits nobody at present, so it shows no code."""

    code: ClassVar[str] = "admission.pass_not_valid"

    def __init__(self, status: str) -> None:
        super().__init__(f"The pass is {status.lower()}, so it has no code to show.")


class InvalidCodeError(DomainError):
    """The text is no code of ours: malformed, altered, or not signed with the key of an event of this organisation."""

    code: ClassVar[str] = "admission.invalid_code"
