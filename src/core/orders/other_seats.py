"""Other seats in an order, in the place of those that had gone when its money came."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.orders.content import OrderContent, OrderLine, SeatLine
from core.orders.reservations import OrderedReservation
from core.shared.ids import ReservationId, SeatId
from core.shared.money import Money


@dataclass(frozen=True, slots=True)
class OtherSeat:
    """A seat with its labels, and the price that was paid for the one in whose place it is."""

    seat_id: SeatId
    label: str
    section: str
    row: str
    number: str
    price: Money


@dataclass(frozen=True, slots=True)
class OtherSeats:
    """The seats that stand in for those of one reservation, and the reservation that has them."""

    reservation_id: ReservationId
    instead_id: ReservationId
    seats: tuple[OtherSeat, ...]

    def put_into(self, content: OrderContent) -> OrderContent:
        """Return the content with these seats: items keep their ids and prices, so that the total stays what was paid.

        Raises ValueError unless there is just one seat for each item, at its price.
        """
        left = list(self.seats)
        items: list[OrderLine] = []
        for item in content.items:
            if isinstance(item, SeatLine) and item.reservation_id == self.reservation_id:
                seat = next((each for each in left if each.price == item.price), None)
                if seat is None:
                    raise ValueError(f"no other seat for {item.price}")
                left.remove(seat)
                items.append(self._moved(item, seat))
            else:
                items.append(item)
        if left:
            raise ValueError("more seats than there were")
        return replace(content, items=tuple(items))

    def put_among(self, reservations: Sequence[OrderedReservation]) -> tuple[OrderedReservation, ...]:
        """Return the reservations with the one that has these seats in the place of the old one."""
        return tuple(
            replace(each, id=self.instead_id) if each.id == self.reservation_id else each for each in reservations
        )

    def told(self, content: OrderContent) -> str:
        """Say which seats stand in for which, for people; `content` is that before."""
        old = [
            f"{item.section} {item.label}"
            for item in content.items
            if isinstance(item, SeatLine) and item.reservation_id == self.reservation_id
        ]
        return f"{', '.join(old)} → {', '.join(f'{seat.section} {seat.label}' for seat in self.seats)}"

    def _moved(self, item: SeatLine, seat: OtherSeat) -> SeatLine:
        return replace(
            item,
            reservation_id=self.instead_id,
            seat_id=seat.seat_id,
            label=seat.label,
            section=seat.section,
            row=seat.row,
            number=seat.number,
        )
