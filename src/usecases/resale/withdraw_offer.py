"""Give a pass back whose listing is over."""

from contextlib import suppress
from dataclasses import dataclass

from core.shared.ids import ListingId, TenantId
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Part of whatever ends a listing, and of the sweep, which repeats it until admission has answered."""

    resale: ResaleTransactions
    admission: AdmissionApi
    clock: Clock

    async def __call__(self, tenant_id: TenantId, listing_id: ListingId) -> None:
        """Untie the pass from a listing that is over; one that lives, or was seen to, stays as it is."""
        async with self.resale.begin(tenant_id) as tx:
            listing = await tx.listings.get(listing_id)
        if listing is None or listing.is_live or not listing.offer_tied:
            return
        with suppress(RefusedError):  # no such pass, so nothing is tied
            await self.admission.withdraw(tenant_id=tenant_id, pass_id=listing.subject.pass_id, offer_id=listing_id)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            found = await tx.listings.locked(listing_id)
            if found is not None and not found.is_live and found.offer_tied:
                await save_and_announce(tx, found, found.untied(now), now=now)
