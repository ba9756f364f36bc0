"""GeneralAdmissionApi of an installation in which nothing holds general admission."""

from datetime import datetime
from typing import Never, override
from uuid import UUID

from ports.published.general_admission import GeneralAdmissionApi, PlacesReserved
from ports.published.refusals import RefusedError


class NoGeneralAdmission(GeneralAdmissionApi):
    """Knows no reservation, and so refuses every command as for one that is not there."""

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
        _unknown()

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        _unknown()

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        _unknown()

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        _unknown()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        _unknown()


def _unknown() -> Never:
    raise RefusedError("ticketing.reservation_not_found", "There is no such reservation.")
