"""What resale offers to orders: a pass of somebody else's, reserved for one buyer at a time; and its news."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID

import msgspec

from ports.events import Event


class ResalePolicyChanged(Event, frozen=True, kw_only=True):
    """A resale policy was set or taken back: a venue's, a ticket's, or with neither the organisation's."""

    event_type: ClassVar[str] = "resale.policy.changed"

    venue_id: UUID | None
    ticket_id: UUID | None
    version: int


class ResaleFactsChanged(Event, frozen=True, kw_only=True):
    """What staff declare about a venue or a ticket, and rules ask for, was changed."""

    event_type: ClassVar[str] = "resale.facts.changed"

    venue_id: UUID | None
    ticket_id: UUID | None
    version: int


class SellerVerificationChanged(Event, frozen=True, kw_only=True):
    """Evidence of a seller counts from now on, or does not any more: for one venue, or without it everywhere."""

    event_type: ClassVar[str] = "resale.seller_verification.changed"

    verification_id: UUID
    account_id: UUID
    venue_id: UUID | None
    counts: bool


class TransferOffered(Event, frozen=True, kw_only=True):
    """A pass waits for a person, who may accept it before `lapses_at`.

    `to_email` is personal data: it is here since whoever writes to that person has no other way to know where; nothing
    else is told of them. The pass admits nobody meanwhile.
    """

    event_type: ClassVar[str] = "resale.transfer.offered"

    transfer_id: UUID
    pass_id: UUID
    ticket_id: UUID
    from_account_id: UUID
    to_email: str
    event_title: str
    lapses_at: datetime


class TransferAccepted(Event, frozen=True, kw_only=True):
    """A pass went to a person, and its codes from before are void."""

    event_type: ClassVar[str] = "resale.transfer.accepted"

    transfer_id: UUID
    pass_id: UUID
    ticket_id: UUID
    from_account_id: UUID
    to_account_id: UUID


class TransferEnded(Event, frozen=True, kw_only=True):
    """A pass that was offered to a person stays with its holder; `reason` is what both are told, if there is any.

    `to_email` is personal data, here for the letter to that person alone.
    """

    event_type: ClassVar[str] = "resale.transfer.ended"

    transfer_id: UUID
    pass_id: UUID
    ticket_id: UUID
    from_account_id: UUID
    to_email: str
    how: Literal["declined", "lapsed", "withdrawn"]
    reason: str | None


class ResaleReserved(msgspec.Struct, frozen=True, kw_only=True):
    """A listed pass that is reserved for one buyer, at the price that was lawful when it was asked for.

    `pass_id` is the seller's pass, which is of unit `origin_unit` of the item `origin_order_item_id` of the order
    `origin_order_id`. The seat is None for general admission. With `escrow` the money waits for the seller until the
    buyer has a pass; without it the organiser itself sells, and the earlier holder gets the money of the first sale
    back.
    """

    reservation_id: UUID
    listing_id: UUID
    pass_id: UUID
    ticket_id: UUID
    seat_id: UUID | None
    label: str | None
    section: str | None
    row: str | None
    number: str | None
    price_minor: int
    currency: str
    seller_account_id: UUID
    origin_order_id: UUID
    origin_order_item_id: UUID
    origin_unit: int
    escrow: bool
    expires_at: datetime


