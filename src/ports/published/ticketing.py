"""What ticketing offers: what is on sale."""

from abc import abstractmethod
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

type TicketType = Literal["GA", "SEATED_MANUAL", "SEATED_AUTO"]
type TicketStatus = Literal["draft", "published"]


class EventFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The happening that a ticket admits to. Times are UTC; `time_zone` is the IANA zone that people live in there."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: UUID
    venue_name: str
    kind: str


class TicketOnSale(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket of the catalogue. `price_minor` is in minor units of `currency` (ISO 4217).

    Once published it is on sale from `sales_from` on until just before `sales_until` (UTC; None sets no bound).
    `sells_paid` is False while its venue can take no payments: then only what is free is sold.
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


class TicketingApi(Protocol):
    """Questions about the tickets of a tenant."""

    @abstractmethod
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        """Return the ticket; raises RefusedError `ticketing.not_found` for none or another tenant's."""
