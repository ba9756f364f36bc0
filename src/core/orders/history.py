"""What the history of an order tells."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    """What the history of an order tells, in the order it happened."""

    PLACED = "placed"
    RESERVED = "reserved"
    RESERVATION_REFUSED = "reservation_refused"
    PAYMENT_STARTED = "payment_started"
    PAID_LATE = "paid_late"
    SEATS_RECLAIMED = "seats_reclaimed"
    OTHER_SEATS = "other_seats"
    CONFIRMED = "confirmed"
    CASH_TO_RETURN = "cash_to_return"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"
    REFUND_ASKED = "refund_asked"
    REFUNDED = "refunded"
    REFUND_REQUESTED = "refund_requested"
    ITEMS_RETURNED = "items_returned"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step; `detail` says why, for people."""

    at: datetime
    step: Step
    detail: str = ""
