"""Tickets on MongoDB through Beanie: one collection, where every filter names the tenant.

Money is kept as integer minor units, never as a Decimal (which Beanie does not read back as it was) or a float. A
ticket is one document, and each change is one conditional update, so there is nothing that a transaction would add.
Nothing is told with it either: ticketing publishes no events of its own (see `ports.ticketing`).
"""

from datetime import datetime
from typing import Any, ClassVar, Self, override
from uuid import UUID

from beanie import (
    Document,
    init_beanie,  # pyright: ignore[reportUnknownVariableType]  # it leaves the driver's document type open
)
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.client import Database, driver_errors_translated
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OperationId, TenantId, TicketId, VenueId
from core.shared.money import Money
from core.shared.time import utc
from core.ticketing.cancellation import Cancellation
from core.ticketing.errors import QuotaBelowTakenError
from core.ticketing.ticket import EventDetails, Ticket, TicketStatus, TicketType
from ports.paging import Page, PageRequest
from ports.ticketing import TicketStore

TAKEN = ("reserved", "sold")
"""What of the quota is taken: these members, and `inFlight` beside them, are changed by `adapters.mongo.places`."""


def _stored_name(field: str) -> str:
    return "_id" if field == "id" else to_camel(field)


_NAMES = ConfigDict(alias_generator=_stored_name, populate_by_name=True)


class EventFields(BaseModel):
    """The happening inside a ticket's document."""

    model_config = _NAMES

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: UUID
    venue_name: str
    kind: str


class CancellationFields(BaseModel):
    """Why the event was cancelled, inside a ticket's document."""

    model_config = _NAMES

    operation_id: UUID
    by: UUID
    reason: str
    refund_fees: bool
    at: datetime

    @classmethod
    def of(cls, cancellation: Cancellation) -> Self:
        """Write a cancellation down."""
        return cls(
            operation_id=cancellation.operation_id,
            by=cancellation.by,
            reason=cancellation.reason,
            refund_fees=cancellation.refund_fees,
            at=cancellation.at,
        )

    def cancellation(self) -> Cancellation:
        """Read the cancellation back."""
        return Cancellation(
            operation_id=OperationId(self.operation_id),
            by=AccountId(self.by),
            reason=self.reason,
            refund_fees=self.refund_fees,
            at=utc(self.at),
        )


class TicketDocument(Document):
    """TICKETS of the brief."""

    model_config = _NAMES

    id: UUID  # type: ignore[assignment]  # Beanie lets documents bring their own kind of id
    tenant_id: UUID
    title: str
    ticket_type: TicketType
    price_minor: int
    currency: str
    quota: int
    max_per_user: int
    event: EventFields
    status: TicketStatus
    version: int
    created_at: datetime
    updated_at: datetime
    sales_from: datetime | None = None
    sales_until: datetime | None = None
    cancellation: CancellationFields | None = None
    reserved: int = 0
    sold: int = 0

    class Settings:
        """The collection and its indexes: a page of all tickets, and one of those on sale."""

        name = "tickets"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("tenantId", ASCENDING), ("_id", ASCENDING)], name="tickets_of_tenant"),
            IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), ("_id", ASCENDING)], name="tickets_by_status"),
        ]

    @classmethod
    def of(cls, tenant_id: TenantId, ticket: Ticket) -> Self:
        """Write a ticket down."""
        event = ticket.event
        return cls(
            id=ticket.id,
            tenant_id=tenant_id,
            title=ticket.title,
            ticket_type=ticket.ticket_type,
            price_minor=ticket.price.amount_minor,
            currency=ticket.price.currency,
            quota=ticket.quota,
            max_per_user=ticket.max_per_user,
            event=EventFields(
                title=event.title,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
                time_zone=event.time_zone,
                venue_id=event.venue_id,
                venue_name=event.venue_name,
                kind=event.kind,
            ),
            status=ticket.status,
            version=ticket.version,
            created_at=ticket.created_at,
            updated_at=ticket.updated_at,
            sales_from=ticket.sales_from,
            sales_until=ticket.sales_until,
            cancellation=CancellationFields.of(ticket.cancellation) if ticket.cancellation is not None else None,
        )

    def ticket(self) -> Ticket:
        """Read the ticket back."""
        event = self.event
        return Ticket(
            id=TicketId(self.id),
            title=self.title,
            ticket_type=self.ticket_type,
            price=Money(self.price_minor, self.currency),
            quota=self.quota,
            max_per_user=self.max_per_user,
            event=EventDetails(
                title=event.title,
                starts_at=utc(event.starts_at),
                ends_at=utc(event.ends_at),
                time_zone=event.time_zone,
                venue_id=VenueId(event.venue_id),
                venue_name=event.venue_name,
                kind=event.kind,
            ),
            status=self.status,
            version=self.version,
            created_at=utc(self.created_at),
            updated_at=utc(self.updated_at),
            sales_from=utc(self.sales_from) if self.sales_from is not None else None,
            sales_until=utc(self.sales_until) if self.sales_until is not None else None,
            cancellation=self.cancellation.cancellation() if self.cancellation is not None else None,
        )


