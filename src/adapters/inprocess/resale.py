"""ResaleApi and EventMarketApi within one process."""

from datetime import datetime
from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.resale.market.listing_status import ListingKind
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId, TicketId
from ports.published.event_market import EventMarketApi, MarketOfEvent
from ports.published.resale import ResaleApi, ResaleReserved
from ports.resale.listings import PurchaseEntry
from usecases.resale.end_market import EndMarket
from usecases.resale.finalise_purchase import FinalisePurchase
from usecases.resale.protect_purchase import ProtectPurchase
from usecases.resale.reclaim_purchase import ReclaimPurchase
from usecases.resale.release_purchase import ReleasePurchase
from usecases.resale.reserve_purchase import ReservePurchase


class InProcessResale(ResaleApi):
    """Calls the use cases of resale."""

    def __init__(
        self,
        reserve: ReservePurchase,
        protect: ProtectPurchase,
        finalise: FinalisePurchase,
        reclaim: ReclaimPurchase,
        release: ReleasePurchase,
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
    ) -> ResaleReserved:
        async with refusals_translated():
            entry = await self._reserve(
                ReservationId(reservation_id),
                tenant_id=TenantId(tenant_id),
                order_id=OrderId(order_id),
                account_id=AccountId(account_id),
                hold_token=hold_token,
                until=until,
            )
        return _reserved(entry)

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


def _reserved(entry: PurchaseEntry) -> ResaleReserved:
    listing, subject, seat = entry.listing, entry.listing.subject, entry.listing.subject.seat
    return ResaleReserved(
        reservation_id=entry.purchase.id,
        listing_id=listing.id,
        pass_id=subject.pass_id,
        ticket_id=subject.ticket_id,
        seat_id=seat.seat_id if seat is not None else None,
        label=seat.label if seat is not None else None,
        section=seat.section if seat is not None else None,
        row=seat.row if seat is not None else None,
        number=seat.number if seat is not None else None,
        price_minor=listing.price.amount_minor,
        currency=listing.price.currency,
        seller_account_id=listing.seller_id,
        origin_order_id=subject.order_id,
        origin_order_item_id=subject.order_item_id,
        origin_unit=subject.unit,
        escrow=listing.kind is ListingKind.LISTING,
        expires_at=entry.purchase.until,
    )


class InProcessEventMarket(EventMarketApi):
    """Calls the use case of resale."""

    def __init__(self, end: EndMarket) -> None:
        self._end = end

    @override
    async def standing(self, *, tenant_id: UUID, ticket_ids: tuple[UUID, ...]) -> MarketOfEvent:
        listings, waiting = await self._end.standing(TenantId(tenant_id), [TicketId(id) for id in ticket_ids])
        return MarketOfEvent(listings=listings, waiting=waiting)

    @override
    async def end(self, *, tenant_id: UUID, ticket_id: UUID, reason: str) -> int:
        async with refusals_translated():
            return await self._end(TenantId(tenant_id), TicketId(ticket_id), reason)
