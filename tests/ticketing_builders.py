"""Builders for tests of ticketing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, override
from uuid import UUID

from uuid_utils.compat import uuid7

from adapters.memory.ticketing import MemoryCharging
from core.shared.ids import AccountId, OperationId, TicketId, VenueId
from core.shared.money import Money
from core.ticketing.cancellation import Cancellation
from core.ticketing.charging import ChargingTerms
from core.ticketing.ticket import EventDetails, Ticket, TicketType
from ports.published.payments import ChargingState, VenueAccountsApi
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.venues import VenueSummary
from ports.ticketing import ChargingStore
from tests.published_builders import Halls
from usecases.ticketing.paid_sales import PaidSales

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KICK_OFF = NOON + timedelta(days=20)
FINAL_WHISTLE = KICK_OFF + timedelta(hours=2)
VENUE = VenueId(UUID("01935000-0000-7000-8000-00000000000a"))


def a_cancellation(number: int = 1, *, at: datetime = NOON) -> Cancellation:
    """The one of the operation with this number."""
    return Cancellation(
        operation_id=OperationId(UUID(int=number)),
        by=AccountId(UUID(int=0xACC)),
        reason="The singer is ill.",
        refund_fees=True,
        at=at,
    )


class Accounts(VenueAccountsApi):
    """Says of every venue what it was told to say: at first, that it can take payments."""

    def __init__(self) -> None:
        self.state = ChargingState(charges_enabled=True, missing=(), disabled_reason=None, version=1)
        self.away = False

    @override
    async def charging(self, *, tenant_id: UUID, venue_id: UUID) -> ChargingState:
        if self.away:
            raise LinkUnavailableError("payments are away")
        return self.state


def paid_sales(
    *, needed: bool = False, accounts: VenueAccountsApi | None = None, store: ChargingStore | None = None
) -> PaidSales:
    return PaidSales(accounts or Accounts(), store or MemoryCharging(), ChargingTerms(needed=needed))


class OneVenue(Halls):
    """Knows one venue, of one tenant."""

    def __init__(self, tenant_id: UUID, name: str = "Riethsporthalle") -> None:
        super().__init__(name)
        self.tenant_id = tenant_id

    @override
    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        if (tenant_id, venue_id) != (self.tenant_id, VENUE):
            raise RefusedError("venues.not_found", "There is no such venue.")
        return await super().venue(tenant_id=tenant_id, venue_id=venue_id)


def an_event(**changes: Any) -> EventDetails:
    event = EventDetails(
        title="Erfurt : Jena",
        starts_at=KICK_OFF,
        ends_at=FINAL_WHISTLE,
        time_zone="Europe/Berlin",
        venue_id=VENUE,
        venue_name="Riethsporthalle",
        kind="sport",
    )
    return replace(event, **changes)


def a_draft(**changes: Any) -> Ticket:
    facts: dict[str, Any] = {
        "title": "Seat",
        "ticket_type": TicketType.SEATED_MANUAL,
        "price": Money(2500, "EUR"),
        "quota": 1000,
        "max_per_user": 8,
        "event": an_event(),
        "now": NOON,
    }
    return Ticket.draft(TicketId(changes.pop("id", None) or uuid7()), **(facts | changes))


def a_published_ticket(**changes: Any) -> Ticket:
    return a_draft(**changes).published(now=NOON)
