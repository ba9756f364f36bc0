"""Waiting lists as the API takes and shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.listing_bodies import ListedSeatBody, PurchaseBody
from adapters.http.money import MoneyBody
from core.resale.waiting.waiting_entry import WaitingEntry
from ports.resale.waiting_list import Standing
from usecases.resale.answer_waiting_offer import OfferedReturns
from usecases.resale.buy_listing import NewPurchase


class JoinBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How many passes are wanted, and whether fewer of them will do, down to one."""

    quantity: Annotated[int, Meta(ge=1, le=100)]
    accept_fewer: bool = False


class WaitingOfferHintBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An offer that waits for its answer: `GET /waiting-list/offers` says of what."""

    id: UUID
    quantity: int
    expires_at: datetime


class WaitingEntryBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody on a waiting list.

    `position` counts from 1, with whoever is offered something at the moment; it is null in the list of staff, which is
    in that order.
    """

    id: UUID
    ticket_id: UUID
    account_id: UUID
    quantity: int
    accept_fewer: bool
    status: Literal["waiting", "offered", "served", "left", "lapsed"]
    position: int | None
    joined_at: datetime
    ends_at: datetime
    offer: WaitingOfferHintBody | None

    @classmethod
    def of(cls, entry: WaitingEntry, *, position: int | None = None) -> Self:
        """Return the entry as the API shows it."""
        offer = entry.offer
        hint = None
        if offer is not None:
            hint = WaitingOfferHintBody(id=offer.id, quantity=len(offer.listing_ids), expires_at=offer.until)
        return cls(
            id=entry.id,
            ticket_id=entry.ticket_id,
            account_id=entry.account_id,
            quantity=entry.quantity,
            accept_fewer=entry.accept_fewer,
            status=entry.status.value,
            position=position,
            joined_at=entry.joined_at,
            ends_at=entry.ends_at,
            offer=hint,
        )

    @classmethod
    def standing(cls, standing: Standing) -> Self:
        """Return the entry as whoever waits sees it."""
        return cls.of(standing.entry, position=standing.ahead + 1)


class OfferedReturnBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A pass that was given back, at what it cost when it was sold first; nothing comes on top."""

    listing_id: UUID
    ticket_title: str
    seat: ListedSeatBody | None
    price: MoneyBody


class WaitingOfferBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Returns that are kept for the caller until `expiresAt`, all of them or none."""

    id: UUID
    ticket_id: UUID
    returns: tuple[OfferedReturnBody, ...]
    expires_at: datetime

    @classmethod
    def of(cls, offered: OfferedReturns) -> Self:
        """Return the offer as whom it was made to sees it."""
        return cls(
            id=offered.offer.id,
            ticket_id=offered.entry.ticket_id,
            returns=tuple(
                OfferedReturnBody(
                    listing_id=each.id,
                    ticket_title=each.subject.ticket_title,
                    seat=ListedSeatBody.of(each.subject.seat),
                    price=MoneyBody.of(each.price),
                )
                for each in offered.listings
            ),
            expires_at=offered.offer.until,
        )


class WaitingOffersBody(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller can accept at this moment."""

    items: tuple[WaitingOfferBody, ...]


class AcceptedOfferBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The purchases of an accepted offer: order all of them in one order. `holdToken` is one for all, told once."""

    offer_id: UUID
    purchases: tuple[PurchaseBody, ...]

    @classmethod
    def of(cls, offer_id: UUID, made: Sequence[NewPurchase]) -> Self:
        """Return what the buyer is told."""
        return cls(offer_id=offer_id, purchases=tuple(PurchaseBody.of(each) for each in made))
