"""Passes, tickets and venues as resale meets them, without admission, ticketing and venues."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, override
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from core.shared.ids import TenantId
from ports.published.admission import AdmissionApi, Attendance, PassFacts, PassRecord, ScanRecord
from ports.published.refusals import RefusedError
from ports.published.ticketing import EventFacts, TicketingApi, TicketOnSale
from ports.published.venues import VenuePlace, VenuesApi, VenueSectionSummary, VenueSummary
from tests.attendance_neighbour import ABSENT
from tests.published_builders import a_ticket_on_sale

STARTS_AT = datetime(2096, 12, 11, 18, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TENANT, OTHER_TENANT = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ERFURT, HARTFORD, SYDNEY, GONE = (UUID(int=number) for number in (0x71, 0x72, 0x73, 0x7F))
TICKET_OF = {ERFURT: UUID(int=0x81), HARTFORD: UUID(int=0x82), SYDNEY: UUID(int=0x83)}
PLACES = {ERFURT: ("DE", "DE-TH"), HARTFORD: ("US", "US-CT"), SYDNEY: ("AU", "AU-NSW")}


def pass_facts(**changes: Any) -> PassFacts:
    """Return a valid pass whose place cost 90.00 USD, and 8.00 in fees and 2.00 in tax on top."""
    pass_id = uuid7()
    facts = PassFacts(
        pass_id=pass_id,
        lineage_id=pass_id,
        order_id=uuid7(),
        order_item_id=uuid7(),
        unit=1,
        account_id=uuid7(),
        holder_name=None,
        ticket_id=uuid7(),
        ticket_title="Seat",
        event_title="Concert",
        event_starts_at=STARTS_AT,
        event_ends_at=STARTS_AT + timedelta(hours=3),
        event_time_zone="America/New_York",
        venue_id=uuid7(),
        venue_name="Hall",
        seat_id=None,
        seat_label=None,
        seat_section=None,
        seat_row=None,
        seat_number=None,
        status="VALID",
        freeze_reason=None,
        void_reason=None,
        revision=1,
        issued_at=datetime(2026, 10, 1, tzinfo=UTC),
        first_sold_at=datetime(2026, 10, 1, tzinfo=UTC),
        complimentary=False,
        currency="USD",
        face_minor=9_000,
        discount_minor=0,
        mandatory_fees_minor=800,
        optional_minor=0,
        tax_minor=200,
        fee_printed=False,
        paid_minor=10_000,
        scanned_at=None,
        offer_id=None,
        offer_kind=None,
    )
    return msgspec.structs.replace(facts, **changes)


@dataclass
class Passes(AdmissionApi):
    """The passes of one tenant, which do not change hands here."""

    tenant_id: UUID
    known: dict[UUID, PassFacts] = field(default_factory=dict[UUID, PassFacts])

    def add(self, facts: PassFacts) -> PassFacts:
        self.known[facts.pass_id] = facts
        return facts

    @override
    async def passes_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[PassRecord, ...]:
        return ()

    @override
    async def attendance(self, *, tenant_id: UUID, account_id: UUID, ticket_id: UUID) -> Attendance:
        return ABSENT

    @override
    async def scans_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[ScanRecord, ...]:
        return ()

    @override
    async def pass_facts(self, *, tenant_id: UUID, pass_id: UUID) -> PassFacts:
        if tenant_id != self.tenant_id or pass_id not in self.known:
            raise RefusedError("admission.pass_not_found", "There is no such pass.")
        return self.known[pass_id]

    @override
    async def offer(
        self,
        *,
        tenant_id: UUID,
        pass_id: UUID,
        account_id: UUID,
        offer_id: UUID,
        kind: Literal["listing", "transfer", "return"],
    ) -> PassFacts:
        return await self.pass_facts(tenant_id=tenant_id, pass_id=pass_id)

    @override
    async def withdraw(self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID) -> None:
        await self.pass_facts(tenant_id=tenant_id, pass_id=pass_id)

    @override
    async def hand_over(
        self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID, to_account_id: UUID, holder_name: str | None
    ) -> PassFacts:
        return await self.pass_facts(tenant_id=tenant_id, pass_id=pass_id)


@dataclass
class Concerts(TicketingApi):
    """Every ticket is for a concert at the venue that was named last."""

    venue_id: UUID

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        ticket = a_ticket_on_sale(ticket_id, venue_id=self.venue_id)
        return msgspec.structs.replace(ticket, event=msgspec.structs.replace(ticket.event, kind="concert"))


@dataclass
class Venues(VenuesApi):
    """The venues of one organisation, one at each place."""

    places: dict[UUID, tuple[str, str]] = field(default_factory=lambda: dict(PLACES))

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        if tenant_id != TENANT or venue_id not in self.places:
            raise RefusedError("venues.not_found", "no such venue")
        country, subdivision = self.places[venue_id]
        return VenueSummary(
            venue_id=venue_id,
            name=subdivision,
            slug=subdivision.lower(),
            time_zone="UTC",
            capacity=1_000,
            city="City",
            country=country,
            subdivision=subdivision,
            max_seats_per_order=10,
            orphan_rule="off",
        )

    @override
    async def all_venues(self, *, tenant_id: UUID) -> tuple[VenuePlace, ...]:
        if tenant_id != TENANT:
            return ()
        return tuple(
            VenuePlace(venue_id=venue_id, name=part, capacity=1_000, country=country, subdivision=part)
            for venue_id, (country, part) in self.places.items()
        )

    @override
    async def sections(self, *, tenant_id: UUID, venue_id: UUID) -> tuple[VenueSectionSummary, ...]:
        return ()

    @override
    async def hold_ttl_s(self, *, tenant_id: UUID) -> int:
        return 600


class Tickets(TicketingApi):
    """One ticket at each venue, in euros."""

    @override
    async def ticket(self, *, tenant_id: UUID, ticket_id: UUID) -> TicketOnSale:
        found = [venue_id for venue_id, its_ticket in TICKET_OF.items() if its_ticket == ticket_id]
        if tenant_id != TENANT or not found:
            raise RefusedError("ticketing.not_found", "no such ticket")
        event = EventFacts(
            title="Gala",
            starts_at=NOW + timedelta(days=30),
            ends_at=NOW + timedelta(days=30, hours=3),
            time_zone="UTC",
            venue_id=found[0],
            venue_name="Hall",
            kind="concert",
        )
        return TicketOnSale(
            ticket_id=ticket_id,
            title="Stalls",
            ticket_type="GA",
            status="published",
            price_minor=5_000,
            currency="EUR",
            quota=100,
            max_per_user=4,
            event=event,
        )
