"""SeatingApi within one process."""

from datetime import datetime
from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.seating.reservations import Reservation
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from ports.published.seating import ReservedSeat, SeatingApi, SeatsReserved
from usecases.seating.replace_seats import ReplaceSeats
from usecases.seating.reserve_seats import (
    FinaliseReservation,
    ProtectReservation,
    ReclaimSeats,
    ReleaseReservation,
    ReserveSeats,
)


class InProcessSeating(SeatingApi):
    """Calls the use cases of seating."""

    def __init__(
        self,
        reserve: ReserveSeats,
        protect: ProtectReservation,
        finalise: FinaliseReservation,
        reclaim: ReclaimSeats,
        replace: ReplaceSeats,
        release: ReleaseReservation,
    ) -> None:
        self._reserve = reserve
        self._protect = protect
        self._finalise = finalise
        self._reclaim = reclaim
        self._replace = replace
        self._release = release

    @override
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> SeatsReserved:
        async with refusals_translated():
            reservation = await self._reserve(
                ReservationId(reservation_id),
                tenant_id=TenantId(tenant_id),
                order_id=OrderId(order_id),
                account_id=AccountId(account_id),
                hold_token=hold_token,
                until=until,
            )
        return _reserved(reservation)

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        async with refusals_translated():
            await self._protect(
                ReservationId(reservation_id), tenant_id=TenantId(tenant_id), order_id=OrderId(order_id), until=until
            )

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        async with refusals_translated():
            await self._finalise(
                ReservationId(reservation_id), tenant_id=TenantId(tenant_id), order_id=OrderId(order_id)
            )

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        async with refusals_translated():
            await self._reclaim(
                ReservationId(reservation_id), tenant_id=TenantId(tenant_id), order_id=OrderId(order_id)
            )

    @override
    async def replace(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> SeatsReserved:
        async with refusals_translated():
            reservation = await self._replace(
                ReservationId(reservation_id), tenant_id=TenantId(tenant_id), order_id=OrderId(order_id)
            )
        return _reserved(reservation)

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        async with refusals_translated():
            await self._release(
                ReservationId(reservation_id), tenant_id=TenantId(tenant_id), order_id=OrderId(order_id)
            )


def _reserved(reservation: Reservation) -> SeatsReserved:
    return SeatsReserved(
        reservation_id=reservation.id,
        plan_id=reservation.plan_id,
        ticket_id=reservation.ticket_id,
        seats=tuple(
            ReservedSeat(
                seat_id=seat.seat_id,
                label=seat.label,
                section=seat.section,
                row=seat.row,
                number=seat.number,
                price_minor=seat.price_minor,
                currency=reservation.currency,
            )
            for seat in reservation.seats
        ),
        expires_at=reservation.expires_at,
    )
