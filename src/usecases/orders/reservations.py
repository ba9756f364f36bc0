"""Everything an order has reserved, with whoever keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import assert_never

from core.orders.order import Order
from core.orders.other_seats import OtherSeat, OtherSeats
from core.orders.reservations import OrderedReservation, ReservationKind
from core.shared.errors import UnavailableError
from core.shared.ids import ReservationId, SeatId, TenantId
from core.shared.money import Money
from ports.published.general_admission import GeneralAdmissionApi, PlacesReserved
from ports.published.refusals import RefusedError
from ports.published.resale import ResaleApi, ResaleReserved
from ports.published.seating import SeatingApi, SeatsReserved

_ENDED = frozenset({"seating.reservation_expired", "ticketing.reservation_expired", "resale.reservation_expired"})
_TAKEN = "seating.seat_taken"


type Reserved = SeatsReserved | PlacesReserved | ResaleReserved
"""What a reservation keeps."""


class _How(Enum):
    SOLD = auto()
    RECLAIMED = auto()


@dataclass(frozen=True, slots=True)
class Sale:
    """How everything came to be sold: whether something had ended and was claimed again; seats in place of others."""

    reclaimed: bool = False
    others: tuple[OtherSeats, ...] = ()


@dataclass(frozen=True, slots=True)
class Reservations:
    """For the use cases of orders: seating keeps seats, ticketing places without seats, resale the passes of others.

    The reservations of an order are taken one after the other, as they stand in the order. Every command may be
    repeated. Each raises RefusedError with the code of the context that refused.
    """

    seating: SeatingApi
    general_admission: GeneralAdmissionApi
    resale: ResaleApi

    async def reserve(
        self, tenant_id: TenantId, order: Order, reservation: OrderedReservation, *, hold_token: str | None
    ) -> Reserved:
        """Turn the hold into the order's, for as long as the order may be paid."""
        return await self._keeper(reservation).reserve(
            tenant_id=tenant_id,
            reservation_id=reservation.id,
            order_id=order.id,
            account_id=order.account_id,
            hold_token=hold_token,
            until=order.expires_at,
        )

    async def protect(self, tenant_id: TenantId, order: Order, *, until: datetime) -> None:
        """Let every reservation that lives last until `until`; raises the first refusal after all were tried."""
        refusals: list[RefusedError] = []
        for each in order.reservations:
            try:
                await self._keeper(each).protect(
                    tenant_id=tenant_id, reservation_id=each.id, order_id=order.id, until=until
                )
            except RefusedError as refusal:
                refusals.append(refusal)
        if refusals:
            raise refusals[0]

    async def sell(self, tenant_id: TenantId, order: Order) -> Sale:
        """Sell them all; what had ended is claimed again, and seats that are gone replaced if the buyer allowed it.

        After a refusal those before it are sold, and whoever asked has to see that they are given back.
        """
        sold = [await self._sell(tenant_id, order, each) for each in order.reservations]
        others = tuple(each for each in sold if isinstance(each, OtherSeats))
        return Sale(reclaimed=_How.RECLAIMED in sold, others=others)

    async def give_up(self, tenant_id: TenantId, order: Order, reservations: Sequence[OrderedReservation]) -> None:
        """Give back at once what an ended order has; a keeper that refuses, or is away, lets them end by their time."""
        for each in reservations:
            try:
                await self._keeper(each).release(tenant_id=tenant_id, reservation_id=each.id, order_id=order.id)
            except (RefusedError, UnavailableError):
                continue

    async def _sell(self, tenant_id: TenantId, order: Order, reservation: OrderedReservation) -> _How | OtherSeats:
        keeper = self._keeper(reservation)
        try:
            await keeper.finalise(tenant_id=tenant_id, reservation_id=reservation.id, order_id=order.id)
        except RefusedError as refusal:
            if refusal.refusal_code not in _ENDED:
                raise
        else:
            return _How.SOLD
        try:
            await keeper.reclaim(tenant_id=tenant_id, reservation_id=reservation.id, order_id=order.id)
        except RefusedError as refusal:
            if refusal.refusal_code != _TAKEN or not order.accept_other_seats:
                raise
        else:
            return _How.RECLAIMED
        instead = await self.seating.replace(tenant_id=tenant_id, reservation_id=reservation.id, order_id=order.id)
        return _How.RECLAIMED if instead.reservation_id == reservation.id else _others(reservation, instead)

    def _keeper(self, reservation: OrderedReservation) -> SeatingApi | GeneralAdmissionApi | ResaleApi:
        match reservation.kind:
            case ReservationKind.SEATS:
                return self.seating
            case ReservationKind.GENERAL_ADMISSION:
                return self.general_admission
            case ReservationKind.RESALE:
                return self.resale
            case _:
                assert_never(reservation.kind)


def _others(reservation: OrderedReservation, instead: SeatsReserved) -> OtherSeats:
    return OtherSeats(
        reservation_id=reservation.id,
        instead_id=ReservationId(instead.reservation_id),
        seats=tuple(
            OtherSeat(
                seat_id=SeatId(seat.seat_id),
                label=seat.label,
                section=seat.section,
                row=seat.row,
                number=seat.number,
                price=Money(seat.price_minor, seat.currency),
            )
            for seat in instead.seats
        ),
    )
