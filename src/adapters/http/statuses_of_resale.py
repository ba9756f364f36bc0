"""What resale refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.resale.errors import (
    BlockNotFoundError,
    InvalidBlockError,
    InvalidResalePolicyError,
    InvalidVerificationError,
    PassHistoryNotFoundError,
    PolicyCollidesError,
    ResaleSettingsNotFoundError,
    VerificationDecidedError,
    VerificationNotFoundError,
    VerificationOpenError,
)
from core.resale.receipts.receipt_errors import InvalidKeySetError, InvalidReceiptError, ReceiptNotFoundError
from core.resale.verdicts.asking import ImpossibleQuestionError
from core.shared.errors import DomainError

RESALE: dict[type[DomainError], int] = {
    InvalidResalePolicyError: 422,
    PolicyCollidesError: 422,
    ResaleSettingsNotFoundError: 404,
    InvalidBlockError: 422,
    BlockNotFoundError: 404,
    InvalidVerificationError: 422,
    VerificationNotFoundError: 404,
    VerificationOpenError: 409,
    VerificationDecidedError: 409,
    ImpossibleQuestionError: 422,
    InvalidReceiptError: 422,
    InvalidKeySetError: 422,
    ReceiptNotFoundError: 404,
    PassHistoryNotFoundError: 404,
}
