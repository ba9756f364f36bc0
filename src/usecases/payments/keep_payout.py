"""Stores a change of a payout with its audit records, what it books, and the news of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.payments.payout import Payout, PayoutStatus
from core.payments.payout_change import PayoutChange
from ports.ids import IdSource
from ports.payments import PaymentTransaction
from ports.published.payments import PayoutSettled

_TOLD: Mapping[PayoutStatus, Literal["paid", "owed", "failed", "reversed"]] = {
    PayoutStatus.PAID: "paid",
    PayoutStatus.OWED: "owed",
    PayoutStatus.FAILED: "failed",
    PayoutStatus.REVERSED: "reversed",
}
"""What is pending has not come to anything, and is not told."""


@dataclass(frozen=True, slots=True)
class KeepPayout:
    """Part of other use cases; runs in their transaction, which holds the payment's lock."""

    ids: IdSource

    async def __call__(
        self, tx: PaymentTransaction, change: PayoutChange | None, *, current: Payout, now: datetime
    ) -> Payout:
        """Return the payout as it is from now on; None for the change leaves `current` alone.

        Raises PayoutTooLargeError when the store sees more paid out than is left.
        """
        if change is None:
            return current
        payout = change.payout
        if not await tx.payouts.add(payout):
            await tx.payouts.save(payout)
        for record in change.records:
            await tx.payments.append(payout.payment_id, record, id=self.ids.new(), at=now)
        for posting in change.postings:
            await tx.ledger.post(payout.payment_id, posting, id=self.ids.new(), at=now)
        if change.settled:
            await tx.outbox.add(_told(payout), subject=payout.payment_id, at=now)
        return payout


def _told(payout: Payout) -> PayoutSettled:
    return PayoutSettled(
        payout_id=payout.id,
        order_id=payout.order_id,
        seller_account_id=payout.seller_account_id,
        amount_minor=payout.shares.seller_minor,
        currency=payout.shares.currency,
        status=_TOLD[payout.status],
        settled_at=payout.updated_at,
        failure=payout.failure,
    )
