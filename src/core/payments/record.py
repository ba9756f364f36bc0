"""The audit trail of a payment: rows that are added and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

type RecordDetail = Mapping[str, str | int | None]


class RecordKind(StrEnum):
    """What happened to a payment."""

    ATTEMPTED = "attempted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISMATCHED = "mismatched"
    REFUND_ASKED = "refund_asked"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTE_INQUIRED = "dispute_inquired"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_ANSWERED = "dispute_answered"
    DISPUTE_WITHDRAWN = "dispute_withdrawn"
    DISPUTE_REINSTATED = "dispute_reinstated"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_CLOSED = "dispute_closed"
    PAYOUT_ASKED = "payout_asked"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_OWED = "payout_owed"
    PAYOUT_FAILED = "payout_failed"
    PAYOUT_REVERSED = "payout_reversed"


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """One entry. `movement_minor` is the money that moved: taken is positive, given back is negative, else 0.

    The movements of a payment add up to what is kept of the buyer's money; `movement_minor` counts in the currency
    named in `currency`.
    """

    kind: RecordKind
    movement_minor: int
    currency: str
    detail: RecordDetail
