"""Tell the others where what is verified of a seller has changed."""

from datetime import datetime

from core.resale.trust.verifications import Verification, VerificationStatus
from ports.published.resale import SellerVerificationChanged
from ports.resale import ResaleTransaction


async def announce(tx: ResaleTransaction, before: Verification | None, after: Verification, *, now: datetime) -> None:
    """Tell of evidence that counts from now on, or does not any more; None before: it was just brought.

    Nothing is told of evidence that waits, or that was refused without ever having counted.
    """
    counted = before is not None and before.status is VerificationStatus.VERIFIED
    counts = after.status is VerificationStatus.VERIFIED
    if counted is not counts:
        event = SellerVerificationChanged(
            verification_id=after.id, account_id=after.account_id, venue_id=after.venue_id, counts=counts
        )
        await tx.outbox.add(event, subject=after.id, at=now)
