"""What ticketing offers: what is on sale, and the end of an event that does not take place."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID

import msgspec

from ports.events import Event

type TicketType = Literal["GA", "SEATED_MANUAL", "SEATED_AUTO"]
type TicketStatus = Literal["draft", "published", "cancelled"]


class EventFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The happening that a ticket admits to. Times are UTC; `time_zone` is the IANA zone that people live in there."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: UUID
    venue_name: str
    kind: str


class EventCancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an event was cancelled, in the operation `operation_id`, by whose word; `reason` is what buyers are told.

    `refund_fees` says whether fees and taxes on top of the prices go back to the buyers as well.
    """

    operation_id: UUID
    by: UUID
    reason: str
    refund_fees: bool


class TicketOnSale(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket of the catalogue. `price_minor` is in minor units of `currency` (ISO 4217).

    Once published it is on sale from `sales_from` on until just before `sales_until` (UTC; None sets no bound).
    `sells_paid` is False while its venue can take no payments: then only what is free is sold. `cancellation` is there
    when, and only when, the status is `cancelled`: then nothing is sold any more, for good.
    """

    ticket_id: UUID
    title: str
    ticket_type: TicketType
    status: TicketStatus
    price_minor: int
    currency: str
    quota: int
    max_per_user: int
    event: EventFacts
    sales_from: datetime | None = None
    sales_until: datetime | None = None
    sells_paid: bool = True
    cancellation: EventCancellation | None = None


class TicketingApi(Protocol):
    """Questions about the tickets of a tenant."""

    @abstractmethod
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        """Return the ticket; raises RefusedError `ticketing.not_found` for none or another tenant's."""


class EventSalesApi(Protocol):
    """Commands on the sale of a tenant's tickets, from contexts that have asked who may."""

    @abstractmethod
    async def cancel(self, *, tenant_id: UUID, ticket_id: UUID, cancellation: EventCancellation) -> EventCancellation:
        """Stop the sale of the ticket for good, since its event is cancelled; return the cancellation that holds.

        That is the first one, whoever cancels again. From then on nothing of the ticket is held or ordered. Raises
        RefusedError `ticketing.not_found`, and StaleVersionError when others change the ticket all the time.
        """


class EventCancelled(Event, frozen=True, kw_only=True):
    """An event was cancelled: no ticket of it is sold any more, and orders for these are about to be ended.

    All are of one event, at `starts_at` (UTC) in `venue_id`. `reason` stands with the refunds, and `message` is
    what the organiser wants the buyers to be told.
    """

    event_type: ClassVar[str] = "ticketing.event.cancelled"

    operation_id: UUID
    venue_id: UUID
    ticket_ids: tuple[UUID, ...]
    event_title: str
    starts_at: datetime
    reason: str
    message: str
