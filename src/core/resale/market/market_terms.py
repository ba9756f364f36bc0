"""The limits of the market."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTerms:
    """How much one account may have on the market, and how much the sweep looks after at once.

    `listings_per_event_max` and `listings_max` count a seller's live listings, `purchases_max` what is kept for a buyer
    who has not ordered yet.
    """

    listings_per_event_max: int = 8
    listings_max: int = 50
    purchases_max: int = 8
    sweep_listings_max: int = 200
