"""Ask for the seller's money once the buyer has a pass."""

from dataclasses import dataclass

from core.resale.market.listed import PayoutStatus
from core.shared.ids import ListingId, TenantId
from ports.clock import Clock
from ports.published.payments import PaymentsApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class PaySeller:
    """Part of completing a listing, and of the sweep, which repeats it until payments has answered."""

    resale: ResaleTransactions
    payments: PaymentsApi
    clock: Clock

    async def __call__(self, tenant_id: TenantId, listing_id: ListingId) -> None:
        """Have the price of a completed listing divided and paid out, once, whoever asks how often.

        Raises LinkUnavailableError while payments cannot be asked.
        """
        async with self.resale.begin(tenant_id) as tx:
            listing = await tx.listings.get(listing_id)
        payout = listing.payout if listing is not None else None
        if listing is None or payout is None or payout.status is not PayoutStatus.DUE:
            return
        detail = ""
        try:
            answer = await self.payments.pay_out(
                tenant_id=tenant_id,
                order_id=payout.order_id,
                payout_id=payout.id,
                seller_account_id=listing.seller_id,
                seller_minor=payout.split.seller.amount_minor,
                royalty_minor=payout.split.royalty.amount_minor,
                fee_minor=payout.split.platform_fee.amount_minor,
                venue_ids=(listing.subject.venue_id,),
                reason=f"resale of pass {listing.subject.pass_id}",
            )
            status = PayoutStatus(answer.status)
        except RefusedError as refusal:
            status, detail = PayoutStatus.REFUSED, refusal.message
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            found = await tx.listings.locked(listing_id)
            if found is not None and found.payout is not None and found.payout.status is PayoutStatus.DUE:
                await save_and_announce(tx, found, found.answered(status, detail, now), now=now)
