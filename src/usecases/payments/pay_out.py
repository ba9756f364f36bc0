"""Pays out money that waits in escrow."""

from dataclasses import dataclass

from core.payments.errors import NotInEscrowError, PaymentNotFoundError
from core.payments.paying_out import ask_payout, must_be_same, retry
from core.payments.payout import Payout, PayoutStatus, Shares
from core.shared.ids import AccountId, OrderId, PayoutId, TenantId, VenueId
from ports.clock import Clock
from ports.payments import PaymentTransactions
from usecases.payments.keep_payout import KeepPayout
from usecases.payments.settle_payout import SettlePayout


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOutRequest:
    """Who gets what of an order's money; the caller makes the id. The currency is the payment's own."""

    tenant_id: TenantId
    order_id: OrderId
    payout_id: PayoutId
    seller_account_id: AccountId
    seller_minor: int
    royalty_minor: int
    fee_minor: int
    venue_ids: tuple[VenueId, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PayOut:
    """For the context that sells again, once the buyer has the new pass.

    That the money is to be paid out is committed before anybody is asked; the sweep goes on where a process died, or
    the provider is away. Repeating it pays nothing twice: asking again for a payout that failed begins its next try.
    """

    transactions: PaymentTransactions
    clock: Clock
    keep: KeepPayout
    settle: SettlePayout

    async def __call__(self, request: PayOutRequest) -> Payout:
        """Return the payout as it stands.

        Raises PaymentNotFoundError, NotInEscrowError, PayoutTooLargeError, PayoutConflictError and InvalidInputError.
        """
        now = self.clock.now()
        async with self.transactions.begin(request.tenant_id) as tx:
            payment = await tx.payments.lock_of_order(request.order_id)
            if payment is None:
                raise PaymentNotFoundError(f"Order {request.order_id} has no payment.")
            if payment.received is None:
                raise NotInEscrowError(f"Payment {payment.id} has no money in escrow.")
            shares = Shares(
                seller_minor=request.seller_minor,
                royalty_minor=request.royalty_minor,
                fee_minor=request.fee_minor,
                currency=payment.received.currency,
            )
            known = await tx.payouts.find(request.payout_id)
            if known is None:
                change = ask_payout(
                    payment,
                    payout_id=request.payout_id,
                    seller_account_id=request.seller_account_id,
                    shares=shares,
                    venue_ids=request.venue_ids,
                    reason=request.reason,
                    now=now,
                )
                payout = await self.keep(tx, change, current=change.payout, now=now)
            else:
                must_be_same(known, payment, seller_account_id=request.seller_account_id, shares=shares)
                again = retry(payment, known, now=now) if known.status is PayoutStatus.FAILED else None
                payout = await self.keep(tx, again, current=known, now=now)
        return await self.settle(payout)
