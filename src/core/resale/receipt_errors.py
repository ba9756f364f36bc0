"""Why a receipt, or the keys to check it with, is not believed."""

from core.shared.errors import DomainError


class InvalidReceiptError(DomainError):
    """The text is no receipt, it was altered, or somebody else signed it."""

    code = "resale.invalid_receipt"


class InvalidKeySetError(DomainError):
    """The text is no JSON Web Key Set with keys of receipts."""

    code = "resale.invalid_key_set"
