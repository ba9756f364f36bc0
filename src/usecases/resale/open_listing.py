"""Put a recorded listing on the market."""

from dataclasses import dataclass

from core.resale.market.listing import Listing
from core.resale.market.listing_errors import ListingNotFoundError
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.shared.ids import ListingId, TenantId
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce
from usecases.resale.match_waiting_list import MatchReturns


@dataclass(frozen=True, slots=True)
class OpenListing:
    """Part of listing a pass, and of the sweep, which goes on where a process died. May be repeated."""

    resale: ResaleTransactions
    admission: AdmissionApi
    match: MatchReturns
    clock: Clock

    async def __call__(self, tenant_id: TenantId, listing_id: ListingId) -> Listing:
        """Tie the pass to the listing and open it; one that is further already stays as it is.

        A return is offered to the waiting list in the moment in which it opens.

        Raises RefusedError when admission does not let the pass be tied: the listing is CANCELLED then.
        """
        async with self.resale.begin(tenant_id) as tx:
            listing = await tx.listings.get(listing_id)
        if listing is None:
            raise ListingNotFoundError
        if listing.status is not ListingStatus.OPENING:
            return listing
        refusal: RefusedError | None = None
        try:
            await self.admission.offer(
                tenant_id=tenant_id,
                pass_id=listing.subject.pass_id,
                account_id=listing.seller_id,
                offer_id=listing_id,
                kind=listing.kind.value,
            )
        except RefusedError as refused:
            refusal = refused
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            is_return = listing.kind is ListingKind.RETURN
            if is_return:
                await tx.waiting_list.locked(listing.subject.ticket_id)  # before its listings, as everywhere
            found = await tx.listings.locked(listing_id)
            assert found is not None, "no listing is ever deleted"
            if found.status is ListingStatus.OPENING:
                after = found.opened(now) if refusal is None else found.refused(refusal.message, now)
                found = await save_and_announce(tx, found, after, now=now)
                if is_return:
                    await self.match(tx, listing.subject.ticket_id)
                    found = await tx.listings.get(listing_id) or found
        if refusal is not None:
            raise refusal
        return found
