"""Builders for tests of general admission."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from uuid_utils.compat import uuid7

from core.shared.holders import Holder, token_digest
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId, TicketId
from core.shared.money import Money
from core.ticketing.errors import PlacesNotFoundError
from core.ticketing.places import Claims, PlacesRequest, PlacesReservation, Stock
from core.ticketing.ticket import Ticket, TicketType
from ports.ticketing import PlacesLedger, TicketStore
from tests.ticketing_builders import a_published_ticket

TTL_S = 600


def a_ga_ticket(**changes: Any) -> Ticket:
    quota = changes.get("quota", 20)
    facts: dict[str, Any] = {
        "ticket_type": TicketType.GA,
        "quota": quota,
        "max_per_user": min(8, quota),
        "price": Money(1500, "EUR"),
    }
    return a_published_ticket(**facts | changes)


def an_account() -> AccountId:
    return AccountId(uuid7())


def an_order() -> OrderId:
    return OrderId(uuid7())


def a_wish(
    ticket: Ticket, quantity: int = 1, *, by: AccountId | None = None, token: str = "token", **changes: Any
) -> PlacesRequest:
    facts: dict[str, Any] = {
        "ticket_id": ticket.id,
        "reservation_id": ReservationId(uuid7()),
        "quantity": quantity,
        "holder": Holder(by or an_account()),
        "new_token_sha256": token_digest(token),
        "hold_ttl_s": TTL_S,
    }
    return PlacesRequest(**facts | changes)


@dataclass
class Books:
    """A ledger and the ids that were tried on it, so that its numbers can be compared with its entries."""

    tenant_id: TenantId
    tickets: TicketStore
    places: PlacesLedger
    ids: set[ReservationId] = field(default_factory=set)

    async def on_sale(self, ticket: Ticket) -> Ticket:
        await self.tickets.add(self.tenant_id, ticket)
        return ticket

    async def entries(self, ticket_id: TicketId) -> list[PlacesReservation]:
        found: list[PlacesReservation] = []
        for id in self.ids:
            with suppress(PlacesNotFoundError):  # a hold that was refused has no entry
                found.append(await self.places.get(self.tenant_id, id))
        return [entry for entry in found if entry.ticket_id == ticket_id]

    async def audited(self, ticket: Ticket) -> Stock:
        """Return the stock, after having compared it with the entries."""
        entries = await self.entries(ticket.id)
        stock = await self.places.stock(self.tenant_id, ticket.id)
        taken = sum((entry.claims for entry in entries), Claims())
        assert (stock.reserved, stock.sold) == (taken.reserved, taken.sold)
        return stock
