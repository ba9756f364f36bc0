"""Suspend a listing that is not lawful any more, and let one go on that is lawful again."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.shared.ids import ListingId, TenantId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from usecases.resale.examine_listing import ExamineListing, Finding
from usecases.resale.listing_news import save_and_announce

_ASKED_ABOUT = frozenset({ListingStatus.OPEN, ListingStatus.RESERVED, ListingStatus.SUSPENDED})
"""What a buyer has ordered was lawful when it was, and is paid for at this moment: it goes on."""


@dataclass(frozen=True, slots=True)
class ReconsiderListing:
    """For whoever hears that a pass is valid again, or that rules or policies changed. May be repeated."""

    resale: ResaleTransactions
    examine: ExamineListing
    clock: Clock

    async def __call__(self, tenant_id: TenantId, listing_id: ListingId) -> Listing | None:
        """Return the listing as it stands then; None for none."""
        async with self.resale.begin(tenant_id) as tx:
            listing = await tx.listings.get(listing_id)
        if listing is None or listing.status not in _ASKED_ABOUT:
            return listing
        finding = await self.examine(tenant_id, listing)
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            found = await tx.listings.locked(listing_id)
            assert found is not None, "no listing is ever deleted"
            return await save_and_announce(tx, found, after_finding(found, finding, now=now), now=now)


def after_finding(listing: Listing, finding: Finding, *, now: datetime) -> Listing:
    """Return the listing after what was found; unchanged where that changes nothing, or where it went on meanwhile."""
    free = listing.freed(now)
    if free.status not in _ASKED_ABOUT:
        return listing
    if finding.gone is not None:
        return listing.ended(finding.gone, now)
    if finding.objection is None:
        return listing.resumed(now) if free.status is ListingStatus.SUSPENDED else listing
    if finding.objection == listing.suspension:
        return listing
    return listing.suspended(finding.objection.cause, finding.objection.reason, now)
