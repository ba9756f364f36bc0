"""Tickets: what is on sale."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType, structs

from adapters.http.etags import IfMatch, etag, expected_version
from adapters.http.moments import moment, moment_or_none
from adapters.http.money import PriceBody
from adapters.http.paging import PageBody, page_body
from adapters.http.sales_stopped import why_stopped
from adapters.http.ticket_bodies import TicketBody, ticket_body
from core.shared.callers import STAFF, Caller
from core.shared.ids import TicketId, VenueId
from core.ticketing.ticket import (
    KIND_LENGTH_MAX,
    QUOTA_MAX,
    TITLE_LENGTH_MAX,
    EventChange,
    Ticket,
    TicketChange,
    TicketType,
)
from ports.paging import PageRequest
from usecases.ticketing.create_ticket import CreateTicket, NewEvent, NewTicket
from usecases.ticketing.list_tickets import ListTickets
from usecases.ticketing.paid_sales import PaidSales
from usecases.ticketing.publish_ticket import PublishTicket
from usecases.ticketing.read_stock import ReadStock
from usecases.ticketing.read_ticket import ReadTicket
from usecases.ticketing.update_ticket import UpdateTicket

type Title = Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
type Quota = Annotated[int, Meta(ge=1, le=QUOTA_MAX, description="How many there are.")]
type PerUser = Annotated[int, Meta(ge=1, le=QUOTA_MAX, description="How many one person may buy.")]
type Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset.")]
type Opening = Annotated[datetime, Meta(tz=True, description="When sales begin; buyers may hold from this moment on.")]
type Closing = Annotated[
    datetime,
    Meta(tz=True, description="When sales end, by the event's end; buyers may hold until just before."),
]
type Zone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone.", examples=["Europe/Berlin"])]
type Kind = Annotated[str, Meta(min_length=1, max_length=KIND_LENGTH_MAX, examples=["concert", "sport"])]
type Type = Annotated[
    Literal["GA", "SEATED_MANUAL", "SEATED_AUTO"],
    Meta(description="General admission, seats that buyers choose, or seats that are chosen for them."),
]


class NewEventBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The happening that a ticket admits to."""

    title: Title
    starts_at: Moment
    ends_at: Moment
    time_zone: Zone
    venue_id: UUID
    kind: Kind

    def event(self) -> NewEvent:
        """Return the event with its times in UTC."""
        return NewEvent(
            title=self.title,
            starts_at=moment(self.starts_at, "/event/startsAt"),
            ends_at=moment(self.ends_at, "/event/endsAt"),
            time_zone=self.time_zone,
            venue_id=VenueId(self.venue_id),
            kind=self.kind,
        )


class CreateTicketBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A ticket to be made."""

    title: Title
    ticket_type: Type
    price: PriceBody
    quota: Quota
    max_per_user: PerUser
    event: NewEventBody
    sales_from: Opening | None = None
    sales_until: Closing | None = None

    def ticket(self) -> NewTicket:
        """Return what is asked for."""
        return NewTicket(
            title=self.title,
            ticket_type=TicketType(self.ticket_type),
            price=self.price.money(),
            quota=self.quota,
            max_per_user=self.max_per_user,
            event=self.event.event(),
            sales_from=moment_or_none(self.sales_from, "/salesFrom"),
            sales_until=moment_or_none(self.sales_until, "/salesUntil"),
        )


class UpdateEventBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change of the event; members that are left out stay."""

    title: Title | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    venue_id: UUID | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET

    def change(self) -> EventChange:
        """Return the change with its times in UTC."""
        return EventChange(
            title=None if self.title is UNSET else self.title,
            starts_at=None if self.starts_at is UNSET else moment(self.starts_at, "/event/startsAt"),
            ends_at=None if self.ends_at is UNSET else moment(self.ends_at, "/event/endsAt"),
            time_zone=None if self.time_zone is UNSET else self.time_zone,
            venue_id=None if self.venue_id is UNSET else VenueId(self.venue_id),
            kind=None if self.kind is UNSET else self.kind,
        )


class UpdateTicketBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change; members that are left out stay. Type, currency and venue are fixed after publication.

    A null takes a bound of the sales window away.
    """

    title: Title | UnsetType = UNSET
    ticket_type: Type | UnsetType = UNSET
    price: PriceBody | UnsetType = UNSET
    quota: Quota | UnsetType = UNSET
    max_per_user: PerUser | UnsetType = UNSET
    event: UpdateEventBody | UnsetType = UNSET
    sales_from: Opening | UnsetType | None = UNSET
    sales_until: Closing | UnsetType | None = UNSET

    def change(self) -> TicketChange:
        """Return what is asked for."""
        return TicketChange(
            title=None if self.title is UNSET else self.title,
            ticket_type=None if self.ticket_type is UNSET else TicketType(self.ticket_type),
            price=None if self.price is UNSET else self.price.money(),
            quota=None if self.quota is UNSET else self.quota,
            max_per_user=None if self.max_per_user is UNSET else self.max_per_user,
            sales_from=moment(self.sales_from, "/salesFrom") if isinstance(self.sales_from, datetime) else None,
            sales_until=moment(self.sales_until, "/salesUntil") if isinstance(self.sales_until, datetime) else None,
            sells_at_once=self.sales_from is None,
            sells_to_the_end=self.sales_until is None,
            event=EventChange() if self.event is UNSET else self.event.change(),
        )


class TicketController(Controller):
    """Tickets of an organisation."""

    path = "/tickets"
    tags = ("Tickets",)

    @post(summary="Create a ticket")
    @inject
    async def create(
        self, data: JSONBody[CreateTicketBody], caller: NamedDependency[Caller], usecase: FromDishka[CreateTicket]
    ) -> Response[TicketBody]:
        """Managers only. The ticket is a draft, for the staff's eyes, until it is published."""
        ticket = await usecase(caller, data.ticket())
        return _response(ticket, status_code=201, headers={"Location": f"/api/v1/tickets/{ticket.id}"})

    @get(summary="List tickets")
    @inject
    async def page(
        self, page: NamedDependency[PageRequest], caller: NamedDependency[Caller], usecase: FromDishka[ListTickets]
    ) -> PageBody[TicketBody]:
        """Everybody in the organisation; fans see what is published, staff drafts too; oldest first."""
        return page_body(await usecase(caller, page), ticket_body)

    @get("/{ticket_id:uuid}", summary="Read a ticket")
    @inject
    async def one(
        self,
        ticket_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadTicket],
        read_stock: FromDishka[ReadStock],
        paid: FromDishka[PaidSales],
    ) -> Response[TicketBody]:
        """Everybody in the organisation; a draft is not there for fans.

        How many places of general admission remain is as of this moment, but for holds that have just ended.
        """
        ticket = await usecase(caller, TicketId(ticket_id))
        body, stock = ticket_body(ticket), await read_stock(caller.tenant_id, ticket)
        if stock is not None:
            body = structs.replace(body, remaining=stock.remaining)
            if caller.role in STAFF:
                body = structs.replace(body, reserved=stock.reserved, sold=stock.sold)
        body = structs.replace(body, sales_stopped=await why_stopped(paid, ticket, caller=caller))
        return Response(body, headers={"ETag": etag(ticket.version)})

    @patch("/{ticket_id:uuid}", summary="Change a ticket")
    @inject
    async def update(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[UpdateTicketBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[UpdateTicket],
        if_match: IfMatch = None,
    ) -> Response[TicketBody]:
        """Managers only, with the ETag they read in If-Match."""
        version = expected_version(if_match)
        return _response(await usecase(caller, TicketId(ticket_id), data.change(), expected_version=version))

    @post("/{ticket_id:uuid}/publish", status_code=200, summary="Put a ticket on sale")
    @inject
    async def publish(
        self, ticket_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[PublishTicket]
    ) -> Response[TicketBody]:
        """Managers only. A ticket that is on sale already stays as it is.

        One that costs something needs a venue that can take payments: else 409 `ticketing.charges_not_enabled`.
        """
        return _response(await usecase(caller, TicketId(ticket_id)))


def _response(ticket: Ticket, *, status_code: int = 200, headers: dict[str, str] | None = None) -> Response[TicketBody]:
    return Response(
        ticket_body(ticket), status_code=status_code, headers={"ETag": etag(ticket.version), **(headers or {})}
    )
