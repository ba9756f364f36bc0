"""Offers that a pass is tied to while it may change hands, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.shared.ids import AccountId, ListingId, OrderId, OrderItemId, PassId
from core.shared.money import Money


class OfferKind(StrEnum):
    """What a pass is offered for: to be bought, to be given to a person, or to go back to the organiser."""

    LISTING = "listing"
    TRANSFER = "transfer"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class PassOffer:
    """The one offer that a pass is tied to. Its id is made by whoever offers: that of the listing or the transfer."""

    offer_id: UUID
    kind: OfferKind
    offered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleOn:
    """The sale of a listed pass: to whom, by which item of which order, for how much; `pass_id` is the buyer's."""

    pass_id: PassId
    listing_id: ListingId
    order_id: OrderId
    order_item_id: OrderItemId
    account_id: AccountId
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A pass that went to another account by an offer; `revision` is the one of its codes since then."""

    offer_id: UUID
    pass_id: PassId
    from_account_id: AccountId
    to_account_id: AccountId
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissue:
    """What became of one resold admission of an order, once and for all.

    `pass_id` is the buyer's pass, or None when there is none, and then `refusal` is the code of why.
    """

    order_item_id: OrderItemId
    listing_id: ListingId
    old_pass_id: PassId
    pass_id: PassId | None
    refusal: str | None
    at: datetime
