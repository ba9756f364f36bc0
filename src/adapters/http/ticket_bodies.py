"""Tickets as the API shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from adapters.http.events import EventBody
from adapters.http.money import MoneyBody
from adapters.http.sales_stopped import SalesStoppedBody
from core.ticketing.ticket import Ticket


class TicketEventBody(EventBody, frozen=True, kw_only=True, rename="camel"):
    """The happening that a ticket admits to; times are UTC, `timeZone` is the IANA zone of the place."""

    kind: str


class TicketBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A ticket. One of general admission that is read alone says how many places `remaining` there are.

    Staff also see how many are `reserved` and `sold`, and why sales are stopped, where they are (`salesStopped`). Once
    published it is on sale from `salesFrom` on until just before `salesUntil`, where null sets no bound but the event's
    end; staff who sell are not bound by the two. Of an event that was cancelled it says when and why.
    """

    id: UUID
    title: str
    ticket_type: Literal["GA", "SEATED_MANUAL", "SEATED_AUTO"]
    price: MoneyBody
    quota: int
    max_per_user: int
    event: TicketEventBody
    status: Literal["draft", "published", "cancelled"]
    sales_from: datetime | None
    sales_until: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    remaining: int | UnsetType = UNSET
    reserved: int | UnsetType = UNSET
    sold: int | UnsetType = UNSET
    sales_stopped: SalesStoppedBody | UnsetType = UNSET
    cancelled_at: datetime | UnsetType = UNSET
    cancellation_reason: str | UnsetType = UNSET


def ticket_body(ticket: Ticket) -> TicketBody:
    """Return what is sent of a ticket."""
    event = ticket.event
    return TicketBody(
        id=ticket.id,
        title=ticket.title,
        ticket_type=ticket.ticket_type.value,
        price=MoneyBody.of(ticket.price),
        quota=ticket.quota,
        max_per_user=ticket.max_per_user,
        event=TicketEventBody(
            title=event.title,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            time_zone=event.time_zone,
            venue_id=event.venue_id,
            venue_name=event.venue_name,
            kind=event.kind,
        ),
        status=ticket.status.value,
        sales_from=ticket.sales_from,
        sales_until=ticket.sales_until,
        version=ticket.version,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        cancelled_at=ticket.cancellation.at if ticket.cancellation is not None else UNSET,
        cancellation_reason=ticket.cancellation.reason if ticket.cancellation is not None else UNSET,
    )
