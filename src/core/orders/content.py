"""What an order holds: items at the price they were held for, what comes off and on top, and the tickets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.orders.errors import EmptyOrderError, ResaleApartError
from core.shared.ids import (
    ListingId,
    OrderId,
    OrderItemId,
    PassId,
    PlanId,
    ReservationId,
    SeatId,
    TicketId,
    VenueId,
)
from core.shared.money import Money, total


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One admission: a seat with its labels, and its price as it was when the seat was held."""

    id: OrderItemId
    reservation_id: ReservationId
    ticket_id: TicketId
    plan_id: PlanId
    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str
    price: Money

    @property
    def quantity(self) -> int:
        return 1

    @property
    def unit_price(self) -> Money:
        return self.price


@dataclass(frozen=True, slots=True)
class PlacesLine:
    """Admissions without a seat, one or more, at the price that one of them had when they were held."""

    id: OrderItemId
    reservation_id: ReservationId
    ticket_id: TicketId
    quantity: int
    unit_price: Money

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError("an item is at least one place")


@dataclass(frozen=True, slots=True)
class Admission:
    """One admission of an order: an item of it, and which of the item's places, counted from 1."""

    order_id: OrderId
    item_id: OrderItemId
    unit: int


@dataclass(frozen=True, slots=True)
class Root:
    """The first sale of a place that was resold since: it stays sold to that order, whoever has the pass.

    `plan_id` is None for general admission.
    """

    admission: Admission
    reservation_id: ReservationId
    plan_id: PlanId | None


@dataclass(frozen=True, slots=True)
class ResoldSeat:
    """A seat with its labels."""

    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str


@dataclass(frozen=True, slots=True)
class ResaleLine:
    """One admission that somebody else had, at the price that it was listed for.

    `pass_id` is the pass that ends when the buyer gets theirs; it was issued for `origin`. With `escrow` the money
    waits for the seller. The seat is None for general admission.
    """

    id: OrderItemId
    reservation_id: ReservationId
    ticket_id: TicketId
    listing_id: ListingId
    pass_id: PassId
    price: Money
    escrow: bool
    origin: Admission
    root: Root
    seat: ResoldSeat | None

    def __post_init__(self) -> None:
        if (self.seat is None) != (self.root.plan_id is None):
            raise ValueError("a seat is one of a plan")

    @property
    def quantity(self) -> int:
        return 1

    @property
    def unit_price(self) -> Money:
        return self.price


type OrderLine = SeatLine | PlacesLine | ResaleLine


def seat_of(line: OrderLine) -> SeatLine | ResoldSeat | None:
    """Return the item's seat with its labels, or None for general admission."""
    match line:
        case SeatLine():
            return line
        case ResaleLine():
            return line.seat
        case PlacesLine():
            return None


@dataclass(frozen=True, slots=True)
class Discount:
    """An amount, 0 or more, that is taken off the items; `code` is stable, `name` is for the buyer."""

    code: str
    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount, 0 or more, for a service; `code` is stable, `name` is for the buyer.

    The total includes it when it is passed on. One that the organiser absorbs is told to staff, and costs the buyer
    nothing.
    """

    code: str
    name: str
    amount: Money
    passed_on: bool = True


@dataclass(frozen=True, slots=True)
class Tax:
    """An amount, 0 or more, of a tax on the items less the discounts, and on the fees that are passed on.

    `rate_basis_points` is the rate in hundredths of a percent. A tax that is `included` is a part of the prices, and
    shown only; any other one comes on top.
    """

    code: str
    name: str
    rate_basis_points: int
    amount: Money
    included: bool


@dataclass(frozen=True, slots=True)
class EventSnapshot:
    """The happening as it was when it was ordered. Times are UTC; `time_zone` is the IANA zone of the place."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    venue_id: VenueId
    venue_name: str


@dataclass(frozen=True, slots=True)
class OrderedTicket:
    """A ticket as it was when it was ordered, with the happening that it admits to."""

    ticket_id: TicketId
    title: str
    event: EventSnapshot


@dataclass(frozen=True, slots=True)
class OrderContent:
    """At least one item, all money in one currency, and each ticket once, that of the first item coming first.

    Raises EmptyOrderError, MixedCurrenciesError for amounts in more than one currency, and ResaleApartError for passes
    of others beside anything else, or with and without escrow. No amount is below 0, and the discounts are not more
    than the items, so the total is never below 0. Nothing comes off or on top of the prices of resold passes.
    """

    tickets: tuple[OrderedTicket, ...]
    items: tuple[OrderLine, ...]
    discounts: tuple[Discount, ...] = ()
    fees: tuple[Fee, ...] = ()
    taxes: tuple[Tax, ...] = ()

    def __post_init__(self) -> None:
        if not self.items:
            raise EmptyOrderError
        if [each.ticket_id for each in self.tickets] != list(dict.fromkeys(item.ticket_id for item in self.items)):
            raise ValueError("an order has the tickets of its items, in their order")
        beside_items: list[Discount | Fee | Tax] = [*self.discounts, *self.fees, *self.taxes]
        amounts = [item.unit_price for item in self.items] + [part.amount for part in beside_items]
        total(amounts)
        if min(amount.amount_minor for amount in amounts) < 0:
            raise ValueError("no amount of an order is below 0")
        if self.discounted.amount_minor < 0:
            raise ValueError("no more is taken off than the items cost")
        resold = [item for item in self.items if isinstance(item, ResaleLine)]
        if resold and (len(resold) < len(self.items) or len({item.escrow for item in resold}) > 1):
            raise ResaleApartError("Passes of other people, and of one kind of seller, are ordered apart.")
        if resold and beside_items:
            raise ValueError("a resold pass costs what it was listed for")

    @property
    def is_resale(self) -> bool:
        """Whether the items are passes that others had."""
        return isinstance(self.items[0], ResaleLine)

    @property
    def escrow(self) -> bool:
        """Whether the money waits for those who had the passes."""
        return any(isinstance(item, ResaleLine) and item.escrow for item in self.items)

    @property
    def items_total(self) -> Money:
        """The items at their full prices."""
        return total(item.unit_price * item.quantity for item in self.items)

    @property
    def discounted(self) -> Money:
        """The items less the discounts."""
        return self.items_total - self._sum(discount.amount for discount in self.discounts)

    @property
    def fees_passed_on(self) -> Money:
        """The fees that the buyer pays."""
        return self._sum(fee.amount for fee in self.fees if fee.passed_on)

    @property
    def total(self) -> Money:
        """What the buyer pays, all in: items - discounts + fees that are passed on + taxes that are not included."""
        return self.discounted + self.fees_passed_on + self._sum(tax.amount for tax in self.taxes if not tax.included)

    @property
    def currency(self) -> str:
        return self.items[0].unit_price.currency

    @property
    def admissions(self) -> int:
        """How many people the order lets in."""
        return sum(item.quantity for item in self.items)

    @property
    def event(self) -> EventSnapshot:
        """The happening of the first item; the only one of most orders."""
        return self.tickets[0].event

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return total((Money.zero(self.currency), *amounts))
