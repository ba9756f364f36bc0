"""What resale offers to orders: a pass of somebody else's, reserved for one buyer at a time."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Protocol
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
