"""Answer an offer of returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.resale.market import market
from core.resale.market.listed import Purchase
from core.resale.market.listing import Listing
from core.resale.market.listing_errors import TooManyPurchasesError
from core.resale.market.listing_status import ListingStatus
from core.resale.market.market_terms import MarketTerms
from core.resale.waiting.waiting_entry import PlacedOffer, WaitingEntry, WaitingStatus
from core.resale.waiting.waiting_errors import WaitingOfferNotFoundError
from core.resale.waiting.waiting_terms import WaitingTerms
from core.shared.callers import Caller
from core.shared.holders import token_digest
from core.shared.ids import ReservationId, WaitingOfferId
from ports.clock import Clock
from ports.hold_tokens import HoldTokens
from ports.ids import IdSource
from ports.published.venues import VenuesApi
from ports.resale import ResaleTransaction, ResaleTransactions
from usecases.resale.buy_listing import NewPurchase
from usecases.resale.listing_news import save_and_announce
from usecases.resale.match_waiting_list import MatchReturns
from usecases.resale.persons import must_be_free


@dataclass(frozen=True, slots=True)
class OfferedReturns:
    """An offer of somebody's, with the returns that it is of."""

    entry: WaitingEntry
    offer: PlacedOffer
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class ReadWaitingOffers:
    """Everybody reads their own."""

    resale: ResaleTransactions
    clock: Clock
    terms: WaitingTerms

    async def __call__(self, caller: Caller) -> Sequence[OfferedReturns]:
        """Return what the caller can accept at this moment."""
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            most = self.terms.lists_max
            entries = await tx.waiting_list.offers_of(caller.account_id, now=now, entries_max=most)
            return [await _shown(tx, entry, offer) for entry in entries if (offer := entry.offer_at(now)) is not None]


@dataclass(frozen=True, slots=True)
class AcceptWaitingOffer:
    """Open to whom the offer was made: all of it is kept for them, as purchases for one order."""

    resale: ResaleTransactions
    venues: VenuesApi
    match: MatchReturns
    clock: Clock
    ids: IdSource
    tokens: HoldTokens
    terms: MarketTerms

    async def __call__(self, caller: Caller, offer_id: WaitingOfferId) -> Sequence[NewPurchase]:
        """Return the purchases, which last as long as holds and share one token; asking again answers those that last.

        Raises WaitingOfferNotFoundError, also for an offer whose time is over or whose returns are gone,
        TooManyPurchasesError, PersonBlockedError.
        """
        ttl_s = await self.venues.hold_ttl_s(tenant_id=caller.tenant_id)
        now = self.clock.now()
        made: list[NewPurchase] | None = None
        async with self.resale.begin(caller.tenant_id) as tx:
            await must_be_free(tx, caller.account_id, now=now)
            kept = await tx.listings.kept_for(caller.account_id, now=now)
            entry = await self._served_list(tx, caller, offer_id)
            if entry is not None and entry.status is WaitingStatus.SERVED:
                made = await self._kept_already(tx, entry, now=now)
            elif entry is not None and (offer := entry.offer_at(now)) is not None:
                if kept + len(offer.listing_ids) > self.terms.purchases_max:
                    raise TooManyPurchasesError(f"{kept} listings are kept for you; order them, or give some back.")
                made = await self._buy(tx, caller, offer, until=now + timedelta(seconds=ttl_s), now=now)
                await self.match.end_offer(tx, entry, entry.accepted(), "accepted", now=now)
        # What was found out about the offer is kept all the same.
        if not made:
            raise WaitingOfferNotFoundError
        return made

    async def _served_list(
        self, tx: ResaleTransaction, caller: Caller, offer_id: WaitingOfferId
    ) -> WaitingEntry | None:
        """Return the caller's entry with this offer, once the list was locked, and offers that are over were ended."""
        entry = await tx.waiting_list.of_offer(offer_id)
        if entry is None or entry.account_id != caller.account_id:
            return None
        await self.match(tx, entry.ticket_id)
        return await tx.waiting_list.of_offer(offer_id)

    async def _buy(
        self, tx: ResaleTransaction, caller: Caller, offer: PlacedOffer, *, until: datetime, now: datetime
    ) -> list[NewPurchase]:
        token = self.tokens.new()
        made: list[NewPurchase] = []
        for listing_id in sorted(offer.listing_ids):
            listing = await tx.listings.locked(listing_id)
            assert listing is not None, "no listing is ever deleted"
            wanted = Purchase(
                id=ReservationId(self.ids.new()),
                account_id=caller.account_id,
                token_sha256=token_digest(token),
                made_at=now,
                until=until,
            )
            after = await save_and_announce(tx, listing, market.buy(listing, wanted, now=now), now=now)
            assert after.purchase is not None, "what was bought has its buyer"
            made.append(NewPurchase(after, after.purchase, token))
        return made

    async def _kept_already(self, tx: ResaleTransaction, entry: WaitingEntry, *, now: datetime) -> list[NewPurchase]:
        assert entry.offer is not None, "what was accepted was offered"
        kept: list[NewPurchase] = []
        for listing_id in sorted(entry.offer.listing_ids):
            listing = await tx.listings.get(listing_id)
            free = listing.freed(now) if listing is not None else None
            purchase = free.purchase if free is not None and free.status is ListingStatus.RESERVED else None
            if free is not None and purchase is not None and purchase.account_id == entry.account_id:
                kept.append(NewPurchase(free, purchase, None))
        return kept


@dataclass(frozen=True, slots=True)
class DeclineWaitingOffer:
    """Open to whom the offer was made; the place on the list stays, and others are offered the returns."""

    resale: ResaleTransactions
    match: MatchReturns
    clock: Clock

    async def __call__(self, caller: Caller, offer_id: WaitingOfferId) -> None:
        """End the offer; raises WaitingOfferNotFoundError, also for one that is over."""
        now = self.clock.now()
        async with self.resale.begin(caller.tenant_id) as tx:
            entry = await tx.waiting_list.of_offer(offer_id)
            if entry is None or entry.account_id != caller.account_id:
                raise WaitingOfferNotFoundError
            await tx.waiting_list.locked(entry.ticket_id)
            entry = await tx.waiting_list.of_offer(offer_id)
            if entry is None or entry.offer_at(now) is None:
                raise WaitingOfferNotFoundError
            await self.match.end_offer(tx, entry, entry.declined(), "declined", now=now)
            await self.match(tx, entry.ticket_id)


async def _shown(tx: ResaleTransaction, entry: WaitingEntry, offer: PlacedOffer) -> OfferedReturns:
    found = [await tx.listings.get(id) for id in offer.listing_ids]
    return OfferedReturns(entry, offer, tuple(each for each in found if each is not None))
