"""Starts, or goes on with, the payment of an order."""

from dataclasses import dataclass

from core.payments.accounts import AccountOwner
from core.payments.destination import Destination
from core.payments.errors import AlreadyPaidError, PaymentClosedError, ProviderRefusedError
from core.payments.intent import Intent
from core.payments.payment import CAPTURED, Payment, PaymentMethod, PaymentStatus
from core.payments.platform_fee import ConnectTerms, destination_of
from core.payments.transitions import (
    attach,
    goes_elsewhere,
    is_declined,
    is_of_earlier_attempt,
    must_be_payable,
    must_have_attempts_left,
    observe,
    open_payment,
    try_again,
)
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, OrderId, PaymentId, TenantId, VenueId
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.payments import PaymentGateway, PaymentTransaction, PaymentTransactions
from usecases.payments.keep_change import KeepChange

_ROUNDS_MAX = 4
"""How often one call looks anew after it found the intent cancelled, or cancelled it, or another call was quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What an order asks to be paid, and the venues that its tickets are for.

    With `escrow` the money waits with the platform until it is paid out, whatever accounts the venues have.
    """

    tenant_id: TenantId
    order_id: OrderId
    account_id: AccountId
    method: PaymentMethod
    amount: Money
    description: str
    venue_ids: tuple[VenueId, ...] = ()
    escrow: bool = False


@dataclass(frozen=True, slots=True)
class StartedPayment:
    """A payment that waits for its buyer, and the intent to confirm."""

    payment: Payment
    intent: Intent


@dataclass(frozen=True, slots=True)
class StartPayment:
    """For orders, on behalf of the buyer. Asking again gives the same intent while nothing has become of that.

    The row is committed before the provider is asked, and the provider's key names order and attempt: a crash
    between the two is healed by asking again, and two at once get one intent.

    After a decline asking again begins the next attempt, with an intent of its own. The declined one is cancelled
    before; should that have been paid at this very moment, it is the payment. Where connected accounts are needed, an
    intent that would pay another account than the venue's present one is replaced in the same way.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    clock: Clock
    ids: IdSource
    keep: KeepChange
    terms: ConnectTerms

    async def __call__(self, request: StartRequest) -> StartedPayment:
        """Return the payment with its intent.

        Raises AlreadyPaidError, PaymentClosedError, PaymentConflictError, TooManyAttemptsError, ChargesNotEnabledError,
        SeveralAccountsError, and what the gateway raises.
        """
        if request.amount.amount_minor <= 0:
            message = "There is nothing to pay."
            raise InvalidInputError(message, [Problem("/amount", message)])
        for _ in range(_ROUNDS_MAX):
            payment, destination = await self._open(request)
            if payment.intent_id is None:
                intent = await self.gateway.create_intent(payment)
            elif goes_elsewhere(payment, destination):
                intent = await self.gateway.cancel_intent(payment.intent_id)
            else:
                intent = await self.gateway.retrieve_intent(payment.intent_id)
            payment = await self._note(payment.id, request.tenant_id, intent)
            if is_declined(payment, intent) and not payment.closing:
                must_have_attempts_left(payment)
                intent = await self.gateway.cancel_intent(intent.id)
                payment = await self._note(payment.id, request.tenant_id, intent)
            if payment.status in CAPTURED:
                raise AlreadyPaidError(f"Order {request.order_id} has been paid.")
            if payment.closing:
                raise PaymentClosedError(f"Order {request.order_id} takes no payment any more.")
            if intent.id == payment.intent_id and payment.status is not PaymentStatus.CANCELLED:
                return StartedPayment(payment, intent)
        raise ProviderRefusedError(f"The provider cancels every intent of order {request.order_id}.")

    async def _open(self, request: StartRequest) -> tuple[Payment, Destination | None]:
        """Return the payment in its present attempt, and where the money has to go."""
        now = self.clock.now()
        async with self.transactions.begin(request.tenant_id) as tx:
            payment = await tx.payments.lock_of_order(request.order_id)
            if payment is not None:
                # What was paid, or is to end, says so, whatever became of the venue's account since.
                must_be_payable(payment, account_id=request.account_id, amount=request.amount, escrow=request.escrow)
            destination = await self._destination(tx, request)
            if payment is None:
                opened = open_payment(
                    payment_id=PaymentId(self.ids.new()),
                    tenant_id=request.tenant_id,
                    order_id=request.order_id,
                    account_id=request.account_id,
                    method=request.method,
                    amount=request.amount,
                    description=request.description,
                    destination=destination,
                    escrow=request.escrow,
                    now=now,
                )
                if await tx.payments.add(opened.payment):
                    return await self.keep(tx, opened, current=opened.payment, now=now), destination
                payment = await tx.payments.lock_of_order(request.order_id)
                assert payment is not None, "the row that was in the way is still there: payments are never deleted"
            again = try_again(
                payment,
                account_id=request.account_id,
                amount=request.amount,
                method=request.method,
                destination=destination,
                escrow=request.escrow,
                now=now,
            )
            return await self.keep(tx, again, current=payment, now=now), destination

    async def _destination(self, tx: PaymentTransaction, request: StartRequest) -> Destination | None:
        if request.escrow or not self.terms.required:
            return None
        owners = [AccountOwner.venue(request.tenant_id, venue_id) for venue_id in dict.fromkeys(request.venue_ids)]
        accounts = [await tx.accounts.find(owner) for owner in owners]
        fee = await tx.accounts.platform_fee() or self.terms.fee
        return destination_of(accounts, fee=fee, amount=request.amount)

    async def _note(self, payment_id: PaymentId, tenant_id: TenantId, intent: Intent) -> Payment:
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            payment = await tx.payments.lock(payment_id)
            assert payment is not None, "payments are never deleted"
            if is_of_earlier_attempt(payment, intent):
                return payment  # another call has cancelled it since, and was quicker
            payment = await self.keep(tx, attach(payment, intent, now=now), current=payment, now=now)
            return await self.keep(tx, observe(payment, intent, now=now), current=payment, now=now)
