"""Brings a payout as far as it gets now."""

from dataclasses import dataclass, replace

from core.payments.accounts import AccountOwner
from core.payments.errors import (
    DestinationNotReadyError,
    PaymentDeclinedError,
    PaymentDisputedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from core.payments.paying_out import Destinations, prepare, refuse, sendable, stand
from core.payments.payment import Payment
from core.payments.payout import Leg, Payout, PayoutStatus
from core.payments.platform_fee import ConnectTerms
from core.shared.ids import PayoutId
from ports.clock import Clock
from ports.payments import PaymentGateway, PaymentTransaction, PaymentTransactions
from usecases.payments.keep_payout import KeepPayout
from usecases.payments.record_transfers import RecordTransfers


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A payout of which the next step is decided, and what that needs."""

    payment: Payment
    payout: Payout
    to: Destinations


@dataclass(frozen=True, slots=True)
class SettlePayout:
    """Part of other use cases, between their transactions.

    That money is released is committed before the provider is asked, and what it knows already is read before
    anything is sent a second time: whatever dies in between, the next call finds the same transfers.
    """

    transactions: PaymentTransactions
    gateway: PaymentGateway
    keep: KeepPayout
    record: RecordTransfers
    terms: ConnectTerms
    clock: Clock

    async def __call__(self, payout: Payout) -> Payout:
        """Return the payout as it stands afterwards: pending too while the provider cannot be asked."""
        try:
            if payout.released and (self.terms.required or payout.seller_transfer or payout.royalty_transfer):
                await self.record.of_payment(payout.tenant_id, payout.payment_id)
            prepared = await self._prepare(payout)
            await self._send(prepared)
        except (ProviderUnavailableError, ProviderRefusedError):
            pass  # what was sent cannot be read now: the sweep goes on with it
        async with self.transactions.begin(payout.tenant_id) as tx:
            return await _found(tx, payout.id)

    async def _prepare(self, payout: Payout) -> _Prepared:
        now = self.clock.now()
        async with self.transactions.begin(payout.tenant_id) as tx:
            payment = await tx.payments.lock(payout.payment_id)
            assert payment is not None, "payments are never deleted"
            current = await _found(tx, payout.id)
            to = await self._destinations(tx, current)
            booked = await tx.ledger.of_payment(payment.id)
            disputes = await tx.disputes.of_payment(payment.id)
            change = prepare(current, disputes=disputes, booked=booked, to=to, now=now)
            current = await self.keep(tx, change, current=current, now=now)
        return _Prepared(payment, current, to)

    async def _destinations(self, tx: PaymentTransaction, payout: Payout) -> Destinations:
        if not self.terms.required:
            return Destinations(None, None, royalty_stays=True)
        seller = await tx.accounts.find(AccountOwner.seller(payout.tenant_id, payout.seller_account_id))
        owners = [AccountOwner.venue(payout.tenant_id, venue_id) for venue_id in payout.venue_ids]
        venues = [await tx.accounts.find(owner) for owner in owners]
        royalty = next((account.receives for account in venues if account is not None and account.receives), None)
        return Destinations(seller.receives if seller is not None else None, royalty)

    async def _send(self, prepared: _Prepared) -> None:
        payment, payout, to = prepared.payment, prepared.payout, prepared.to
        for leg, there in sendable(payout, to):
            try:
                made = await self.gateway.transfer(payment, payout, leg, to=there)
            except DestinationNotReadyError:
                to = replace(to, seller=None) if leg is Leg.SELLER else replace(to, royalty=None)
            except (ProviderRefusedError, PaymentDeclinedError, PaymentDisputedError) as refusal:
                await self._refused(payout, refusal.message)
                return
            else:
                await self.record.book(payout.tenant_id, payout.payment_id, [made])
        if payout.status is PayoutStatus.PENDING and payout.released:
            await self._stand(payout, to)

    async def _stand(self, payout: Payout, to: Destinations) -> None:
        now = self.clock.now()
        async with self.transactions.begin(payout.tenant_id) as tx:
            await tx.payments.lock(payout.payment_id)
            current = await _found(tx, payout.id)
            await self.keep(tx, stand(current, to, now=now), current=current, now=now)

    async def _refused(self, payout: Payout, failure: str) -> None:
        now = self.clock.now()
        async with self.transactions.begin(payout.tenant_id) as tx:
            await tx.payments.lock(payout.payment_id)
            current = await _found(tx, payout.id)
            change = refuse(current, attempt=payout.attempt, failure=failure, now=now)
            await self.keep(tx, change, current=current, now=now)


async def _found(tx: PaymentTransaction, payout_id: PayoutId) -> Payout:
    found = await tx.payouts.find(payout_id)
    assert found is not None, "payouts are never deleted"
    return found
