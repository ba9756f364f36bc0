"""ResaleApi of a platform on which nothing is listed."""

from datetime import datetime
from typing import Never, override
from uuid import UUID

from ports.published.refusals import RefusedError
from ports.published.resale import ResaleApi, ResaleReserved


class NoListings(ResaleApi):
    """Nobody has listed a pass, so there is no reservation of one: every command on one is refused by that."""

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
    ) -> ResaleReserved:
        _refuse()

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        _refuse()

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        _refuse()

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        _refuse()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        _refuse()


def _refuse() -> Never:
    raise RefusedError("resale.reservation_not_found", "There is no such purchase.")
