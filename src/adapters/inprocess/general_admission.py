"""GeneralAdmissionApi within one process."""

from datetime import datetime
from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from ports.published.general_admission import GeneralAdmissionApi, PlacesReserved
from usecases.ticketing.reserve_places import (
    FinalisePlaces,
    ProtectPlaces,
    ReclaimPlaces,
    ReleaseFromOrder,
    ReserveForOrder,
)


class InProcessGeneralAdmission(GeneralAdmissionApi):
    """Calls the use cases of ticketing."""

    def __init__(
        self,
        reserve: ReserveForOrder,
        protect: ProtectPlaces,
        finalise: FinalisePlaces,
        reclaim: ReclaimPlaces,
        release: ReleaseFromOrder,
    ) -> None:
        self._reserve = reserve
        self._protect = protect
        self._finalise = finalise
        self._reclaim = reclaim
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
    ) -> PlacesReserved:
        async with refusals_translated():
            reservation = await self._reserve(
                ReservationId(reservation_id),
                tenant_id=TenantId(tenant_id),
                order_id=OrderId(order_id),
                account_id=AccountId(account_id),
                hold_token=hold_token,
                until=until,
            )
        return PlacesReserved(
            reservation_id=reservation.id,
            ticket_id=reservation.ticket_id,
            quantity=reservation.quantity,
            price_minor=reservation.price.amount_minor,
            currency=reservation.price.currency,
            expires_at=reservation.expires_at,
        )

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
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        async with refusals_translated():
            await self._release(
                ReservationId(reservation_id), tenant_id=TenantId(tenant_id), order_id=OrderId(order_id)
            )
