"""Take a pass off the market."""

import logging
from dataclasses import dataclass

from core.resale.market.listing import Listing
from core.resale.market.listing_errors import ListingNotFoundError
from core.shared.callers import SELLERS, Caller
from core.shared.errors import UnavailableError
from core.shared.ids import ListingId
from ports.clock import Clock
from ports.resale import ResaleTransactions
from usecases.resale.listing_news import save_and_announce
from usecases.resale.withdraw_offer import WithdrawOffer

_LOG = logging.getLogger("fairseat.resale")


@dataclass(frozen=True, slots=True)
class CancelListing:
    """Open to the seller, and to staff who sell; not once a buyer has ordered it."""

    resale: ResaleTransactions
    withdraw: WithdrawOffer
    clock: Clock

    async def __call__(self, caller: Caller, listing_id: ListingId) -> Listing:
        """Return the listing; cancelling what is over is fine.

        Raises ListingNotFoundError, also for somebody else's, and ListingOrderedError.
        """
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            listing = await tx.listings.locked(listing_id)
            is_own = listing is not None and listing.seller_id == caller.account_id
            if listing is None or not (is_own or caller.role in SELLERS):
                raise ListingNotFoundError
            reason = "by its seller" if is_own else "by the organiser"
            after = await save_and_announce(tx, listing, listing.cancelled(reason, now), now=now)
        try:
            await self.withdraw(caller.tenant_id, listing_id)
        except UnavailableError as error:
            _LOG.warning("the pass of listing %s is given back later: %s", listing_id, error)
        return after
