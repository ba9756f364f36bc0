"""Sweep the listings that something is due for."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from core.resale.market.listing import Listing
from core.resale.market.listing_status import ListingStatus
from core.resale.market.market_terms import MarketTerms
from core.shared.errors import DomainError, UnavailableError
from core.shared.ids import ListingId, TenantId
from ports.clock import Clock
from ports.published.refusals import RefusedError
from ports.resale import ResaleTransactions
from ports.resale.listings import DueListings
from usecases.resale.listing_news import save_and_announce
from usecases.resale.open_listing import OpenListing
from usecases.resale.pay_seller import PaySeller
from usecases.resale.withdraw_offer import WithdrawOffer

_LOG = logging.getLogger("fairseat.resale")
_CLOSED = "the time to sell it is over"


@dataclass(frozen=True, slots=True)
class TendListing:
    """Does what is due for one listing: opens, tidies or ends it, gives the pass back, has the seller paid."""

    resale: ResaleTransactions
    open: OpenListing
    withdraw: WithdrawOffer
    pay: PaySeller
    clock: Clock

    async def __call__(self, tenant_id: TenantId, listing_id: ListingId) -> None:
        """Do all that is due; may be repeated. Raises LinkUnavailableError while another service cannot be asked."""
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            listing = await tx.listings.locked(listing_id)
            if listing is None:
                return
            listing = await save_and_announce(tx, listing, listing.tidied(now), now=now)
            if _has_closed(listing) and listing.is_closed(now):
                listing = await save_and_announce(tx, listing, listing.ended(_CLOSED, now), now=now)
        if listing.status is ListingStatus.OPENING:
            with suppress(RefusedError):  # it is cancelled then, and looked after below
                await self.open(tenant_id, listing_id)
        await self.pay(tenant_id, listing_id)
        await self.withdraw(tenant_id, listing_id)


@dataclass(frozen=True, slots=True)
class TendListings:
    """Done by the worker, across tenants: goes on where a process died, and ends what its time has come for."""

    due_listings: DueListings
    tend: TendListing
    resale: ResaleTransactions
    clock: Clock
    terms: MarketTerms

    async def __call__(self) -> int:
        """Return how many listings were looked after; one that fails is looked at again later, behind the others."""
        done = 0
        due = await self.due_listings.due(now=self.clock.now(), listings_max=self.terms.sweep_listings_max)
        for each in due:
            try:
                await self.tend(each.tenant_id, each.listing_id)
            except (DomainError, UnavailableError) as error:
                _LOG.warning("listing %s stays due: %s", each.listing_id, error)
                await self._put_off(each.tenant_id, each.listing_id)
            else:
                done += 1
        return done

    async def _put_off(self, tenant_id: TenantId, listing_id: ListingId) -> None:
        now = self.clock.now()
        async with self.resale.begin(tenant_id) as tx:
            listing = await tx.listings.locked(listing_id)
            if listing is not None:
                await save_and_announce(tx, listing, listing.retry(now), now=now)


def _has_closed(listing: Listing) -> bool:
    return listing.status in {ListingStatus.OPENING, ListingStatus.OPEN, ListingStatus.SUSPENDED}