class ResaleApi(Protocol):
    """Commands on listed passes. Each may be repeated with the same arguments and then changes nothing more.

    All raise RefusedError: `resale.reservation_not_found`, `resale.not_holder`, `resale.reservation_expired`,
    `resale.reservation_conflict` (the reservation belongs to another order).
    """

    @abstractmethod
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> ResaleReserved:
        """Turn the buyer's purchase of a listing into a reservation of the order that lasts until `until`.

        The law and the organiser's policy are asked again: refused with `resale.unlawful` when they no longer allow it.
        """

    @abstractmethod
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        """Let a live reservation last until `until`, if that is later (a payment is being processed)."""

    @abstractmethod
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Sell the pass to the order; refused with `resale.reservation_expired` when the reservation has ended.

        The seller's pass ends, and the buyer's is issued, when the order is told as completed.
        """

    @abstractmethod
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Sell the listed pass for a reservation that has ended.

        Refused with `resale.not_for_sale` when somebody else has it by now, or it is not listed any more.
        """

    @abstractmethod
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Put the pass of an unpaid order back on the market; releasing what is released or ended is fine."""


class ListingOpened(Event, frozen=True, kw_only=True):
    """A pass is on the market, for the first time or again."""

    event_type: ClassVar[str] = "resale.listing.opened"

    listing_id: UUID
    ticket_id: UUID
    price_minor: int
    currency: str
    closes_at: datetime


class ListingReserved(Event, frozen=True, kw_only=True):
    """A listing is kept for one buyer until `expires_at`: to decide, or with an `order_id` to pay."""

    event_type: ClassVar[str] = "resale.listing.reserved"

    listing_id: UUID
    ticket_id: UUID
    purchase_id: UUID
    order_id: UUID | None
    expires_at: datetime


class ListingSold(Event, frozen=True, kw_only=True):
    """A listing was paid for by an order; the buyer's pass is due."""

    event_type: ClassVar[str] = "resale.listing.sold"

    listing_id: UUID
    ticket_id: UUID
    purchase_id: UUID
    order_id: UUID


class ListingCompleted(Event, frozen=True, kw_only=True):
    """The buyer has a pass, and the seller is due `seller_minor` of the price, 0 where the organiser sold it again."""

    event_type: ClassVar[str] = "resale.listing.completed"

    listing_id: UUID
    ticket_id: UUID
    order_id: UUID
    seller_account_id: UUID
    price_minor: int
    seller_minor: int
    currency: str


class ReturnCompleted(Event, frozen=True, kw_only=True):
    """A pass that was given back to the organiser was sold again: the order that it was of is due the money for it.

    It was of the unit `origin_unit` of the item `origin_order_item_id` of the order `origin_order_id`, whose buyer
    `account_id` is, and is the order `order_id`'s now. `price_minor` is what it cost when it was sold first.
    """

    event_type: ClassVar[str] = "resale.return.completed"

    listing_id: UUID
    ticket_id: UUID
    order_id: UUID
    origin_order_id: UUID
    origin_order_item_id: UUID
    origin_unit: int
    account_id: UUID
    price_minor: int
    currency: str


class WaitingListOffered(Event, frozen=True, kw_only=True):
    """Returns are kept for somebody on the waiting list until `expires_at`, who should be told at once."""

    event_type: ClassVar[str] = "resale.waiting_list.offered"

    offer_id: UUID
    ticket_id: UUID
    account_id: UUID
    listing_ids: tuple[UUID, ...]
    expires_at: datetime


class WaitingListOfferEnded(Event, frozen=True, kw_only=True):
    """An offer to somebody on the waiting list is over.

    `withdrawn`: what was offered is not to be had any more, and the account keeps its place. `lapsed`: nobody answered.
    """

    event_type: ClassVar[str] = "resale.waiting_list.offer_ended"

    offer_id: UUID
    ticket_id: UUID
    account_id: UUID
    how: Literal["accepted", "declined", "lapsed", "withdrawn"]


class ListingEnded(Event, frozen=True, kw_only=True):
    """A listing is over without a sale; `reason` tells people why."""

    event_type: ClassVar[str] = "resale.listing.ended"

    listing_id: UUID
    ticket_id: UUID
    seller_account_id: UUID
    how: Literal["cancelled", "ended", "failed"]
    reason: str


class ListingSuspended(Event, frozen=True, kw_only=True):
    """A listing is off the market until what `cause` names has changed; `reason` is what the seller is told."""

    event_type: ClassVar[str] = "resale.listing.suspended"

    listing_id: UUID
    ticket_id: UUID
    seller_account_id: UUID
    cause: Literal["unlawful", "pass_stopped"]
    reason: str
