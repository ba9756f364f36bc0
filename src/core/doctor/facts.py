"""What each service says of its own things, as plain values: ids, states, counts, times, and nobody's personal data."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

LAST_ID = UUID(int=2**128 - 1)
FIRST_ID = UUID(int=0)


class Key(NamedTuple):
    """A thing of an organisation; keys are in order as the datastores have them."""

    tenant_id: UUID
    id: UUID


class Keyed(Protocol):
    """Whatever is known by its key."""

    @property
    def key(self) -> Key: ...


@dataclass(frozen=True, slots=True)
class Span:
    """The things after one key, up to and including another."""

    after: Key
    until: Key

    @classmethod
    def of_tenant(cls, tenant_id: UUID) -> "Span":
        """Return the span of everything that one organisation has."""
        return cls(Key(tenant_id, FIRST_ID), Key(tenant_id, LAST_ID))


EVERYTHING = Span(Key(FIRST_ID, FIRST_ID), Key(LAST_ID, LAST_ID))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """An item of an order.

    `sold_to` is the order to which its place is sold, in `reservation_id`: another one than its own where it was bought
    of somebody. `seat_id` is None for places without a seat. `returned` and `passed_on` are units, counted from 1, that
    went back to the public, or are somebody else's by now. `arrived` is False for what was bought of somebody and was
    not passed on (yet).
    """

    id: UUID
    reservation_id: UUID
    ticket_id: UUID
    seat_id: UUID | None
    quantity: int
    sold_to: UUID
    resold: bool = False
    arrived: bool = True
    returned: frozenset[int] = frozenset()
    passed_on: frozenset[int] = frozenset()

    @property
    def left(self) -> frozenset[int]:
        """Return the units that the buyer still has."""
        if not self.arrived:
            return frozenset()
        return frozenset(range(1, self.quantity + 1)) - self.returned - self.passed_on


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order. `charged` says that it is paid by Stripe; amounts are in minor units of its currency.

    `refunded_minor` is what its own refunds have taken, or are to take. `payment_started` says that its time was made
    longer since. `touched_at` is when anything about it last changed.
    """

    key: Key
    status: str
    refund: str | None
    charged: bool
    total_minor: int
    refunded_minor: int
    expires_at: datetime
    touched_at: datetime
    payment_started: bool
    items: tuple[ItemFacts, ...]

    @property
    def is_confirmed(self) -> bool:
        return self.status == "CONFIRMED"

    @property
    def is_unpaid(self) -> bool:
        return self.status in {"PENDING", "AWAITING_PAYMENT"}

    @property
    def is_called_off(self) -> bool:
        """Whether it ended after it was sold: its money is on its way back, or none was taken by Stripe."""
        return self.status == "CANCELLED" and (self.refund is not None or not self.charged)

    @property
    def has_resold(self) -> bool:
        """Whether somebody else has a place by now that is sold to this order."""
        return any(item.passed_on for item in self.items)

    @property
    def all_returned(self) -> bool:
        """Whether its items went back one by one, so that what was kept of the money may be the organisation's."""
        units = [item.returned for item in self.items]
        return bool(units) and all(len(each) == item.quantity for each, item in zip(units, self.items, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatFacts:
    """A seat of a reservation: whether the ledger says that it was sold, and what the seat itself says."""

    id: UUID
    sold: bool
    status: str
    reservation_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedSeatFacts:
    """A seat that names a reservation; `sold` is what that one's item says of it, None where it has no such item.

    `entry_status` and `touched_at` are of that reservation, None where it is not there.
    """

    key: Key
    status: str
    reservation_id: UUID
    sold: bool | None
    entry_status: str | None
    touched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationFacts:
    """An entry of the ledger of seats, or of places; `quantity` is for the latter, `seats` for the former."""

    key: Key
    order_id: UUID | None
    ticket_id: UUID
    status: str
    expires_at: datetime
    touched_at: datetime
    seats: tuple[SeatFacts, ...] = ()
    quantity: int = 0

    @property
    def is_timed(self) -> bool:
        """Whether its time ends it."""
        return self.status in {"HELD", "RESERVED"}

    @property
    def is_sold(self) -> bool:
        return self.status in {"SOLD", "FINALIZED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFacts:
    """What a ticket's numbers say, and what its entries add up to; `busy` while somebody changes them."""

    key: Key
    reserved: int
    sold: int
    entries_reserved: int
    entries_sold: int
    busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """The payment of an order, by the order's key, with what was booked of it. Amounts are in its minor units.

    `refunded_minor` is what went back or is on its way, `refunds_minor` the refunds of which it is the sum.
    `captured_minor`, `booked_back_minor` and `disputed_minor` are what the ledger says came from the buyer, went back
    and is with the buyer's bank; `owed_back_minor` the refunds that are marked as booked. `unbalanced` counts movements
    whose sides do not add up to nothing.
    """

    key: Key
    payment_id: UUID
    status: str
    amount_minor: int
    received_minor: int
    currency: str
    refunded_minor: int
    refunds_minor: int
    captured_minor: int
    booked_back_minor: int
    owed_back_minor: int
    disputed_minor: int
    unbalanced: int
    touched_at: datetime

    @property
    def kept_minor(self) -> int:
        """Return what is here of the buyer's money, and is not on its way back or with a bank."""
        return self.received_minor - self.refunded_minor - self.disputed_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOfItem:
    """A pass of an admission of an order."""

    id: UUID
    item_id: UUID
    unit: int
    status: str

    @property
    def is_alive(self) -> bool:
        return self.status != "VOID"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesFacts:
    """The passes of an order, by its key; `over` says that none is issued for it any more."""

    key: Key
    passes: tuple[PassOfItem, ...]
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPassFacts:
    """A pass, and the offer that it is tied to, if any."""

    key: Key
    status: str
    offer_id: UUID | None
    offer_kind: str | None
    offered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """A listing or a transfer: whether it lives, so that its pass is tied to it, or may be tied for the moment."""

    key: Key
    kind: str
    pass_id: UUID
    status: str
    ties: bool
    may_tie: bool
    touched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckFacts:
    """Something that waits for a person, or for a worker that does not come: what, since when, and why."""

    key: Key
    what: str
    since: datetime
    told: str
