"""What an order holds: its items at the price they were held for, fees, and the tickets they are of."""

from dataclasses import dataclass
from datetime import datetime

from core.orders.errors import EmptyOrderError
from core.shared.ids import OrderItemId, PlanId, ReservationId, SeatId, TicketId, VenueId
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


type OrderLine = SeatLine | PlacesLine


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount on top of the items that the total includes; `code` is stable, `name` is for the buyer."""

    code: str
    name: str
    amount: Money


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

    Raises EmptyOrderError, and MixedCurrenciesError when items or fees are in more than one currency.
    """

    tickets: tuple[OrderedTicket, ...]
    items: tuple[OrderLine, ...]
    fees: tuple[Fee, ...] = ()

    def __post_init__(self) -> None:
        if not self.items:
            raise EmptyOrderError
        if [each.ticket_id for each in self.tickets] != list(dict.fromkeys(item.ticket_id for item in self.items)):
            raise ValueError("an order has the tickets of its items, in their order")
        total(self._amounts())

    @property
    def total(self) -> Money:
        """What the buyer pays, all in."""
        return total(self._amounts())

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

    def _amounts(self) -> list[Money]:
        return [item.unit_price * item.quantity for item in self.items] + [fee.amount for fee in self.fees]
