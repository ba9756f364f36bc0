"""The cancellation of an event."""

from dataclasses import dataclass
from datetime import datetime

from core.shared.ids import AccountId, OperationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Why and when an event was cancelled, by whose word and in which operation; `reason` is what buyers are told.

    `refund_fees` says whether fees and taxes on top of the prices go back as well.
    """

    operation_id: OperationId
    by: AccountId
    reason: str
    refund_fees: bool
    at: datetime
