"""Imports of plans in tests: one venue and its ticket, over stores in memory or on PostgreSQL."""

from collections.abc import AsyncIterator
from typing import Any, override
from uuid import UUID

import msgspec

from adapters.inprocess.venues import InProcessVenueSections
from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.operations import MemoryOperationTransactions
from adapters.memory.plan_documents import MemoryPlanDocuments
from adapters.memory.seating import MemorySeatingTransactions
from adapters.memory.venues import MemoryVenueTransactions
from core.operations.operation import Operation
from core.seating.plans import SeatingPlan
from core.seating.writing import plan_of_operation
from core.shared.ids import OperationId, PlanId, TicketId, VenueSectionId
from core.venues.layout import SectionFacts, VenueSection
from core.venues.venue import Address, Venue, VenueFacts
from ports.clock import Clock
from ports.paging import PageRequest
from ports.plan_documents import PlanDocuments
from ports.published.ticketing import TicketingApi, TicketOnSale
from ports.published.venues import VenueSectionsApi
from ports.seating import SeatingTransactions
from ports.venues import VenueTransactions
from tests.operations_world import MANAGER, TENANT, VENUE, Stores, World
from tests.operations_world import memory_stores as operations_in_memory
from tests.published_builders import a_ticket_on_sale
from tests.venues_neighbour import Venues
from usecases.seating.export_plan import ExportPlan
from usecases.seating.operations.plan_import import PlanImport
from usecases.seating.operations.plan_layouts import PlanLayouts
from usecases.seating.operations.venue_sections import SectionsOfPlan
from usecases.seating.plan_drafts import PlanDrafts
from usecases.seating.plan_uploads import DocumentTerms, UploadPlanDocument
from usecases.venues.put_sections import PutMissingSections, TakeBackSections

TICKET = TicketId(UUID(int=0x7))
GRID = {
    "format": "grid",
    "sections": [{"name": "Stand", "rows": 3, "columns": 4}, {"name": "Pit", "kind": "ga", "capacity": 9}],
}


class OneTicket(TicketingApi):
    """A ticket for seats at the venue, free where that is wanted."""

    price_minor = 7500

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        return a_ticket_on_sale(ticket_id, venue_id=VENUE, price_minor=self.price_minor)


def plan_import(
    seating: SeatingTransactions,
    documents: PlanDocuments,
    clock: Clock,
    ticketing: TicketingApi | None = None,
    sections: VenueSectionsApi | None = None,
) -> PlanImport:
    """Return the type as a process has it that has made no layout yet; without `sections` there is no such venue."""
    venues, tickets = Venues(), ticketing or OneTicket()
    sections = sections or venue_sections(MemoryVenueTransactions(MemoryMessages(ids=MemoryIds())), clock)
    drafts = PlanDrafts(seating, tickets, venues)
    layouts = PlanLayouts(seating, tickets, venues, documents)
    return PlanImport(seating, drafts, layouts, SectionsOfPlan(sections), clock)


def venue_sections(halls: VenueTransactions, clock: Clock) -> VenueSectionsApi:
    return InProcessVenueSections(PutMissingSections(halls, clock), TakeBackSections(halls))


def params(source: Any = GRID, **more: object) -> dict[str, object]:
    return {"ticketId": str(TICKET), "name": "Big plan", "source": source, **more}


def a_tier(name: str, amount: int, **more: object) -> dict[str, object]:
    return {"name": name, "price": {"amount": amount, "currency": "EUR"}, **more}


class Imports:
    """Starts imports, and looks at what comes of them."""

    def __init__(self, stores: Stores, seating: SeatingTransactions, documents: PlanDocuments) -> None:
        self.seating, self.documents, self.ids = seating, documents, stores.ids
        self.clock, self.ticketing = MemoryClock(), OneTicket()
        self.halls = MemoryVenueTransactions(stores.memory or MemoryMessages(ids=MemoryIds()))
        self.sections = venue_sections(self.halls, self.clock)
        self.type = plan_import(seating, documents, self.clock, self.ticketing, self.sections)
        self.world = World(stores, (self.type,), self.clock)
        self.upload = UploadPlanDocument(
            documents, Venues(), self.clock, stores.ids, DocumentTerms(100_000_000, 86_400)
        )

    async def built(self, *facts: SectionFacts) -> None:
        """Open the venue with these sections of its own."""
        now = self.clock.now()
        hall = VenueFacts("Hall", "Europe/Berlin", 9_000, Address("Weg 1", "Erfurt", "99084", "DE"))
        async with self.halls.begin(TENANT) as tx:
            await tx.venues.add(Venue.opened(id=VENUE, slug="hall", facts=hall, now=now))
            for each in facts:
                await tx.sections.add(VenueSection(VenueSectionId(self.ids.new()), VENUE, each, 1, now, now))

    async def layout(self) -> tuple[VenueSection, ...]:
        """Return the venue's own sections."""
        async with self.halls.begin(TENANT) as tx:
            return await tx.sections.of_venue(VENUE)

    async def sent(self, document: object) -> dict[str, str]:
        """Send a document, and return it as a source."""
        content = document if isinstance(document, bytes) else msgspec.json.encode(document)
        kept = await self.upload(VENUE, _pieces(content), caller=MANAGER)
        return {"format": "upload", "documentId": str(kept.id)}

    async def started(self, source: object = GRID, **more: object) -> OperationId:
        return (await self.world.start(VENUE, "plan-import", params(source, **more), caller=MANAGER)).id

    async def done(self, source: object = GRID, **more: object) -> Operation:
        return await self.world.worked(await self.started(source, **more))

    async def plans(self) -> list[SeatingPlan]:
        async with self.seating.begin(TENANT) as tx:
            return list((await tx.plans.page(PageRequest(limit=100), ticket_id=None)).items)

    async def plan(self, operation_id: UUID) -> SeatingPlan:
        async with self.seating.begin(TENANT) as tx:
            return await tx.plans.get(plan_of_operation(operation_id))

    async def exported(self, operation_id: UUID) -> object:
        return await ExportPlan(self.seating)(PlanId(plan_of_operation(operation_id)), caller=MANAGER)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 1000):
        yield content[at : at + 1000]


def imports_in_memory() -> Imports:
    stores = operations_in_memory()
    assert stores.memory is not None and isinstance(stores.transactions, MemoryOperationTransactions)
    return Imports(stores, MemorySeatingTransactions(stores.memory), MemoryPlanDocuments())
