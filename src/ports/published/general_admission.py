"""What ticketing offers to orders for general admission: turning a hold of places into sold ones."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec


class PlacesReserved(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation of general admission behind an order; `price_minor` is for one place, as it was when held."""

    reservation_id: UUID
    ticket_id: UUID
    quantity: int
    price_minor: int
    currency: str
    expires_at: datetime


class GeneralAdmissionApi(Protocol):
    """Commands on places without seats. Each may be repeated with the same arguments and then changes nothing more.

    All raise RefusedError: `ticketing.reservation_not_found`, `ticketing.not_holder`, `ticketing.reservation_expired`,
    `ticketing.reservation_conflict` (the reservation belongs to another order).
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
    ) -> PlacesReserved:
        """Turn the caller's live hold into a reservation of the order that lasts until `until`."""

    @abstractmethod
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        """Let a live reservation last until `until`, if that is later (a payment is being processed)."""

    @abstractmethod
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Sell the places to the order; refused with `ticketing.reservation_expired` when the reservation has ended."""

    @abstractmethod
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Sell as many places for a reservation that has ended, all or none.

        Refused with `ticketing.sold_out` when there are fewer.
        """

    @abstractmethod
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        """Give the places of an unpaid order back; releasing what is released or ended is fine."""
