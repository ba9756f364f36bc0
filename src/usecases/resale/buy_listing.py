"""Keep a listed pass for a buyer who decides, and give it back."""

from dataclasses import dataclass
from datetime import timedelta

from core.resale.market import market
from core.resale.market.listed import Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import (
    ListingNotFoundError,
    ResaleReservationNotFoundError,
    TooManyPurchasesError,
)
from core.resale.market.listing_status import ListingKind, ListingStatus
from core.resale.market.market_terms import MarketTerms
from core.shared.callers import Caller
from core.shared.holders import holder_of, token_digest
from core.shared.ids import ListingId, ReservationId
from ports.clock import Clock
from ports.hold_tokens import HoldTokens
from ports.ids import IdSource
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransaction, ResaleTransactions
from usecases.resale.listing_news import save_and_announce
from usecases.resale.match_waiting_list import MatchReturns
from usecases.resale.persons import must_be_free, seller_must_be_free


@dataclass(frozen=True, slots=True)
class NewPurchase:
    """A purchase of a listing; `hold_token` is told once, to whoever made it."""

    listing: Listing
    purchase: Purchase
    hold_token: str | None


@dataclass(frozen=True, slots=True)
class BuyListing:
    """Open to any signed-in buyer of the tenant, guests too; of many at once one gets it."""

    resale: ResaleTransactions
    venues: VenuesApi
    clock: Clock
    ids: IdSource
    tokens: HoldTokens
    match: MatchReturns
    terms: MarketTerms

    async def __call__(self, caller: Caller, listing_id: ListingId) -> NewPurchase:
        """Return the purchase, which lasts as long as a hold of this organiser; asking again answers the same.

        Raises ListingNotFoundError, NotForSaleError, OwnListingError, PersonBlockedError, TooManyPurchasesError.
        """
        ttl_s = await self.venues.hold_ttl_s(tenant_id=caller.tenant_id)
        token = self.tokens.new()
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=now)
            kept = await tx.listings.kept_for(caller.account_id, now=now)
            await self._waiting_list_first(tx, listing_id)
            listing = await tx.listings.locked(listing_id)
            if listing is None:
                raise ListingNotFoundError
            await seller_must_be_free(tx, listing, now=now)
            before = listing.freed(now)
            mine = before.purchase is not None and before.purchase.account_id == caller.account_id
            if before.purchase is not None and mine and before.status is ListingStatus.RESERVED:
                return NewPurchase(before, before.purchase, None)
            if kept >= self.terms.purchases_max:
                raise TooManyPurchasesError(f"{kept} listings are kept for you; order them, or give some back.")
            wanted = Purchase(
                id=ReservationId(self.ids.new()),
                account_id=caller.account_id,
                token_sha256=token_digest(token),
                made_at=now,
                until=now + timedelta(seconds=ttl_s),
            )
            after = await save_and_announce(tx, listing, market.buy(listing, wanted, now=now), now=now)
            if listing.is_offered_first(caller.account_id, now):
                await self.match(tx, listing.subject.ticket_id)  # the rest of the offer is others' now
        assert after.purchase is not None
        return NewPurchase(after, after.purchase, token)

    async def _waiting_list_first(self, tx: ResaleTransaction, listing_id: ListingId) -> None:
        """Nobody comes before the waiting list because it has not been served since the return was free again."""
        listing = await tx.listings.get(listing_id)
        if listing is not None and listing.kind is ListingKind.RETURN:
            await self.match(tx, listing.subject.ticket_id)


@dataclass(frozen=True, slots=True)
class GiveBackPurchase:
    """Open to whoever made the purchase, or shows its token; others may buy it again at once."""

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, caller: Caller, purchase_id: ReservationId, *, hold_token: str | None) -> None:
        """End the purchase; one that has ended is fine.

        Raises ResaleReservationNotFoundError, NotResaleHolderError, and ResaleReservationConflictError for one that an
        order has.
        """
        by = holder_of(caller.account_id, hold_token)
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            entry = await tx.listings.locked_purchase(purchase_id)
            if entry is None:
                raise ResaleReservationNotFoundError
            after = market.give_back(entry.listing, entry.purchase, by=by, now=now)
            await save_and_announce(tx, entry.listing, after, now=now)