async def prepare_tickets(database: Database) -> None:
    """Bind the documents to the database and make their indexes; needed once a process, and safe to repeat."""
    async with driver_errors_translated():
        await init_beanie(database=database, document_models=[TicketDocument])


class MongoTicketStore(TicketStore):
    """The tickets in the database that `prepare_tickets` was given."""

    @override
    async def add(self, tenant_id: TenantId, ticket: Ticket) -> None:
        async with driver_errors_translated():
            await TicketDocument.of(tenant_id, ticket).insert()

    @override
    async def get(self, tenant_id: TenantId, ticket_id: TicketId) -> Ticket | None:
        async with driver_errors_translated():
            found = await TicketDocument.find_one({"tenantId": tenant_id, "_id": ticket_id})
        return found.ticket() if found is not None else None

    @override
    async def page(self, tenant_id: TenantId, request: PageRequest, *, published_only: bool) -> Page[Ticket]:
        wanted: dict[str, Any] = {"tenantId": tenant_id}
        if request.after is not None:
            wanted["_id"] = {"$gt": request.after}
        if published_only:
            wanted["status"] = TicketStatus.PUBLISHED
        async with driver_errors_translated():
            one_more = await TicketDocument.find(wanted).sort("+_id").limit(request.limit + 1).to_list()
        items = tuple(found.ticket() for found in one_more[: request.limit])
        return Page(items, next_after=items[-1].id if len(one_more) > request.limit else None)

    @override
    async def save(self, tenant_id: TenantId, ticket: Ticket, *, expected_version: int) -> None:
        tickets = _collection()
        stored = {"tenantId": tenant_id, "_id": ticket.id, "version": expected_version}
        # What is taken, and who is at work on it, stands in the same document and is not ours to overwrite.
        facts = TicketDocument.of(tenant_id, ticket).model_dump(by_alias=True, exclude={"id", "reserved", "sold"})
        room = {"$expr": {"$lte": [{"$add": [{"$ifNull": [f"${part}", 0]} for part in TAKEN]}, ticket.quota]}}
        async with driver_errors_translated():
            done = await tickets.update_one(stored | room, {"$set": facts})
            if done.matched_count:
                return
            found = await tickets.find_one(stored, dict.fromkeys(TAKEN, True))
        if found is None:
            raise StaleVersionError("The ticket was changed meanwhile; read it again.")
        reserved, sold = (found.get(part, 0) for part in TAKEN)
        raise QuotaBelowTakenError.of(quota=ticket.quota, reserved=reserved, sold=sold)


def _collection() -> AsyncCollection[dict[str, Any]]:
    # Beanie leaves the type of what a collection has open.
    return TicketDocument.get_pymongo_collection()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # above
