"""What waiting lists refuse."""

from typing import ClassVar

from core.shared.errors import DomainError, Problem


class NotWaitingError(DomainError):
    """The caller does not wait for this ticket."""

    code: ClassVar[str] = "resale.not_waiting"

    def __init__(self) -> None:
        super().__init__("You are not on the waiting list of this ticket.")


class AlreadyWaitingError(DomainError):
    """Each account waits once for a ticket."""

    code: ClassVar[str] = "resale.already_waiting"

    def __init__(self) -> None:
        super().__init__("You wait for this ticket already. Leave its list first to wait for another number.")


class TooManyWantedError(DomainError):
    """So many passes of this ticket nobody may have."""

    code: ClassVar[str] = "resale.too_many_wanted"

    def __init__(self, most: int) -> None:
        message = f"At most {most} passes of this ticket can be waited for."
        super().__init__(message, [Problem("/quantity", message)])


class WaitingListClosedError(DomainError):
    """Nobody can wait (any more) for this ticket."""

    code: ClassVar[str] = "resale.waiting_list_closed"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class TooManyWaitingListsError(DomainError):
    """One account waits for so many tickets at once."""

    code: ClassVar[str] = "resale.too_many_waiting_lists"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class WaitingOfferNotFoundError(DomainError):
    """There is no such offer for the caller, or its time is over."""

    code: ClassVar[str] = "resale.waiting_offer_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such offer for you, or its time is over.")
