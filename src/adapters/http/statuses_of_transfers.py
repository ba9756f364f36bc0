"""What transfers refuse, as HTTP statuses: a part of the one table in `statuses`."""

from core.resale.transfers.transfer_errors import (
    EmailUnverifiedError,
    HolderNameNeededError,
    OwnTransferError,
    TooManyTransfersError,
    TransferNeedsAccountError,
    TransferNotFoundError,
    TransferOpenError,
    TransferRefusedError,
    TransferStepError,
)
from core.shared.errors import DomainError

TRANSFERS: dict[type[DomainError], int] = {
    TransferNotFoundError: 404,
    TransferRefusedError: 422,
    TransferOpenError: 409,
    TransferStepError: 409,
    OwnTransferError: 422,
    TransferNeedsAccountError: 403,
    EmailUnverifiedError: 403,
    HolderNameNeededError: 422,
    TooManyTransfersError: 429,
}
