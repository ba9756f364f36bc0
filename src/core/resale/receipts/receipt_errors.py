"""Why a receipt, or the keys to check it with, is not believed."""

from core.shared.errors import DomainError


class InvalidReceiptError(DomainError):
    """The text is no receipt, it was altered, or somebody else signed it."""

    code = "resale.invalid_receipt"


class ReceiptNotFoundError(DomainError):
    """No receipt of this organisation has this id; those of mere questions are not kept."""

    code = "resale.receipt_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such receipt. Only those of listings and changes of hands are kept.")


class InvalidKeySetError(DomainError):
    """The text is no JSON Web Key Set with keys of receipts."""

    code = "resale.invalid_key_set"
