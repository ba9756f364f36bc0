"""What is refused when a pass is given to somebody."""

from collections.abc import Sequence
from typing import ClassVar

from core.resale.verdicts.verdict import Reason
from core.shared.errors import DomainError, Problem


class TransferNotFoundError(DomainError):
    """There is no such transfer in this organisation, or none that concerns the caller."""

    code: ClassVar[str] = "resale.transfer_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such transfer.")


class TransferRefusedError(DomainError):
    """The organiser does not allow this transfer, or not any more; `problems` has each reason with its own code."""

    code: ClassVar[str] = "resale.transfer_refused"

    @classmethod
    def of(cls, reasons: Sequence[Reason]) -> "TransferRefusedError":
        """Return the refusal for these reasons."""
        told = " ".join(reason.message for reason in reasons)
        return cls(told, [Problem("", f"{reason.code}: {reason.message}") for reason in reasons])


class TransferOpenError(DomainError):
    """The pass is being given to somebody already."""

    code: ClassVar[str] = "resale.transfer_open"

    def __init__(self) -> None:
        super().__init__("This pass is being transferred already. Take that back first.")


class TransferStepError(DomainError):
    """Where the transfer stands, it cannot become what was asked for."""

    code: ClassVar[str] = "resale.transfer_conflict"

    def __init__(self, status: str, change: str) -> None:
        super().__init__(f"The transfer is {status}, so it cannot {change}.")


class OwnTransferError(DomainError):
    """Nobody gives a pass to themselves."""

    code: ClassVar[str] = "resale.transfer_to_oneself"

    def __init__(self) -> None:
        super().__init__("This is your own address.", [Problem("/toEmail", "must be somebody else's")])


class EmailUnverifiedError(DomainError):
    """Whoever asks has not shown that their e-mail address is their own, so nothing was offered to them yet."""

    code: ClassVar[str] = "resale.email_not_verified"

    def __init__(self) -> None:
        super().__init__("Confirm your e-mail address first, by the link that was mailed to you.")


class TransferNeedsAccountError(DomainError):
    """A guest has no e-mail address that anything could be offered to."""

    code: ClassVar[str] = "resale.transfer_needs_account"

    def __init__(self) -> None:
        super().__init__("A pass is transferred to an account: sign in with the address that it was offered to.")


class HolderNameNeededError(DomainError):
    """The pass has to bear the name of whoever holds it, by the organiser's policy or by a law."""

    code: ClassVar[str] = "resale.holder_name_needed"

    def __init__(self, why: str) -> None:
        super().__init__(f"The pass has to bear its holder's name: {why}.", [Problem("/holderName", "is needed")])


class TooManyTransfersError(DomainError):
    """The account has offered as many passes to persons as it may in a day."""

    code: ClassVar[str] = "resale.too_many_transfers"
    retry_after_s = 86_400
    """By then none of them counts any more."""
