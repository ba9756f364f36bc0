"""Compares a day of the provider's balance with the ledger."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from core.payments.ledger import PostingKind, late_stripe_fee
from core.payments.movements import Difference, UnbookedFee, compare
from ports.clock import Clock
from ports.ids import IdSource
from ports.payments import Books, PaymentGateway, PaymentTransactions

_MARGIN = timedelta(hours=1)
"""How far the provider's clock and ours may differ in naming the moment of a movement."""


@dataclass(frozen=True, slots=True)
class DayReconciled:
    """What a day came to: what differs, and how many fees of the provider were booked that were not known before."""

    movements: int
    fees_booked: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ReconcileDay:
    """For operators at the command line, across tenants. Repeating it books nothing twice."""

    transactions: PaymentTransactions
    books: Books
    gateway: PaymentGateway
    clock: Clock
    ids: IdSource

    async def __call__(self, day: date) -> DayReconciled:
        """Compare a day of UTC and book the fees that were not known; raises what the gateway raises."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = start + timedelta(days=1)
        moved = await self.gateway.movements(start=start - _MARGIN, end=end + _MARGIN)
        refs = {one.source for one in moved} | {one.charge for one in moved if one.charge is not None}
        booked = await self.books.booked(start=start, end=end, refs=sorted(refs))
        found = compare(moved, booked, start=start, end=end)
        fees = [await self._book(fee) for fee in found.fees]
        return DayReconciled(
            movements=sum(start <= one.at < end for one in moved),
            fees_booked=sum(fees),
            differences=found.differences,
        )

    async def _book(self, unbooked: UnbookedFee) -> bool:
        booked = unbooked.booked
        async with self.transactions.begin(booked.tenant_id) as tx:
            payment = await tx.payments.lock(booked.payment_id)
            assert payment is not None, "payments are never deleted"
            postings = await tx.ledger.of_payment(payment.id)
            if any(one.kind is PostingKind.STRIPE_FEE and one.provider_ref == booked.ref for one in postings):
                return False
            refund_id = next((one.refund_id for one in postings if one.provider_ref == booked.ref), None)
            posting = late_stripe_fee(
                unbooked.fee,
                ref=booked.ref,
                at=unbooked.at,
                destination=payment.destination,
                escrow=payment.escrow,
                refund_id=refund_id,
            )
            await tx.ledger.post(payment.id, posting, id=self.ids.new(), at=self.clock.now())
        return True
