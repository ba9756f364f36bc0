"""What staff do about payouts: give what is owed by hand, and try failed ones again."""

from dataclasses import dataclass

from core.payments.errors import PayoutNotFoundError
from core.payments.paying_out import retry, settle_by_hand
from core.payments.payment import Payment
from core.payments.payout import Payout
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PayoutId
from ports.clock import Clock
from ports.payments import PaymentTransaction, PaymentTransactions
from usecases.payments.keep_payout import KeepPayout
from usecases.payments.settle_payout import SettlePayout


@dataclass(frozen=True, slots=True)
class SettlePayoutByHand:
    """Owners and managers. Who did it, and their note, stay with the payout and in the audit trail."""

    transactions: PaymentTransactions
    keep: KeepPayout
    clock: Clock

    async def __call__(self, caller: Caller, payout_id: PayoutId, *, note: str) -> Payout:
        """Note that the seller has the money; raises ForbiddenError, PayoutNotFoundError and PayoutNotOwedError."""
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            _, payout = await _locked(tx, payout_id)
            change = settle_by_hand(payout, by=caller.account_id, note=note, now=now)
            return await self.keep(tx, change, current=payout, now=now)


@dataclass(frozen=True, slots=True)
class RetryPayout:
    """Owners and managers, at any time: the sweep does so later and later."""

    transactions: PaymentTransactions
    keep: KeepPayout
    settle: SettlePayout
    clock: Clock

    async def __call__(self, caller: Caller, payout_id: PayoutId) -> Payout:
        """Return the payout as it stands after the new try.

        Raises ForbiddenError, PayoutNotFoundError, PayoutNotFailedError, and PayoutTooLargeError when other
        payouts have its money.
        """
        caller.must_be_one_of(MANAGERS)
        now = self.clock.now()
        async with self.transactions.begin(caller.tenant_id) as tx:
            payment, payout = await _locked(tx, payout_id)
            payout = await self.keep(tx, retry(payment, payout, now=now), current=payout, now=now)
        return await self.settle(payout)


async def _locked(tx: PaymentTransaction, payout_id: PayoutId) -> tuple[Payment, Payout]:
    found = await tx.payouts.find(payout_id)
    payment = await tx.payments.lock(found.payment_id) if found is not None else None
    payout = await tx.payouts.find(payout_id)
    if payment is None or payout is None:
        raise PayoutNotFoundError
    return payment, payout
