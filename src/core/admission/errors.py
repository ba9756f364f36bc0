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


class SupersededCodeError(DomainError):
    """The code is true, but from before the pass changed hands."""

    code: ClassVar[str] = "admission.superseded_code"

    def __init__(self) -> None:
        super().__init__("The pass changed hands since this code was shown; the new holder has another.")


class NotPassHolderError(DomainError):
    """The pass belongs to another account."""

    code: ClassVar[str] = "admission.not_holder"

    def __init__(self) -> None:
        super().__init__("The pass belongs to somebody else.")


class PassVoidError(DomainError):
    """The pass is over, so nothing can be done with it."""

    code: ClassVar[str] = "admission.pass_void"

    def __init__(self) -> None:
        super().__init__("The pass is void.")


class PassFrozenError(DomainError):
    """The pass waits for a dispute to end."""

    code: ClassVar[str] = "admission.pass_frozen"

    def __init__(self) -> None:
        super().__init__("The pass is frozen while its payment is disputed.")


class PassScannedError(DomainError):
    """The pass admitted somebody already, so it cannot change hands."""

    code: ClassVar[str] = "admission.pass_scanned"

    def __init__(self) -> None:
        super().__init__("The pass was scanned at the gate already.")


class PassOfferedError(DomainError):
    """The pass is tied to another offer."""

    code: ClassVar[str] = "admission.pass_offered"

    def __init__(self) -> None:
        super().__init__("The pass is offered already: withdraw that offer first.")


class PassNotOfferedError(DomainError):
    """The pass is not tied to this offer (any more)."""

    code: ClassVar[str] = "admission.pass_not_offered"

    def __init__(self) -> None:
        super().__init__("The pass is not offered by this offer any more.")


class PassEventOverError(DomainError):
    """What the pass admits to has ended."""

    code: ClassVar[str] = "admission.event_over"

    def __init__(self) -> None:
        super().__init__("The event of this pass is over.")


class PassRevisionsSpentError(DomainError):
    """The pass changed hands as often as its codes can count."""

    code: ClassVar[str] = "admission.pass_revisions_spent"

    def __init__(self) -> None:
        super().__init__("The pass changed hands too often to do so again.")


class PassCurrencyError(DomainError):
    """A pass was sold on in another currency than it was first sold in."""

    code: ClassVar[str] = "admission.other_currency"

    def __init__(self) -> None:
        super().__init__("The pass was first sold in another currency.")


class ScanConflictError(DomainError):
    """The id of a scan was used before, for another code, gate or direction."""

    code: ClassVar[str] = "admission.scan_conflict"

    def __init__(self) -> None:
        super().__init__("This id was used for another scan already.")
