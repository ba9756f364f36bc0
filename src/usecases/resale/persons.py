"""Who may take part in the market, and with how much."""

from datetime import datetime

from core.resale.market.listing import Listing
from core.resale.market.listing_errors import NotForSaleError, PersonBlockedError, TooManyListingsError
from core.resale.market.market_terms import MarketTerms
from core.shared.ids import AccountId
from core.shared.time import spoken
from ports.resale import ResaleTransaction


async def must_be_free(tx: ResaleTransaction, account_id: AccountId, *, now: datetime) -> None:
    """Raise PersonBlockedError, with the reason and the end, for a person whom the organiser has blocked."""
    blocks = await tx.blocks.holding(account_id, now=now)
    if not blocks:
        return
    longest = max(blocks, key=lambda block: (block.until is None, block.until or now))
    end = f"until {spoken(longest.until)}" if longest.until is not None else "until further notice"
    raise PersonBlockedError(f"You cannot take part in the resale of this organiser {end}: {longest.reason}")


async def seller_must_be_free(tx: ResaleTransaction, listing: Listing, *, now: datetime) -> None:
    """Raise NotForSaleError while the seller is blocked; why is nothing that a buyer is told."""
    if await tx.blocks.holding(listing.seller_id, now=now):
        raise NotForSaleError("This pass cannot be sold at the moment.")


async def must_have_room(tx: ResaleTransaction, listing: Listing, terms: MarketTerms) -> None:
    """Raise TooManyListingsError for a seller who has as many passes on the market as one may."""
    has = await tx.listings.of_seller(listing.seller_id, listing.subject)
    if has.of_event >= terms.listings_per_event_max:
        most = terms.listings_per_event_max
        raise TooManyListingsError(f"You have {has.of_event} passes of this event on the market; at most {most}.")
    if has.all >= terms.listings_max:
        raise TooManyListingsError(f"You have {has.all} passes on the market; at most {terms.listings_max}.")
