"""Passes and tickets as resale meets them, without admission and ticketing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, override
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from ports.published.admission import AdmissionApi, Attendance, PassFacts, PassRecord, ScanRecord
from ports.published.refusals import RefusedError
from ports.published.ticketing import TicketingApi, TicketOnSale
from tests.attendance_neighbour import ABSENT
from tests.published_builders import a_ticket_on_sale

STARTS_AT = datetime(2096, 12, 11, 18, 30, tzinfo=UTC)


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
