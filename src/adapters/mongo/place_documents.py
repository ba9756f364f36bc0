"""How entries of the ledger of general admission, and the work on them, are written down in MongoDB."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from adapters.mongo.client import Document
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId, TicketId
from core.shared.money import Money
from core.shared.time import utc
from core.ticketing.places import PlacesReservation, PlacesStatus, Stock


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it is stored; `version` starts at 1, and `made_by` is the piece of work that made it."""

    reservation: PlacesReservation
    version: int
    made_by: UUID

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read an entry back."""
        order_id, sold_at = document["orderId"], document["soldAt"]
        reservation = PlacesReservation(
            id=ReservationId(document["reservationId"]),
            ticket_id=TicketId(document["ticketId"]),
            account_id=AccountId(document["accountId"]),
            token_sha256=bytes(document["tokenSha256"]),
            status=PlacesStatus(document["status"]),
            quantity=document["quantity"],
            price=Money(document["priceMinor"], document["currency"]),
            hold_ttl_s=document["holdTtlS"],
            held_at=utc(document["heldAt"]),
            ceiling_at=utc(document["ceilingAt"]),
            expires_at=utc(document["expiresAt"]),
            order_id=OrderId(order_id) if order_id is not None else None,
            sold_at=utc(sold_at) if sold_at is not None else None,
        )
        return cls(reservation, document["version"], document["madeBy"])

    def document(self, tenant_id: TenantId) -> Document:
        """Write the entry down: RESERVATIONS of the brief, and what the rules need besides."""
        entry = self.reservation
        return {
            "tenantId": tenant_id,
            "reservationId": entry.id,
            "ticketId": entry.ticket_id,
            "accountId": entry.account_id,
            "tokenSha256": entry.token_sha256,
            "status": entry.status.value,
            "quantity": entry.quantity,
            "priceMinor": entry.price.amount_minor,
            "currency": entry.price.currency,
            "holdTtlS": entry.hold_ttl_s,
            "heldAt": entry.held_at,
            "ceilingAt": entry.ceiling_at,
            "expiresAt": entry.expires_at,
            "orderId": entry.order_id,
            "soldAt": entry.sold_at,
            "version": self.version,
            "madeBy": self.made_by,
        }


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work on a ticket's ledger, as its marker in the ticket's document tells.

    `accounts` are those whose entries nobody else changes meanwhile. `decided` is None until it is decided; then it
    has the documents of the entries as they shall be, and the ticket's numbers tell of them already.
    """

    id: UUID
    accounts: frozenset[UUID]
    begun_at: datetime
    decided: tuple[Document, ...] | None

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a marker back."""
        decided = document["decided"]
        return cls(
            id=document["_id"],
            accounts=frozenset(document["accounts"]),
            begun_at=utc(document["at"]),
            decided=tuple(decided) if decided is not None else None,
        )


@dataclass(frozen=True, slots=True)
class QuotaPicture:
    """A ticket's numbers and the work that is under way, at one moment."""

    stock: Stock
    work: tuple[Work, ...]

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read them from a ticket's document."""
        stock = Stock(document["quota"], reserved=document.get("reserved", 0), sold=document.get("sold", 0))
        return cls(stock, tuple(Work.of(each) for each in document.get("inFlight", ())))

    def touching(self, accounts: frozenset[UUID]) -> tuple[Work, ...]:
        """Return the work on entries of any of these accounts."""
        return tuple(work for work in self.work if not work.accounts.isdisjoint(accounts))
