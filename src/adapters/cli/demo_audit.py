"""The audit of a sale: what the map, the orders, the passes and the payment provider say has to agree."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

CONFIRMED = "CONFIRMED"
SOLD = "SOLD"
VALID = "VALID"


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """An order as the API tells it, less what was refunded of it.

    `total_minor` is in minor units, `seat_ids` are those of the audited plan.
    """

    id: UUID
    status: str
    total_minor: int
    seat_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """A pass as the API tells it."""

    id: UUID
    order_id: UUID
    seat_id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class Money:
    """What the payment provider took and gave back, in minor units."""

    taken_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that was read for the audit: the seats of one plan, the passes for them, and all orders and money."""

    seats: Mapping[UUID, str]
    orders: tuple[BookedOrder, ...]
    passes: tuple[IssuedPass, ...]
    money: Money


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the audit: two figures that have to be the same."""

    name: str
    expected: int
    found: int

    @property
    def adds_up(self) -> bool:
        return self.expected == self.found


def audit(books: Books, *, fans_failed: int = 0) -> tuple[Check, ...]:
    """Return every check of the sale; it is sound when all of them add up."""
    booked = [order for order in books.orders if order.status == CONFIRMED]
    booked_seats = [seat_id for order in booked for seat_id in order.seat_ids]
    valid = [each for each in books.passes if each.status == VALID]
    sold = {seat_id for seat_id, status in books.seats.items() if status == SOLD}
    passed_for = {(each.order_id, each.seat_id) for each in valid}
    ordered_for = {(order.id, seat_id) for order in booked for seat_id in order.seat_ids}
    return (
        Check("seats sold twice, by orders", 0, repeated(booked_seats)),
        Check("seats sold twice, by passes", 0, repeated(each.seat_id for each in valid)),
        Check("seats sold on the map = seats of confirmed orders", len(booked_seats), len(sold)),
        Check("seats that only one of map and orders calls sold", 0, len(sold ^ set(booked_seats))),
        Check("valid passes = seats of confirmed orders", len(booked_seats), len(valid)),
        Check("seats without their pass, and passes without their seat", 0, len(passed_for ^ ordered_for)),
        Check("money taken = money booked", booked_minor(books.orders), net_taken_minor(books.money)),
        Check("fans who met a failure", 0, fans_failed),
    )


def repeated(seat_ids: Iterable[UUID]) -> int:
    """Return how many seats occur more than once."""
    return sum(count > 1 for count in Counter(seat_ids).values())


def booked_minor(orders: Iterable[BookedOrder]) -> int:
    """Return the money of all confirmed orders."""
    return sum(order.total_minor for order in orders if order.status == CONFIRMED)


def net_taken_minor(money: Money) -> int:
    """Return what was taken and not given back."""
    return money.taken_minor - money.refunded_minor


def is_sound(checks: Iterable[Check]) -> bool:
    """Whether everything adds up."""
    return all(check.adds_up for check in checks)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that a `share` (0 to 1) of the values does not exceed (nearest rank); 0 for none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    rank = max(1, -(-len(ordered) * round(share * 1_000) // 1_000))
    return ordered[min(rank, len(ordered)) - 1]
