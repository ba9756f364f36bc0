"""What a change of a payout is, and what every such change leaves in the audit trail."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.payments.ledger import Posting
from core.payments.payout import Payout, PayoutStatus
from core.payments.record import PaymentRecord, RecordDetail, RecordKind

RETRIES_AFTER_S = (300, 3_600, 21_600, 86_400)
"""After which time a refused payout is tried again by itself; from the last on as often as that, and staff see it."""

_KINDS = {
    PayoutStatus.PENDING: RecordKind.PAYOUT_ASKED,
    PayoutStatus.PAID: RecordKind.PAYOUT_PAID,
    PayoutStatus.OWED: RecordKind.PAYOUT_OWED,
    PayoutStatus.FAILED: RecordKind.PAYOUT_FAILED,
    PayoutStatus.REVERSED: RecordKind.PAYOUT_REVERSED,
}


@dataclass(frozen=True, slots=True)
class PayoutChange:
    """A payout as it is to be stored, what to record and to book, and whether others have to hear how it stands."""

    payout: Payout
    records: tuple[PaymentRecord, ...] = ()
    postings: tuple[Posting, ...] = ()
    settled: bool = False


def changed(
    payout: Payout, status: PayoutStatus, *, failure: str | None, check_at: datetime | None, now: datetime
) -> PayoutChange:
    """Return the payout in a status, with the line of the audit trail where that is news."""
    after = replace(payout, status=status, failure=failure, check_at=check_at, updated_at=now)
    if status is payout.status and failure == payout.failure:
        return PayoutChange(after)
    return PayoutChange(after, (record_of(after, _KINDS[status]),), settled=status is not payout.status)


def again_at(payout: Payout, *, now: datetime) -> datetime:
    """Return when what was refused is tried again by itself."""
    return now + timedelta(seconds=RETRIES_AFTER_S[min(payout.attempt, len(RETRIES_AFTER_S)) - 1])


def record_of(payout: Payout, kind: RecordKind) -> PaymentRecord:
    """Return the line of the audit trail for what happened to a payout; no money of the buyer's moved."""
    shares = payout.shares
    detail: RecordDetail = {
        "payout_id": str(payout.id),
        "seller_account_id": str(payout.seller_account_id),
        "seller_minor": shares.seller_minor,
        "royalty_minor": shares.royalty_minor,
        "fee_minor": shares.fee_minor,
        "attempt": payout.attempt,
        "failure": payout.failure,
        "settled_by": str(payout.settled_by) if payout.settled_by is not None else None,
        "note": payout.note,
    }
    return PaymentRecord(kind, 0, shares.currency, detail)
