"""Holds of places that have no seats."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from adapters.http.holds import HoldToken
from adapters.http.money import MoneyBody
from core.shared.callers import Caller
from core.shared.ids import ReservationId, TicketId
from core.shared.money import Money
from core.ticketing.places import PlacesReservation
from core.ticketing.ticket import QUOTA_MAX
from usecases.ticketing.hold_places import HoldPlaces
from usecases.ticketing.manage_places import ExtendPlaces, ReadPlaces, ReleasePlaces


class HoldPlacesBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Places to be held under an id that the buyer makes. The same id with the same quantity is the same hold."""

    reservation_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=QUOTA_MAX)]


class PlacesView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A hold of places; `price` is for one, as it was when they were held.

    `holdToken` is shown once, to whoever made it; `endsForGoodAt` is as far as it can be extended.
    """

    reservation_id: UUID
    ticket_id: UUID
    status: str
    quantity: int
    price: MoneyBody
    total: MoneyBody
    expires_at: datetime
    ends_for_good_at: datetime
    order_id: UUID | None
    hold_token: str | None


class GeneralAdmissionController(Controller):
    """Places that are taken for minutes while someone decides."""

    path = "/tickets/{ticket_id:uuid}/reservations"
    tags = ("Tickets",)

    @post(summary="Hold places of general admission")
    @inject
    async def hold(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[HoldPlacesBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[HoldPlaces],
        hold_token: HoldToken = None,
    ) -> Response[PlacesView]:
        """All the places or none. The same id with the same quantity gives the same hold, without its token."""
        held = await usecase(
            TicketId(ticket_id),
            ReservationId(data.reservation_id),
            data.quantity,
            caller=caller,
            hold_token=hold_token,
        )
        location = f"/api/v1/tickets/{ticket_id}/reservations/{held.reservation.id}"
        view = _view(held.reservation, hold_token=held.hold_token)
        return Response(view, status_code=201, headers={"Location": location})

    @get("/{reservation_id:uuid}", summary="Read a hold of places")
    @inject
    async def read(
        self,
        ticket_id: FromPath[UUID],
        reservation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadPlaces],
        hold_token: HoldToken = None,
    ) -> PlacesView:
        """The holder, and staff who sell."""
        return _view(
            await usecase(TicketId(ticket_id), ReservationId(reservation_id), caller=caller, hold_token=hold_token)
        )

    @post("/{reservation_id:uuid}/extend", summary="Extend a hold of places", status_code=200)
    @inject
    async def extend(
        self,
        ticket_id: FromPath[UUID],
        reservation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ExtendPlaces],
        hold_token: HoldToken = None,
    ) -> PlacesView:
        """The holder only. A hold lasts its full time again, but never beyond three times that from its beginning."""
        return _view(
            await usecase(TicketId(ticket_id), ReservationId(reservation_id), caller=caller, hold_token=hold_token)
        )

    @delete("/{reservation_id:uuid}", summary="Release a hold of places")
    @inject
    async def release(
        self,
        ticket_id: FromPath[UUID],
        reservation_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReleasePlaces],
        hold_token: HoldToken = None,
    ) -> None:
        """The holder only. Releasing what is released or has ended is fine."""
        await usecase(TicketId(ticket_id), ReservationId(reservation_id), caller=caller, hold_token=hold_token)


def _view(entry: PlacesReservation, *, hold_token: str | None = None) -> PlacesView:
    total = Money(entry.price.amount_minor * entry.quantity, entry.price.currency)
    return PlacesView(
        reservation_id=entry.id,
        ticket_id=entry.ticket_id,
        status=entry.status.value,
        quantity=entry.quantity,
        price=MoneyBody.of(entry.price),
        total=MoneyBody.of(total),
        expires_at=entry.expires_at,
        ends_for_good_at=entry.ceiling_at,
        order_id=entry.order_id,
        hold_token=hold_token,
    )
