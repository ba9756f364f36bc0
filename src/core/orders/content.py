"""What an order holds: its items at the price they were held for, fees, and the event they admit to."""

from dataclasses import dataclass
from datetime import datetime

from core.orders.errors import EmptyOrderError
from core.shared.ids import OrderItemId, PlanId, SeatId, TicketId, VenueId
from core.shared.money import Money, total


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One admission: a seat with its labels, and its price as it was when the seat was held."""

    id: OrderItemId
    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str
    price: Money


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
class OrderContent:
    """At least one item, all money in one currency.

    Raises EmptyOrderError, and MixedCurrenciesError when items or fees are in more than one currency.
    """

    ticket_id: TicketId
    plan_id: PlanId
    event: EventSnapshot
    items: tuple[SeatLine, ...]
    fees: tuple[Fee, ...] = ()

    def __post_init__(self) -> None:
        if not self.items:
            raise EmptyOrderError
        total(self._amounts())

    @property
    def total(self) -> Money:
        """What the buyer pays, all in."""
        return total(self._amounts())

    @property
    def currency(self) -> str:
        return self.items[0].price.currency

    def _amounts(self) -> list[Money]:
        return [item.price for item in self.items] + [fee.amount for fee in self.fees]
