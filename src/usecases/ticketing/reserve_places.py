"""What orders do with places of general admission: reserve, protect, finalise, reclaim and release."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from core.shared.holders import holder_of
from core.shared.ids import AccountId, OrderId, ReservationId, TenantId
from core.ticketing import general_admission
from core.ticketing.places import PlacesReservation
from ports.clock import Clock
from ports.ticketing import PlacesLedger


@dataclass(frozen=True, slots=True)
class ReserveForOrder:
    """For orders: turn a hold into the reservation of an order."""

    places: PlacesLedger
    clock: Clock

    async def __call__(
        self,
        reservation_id: ReservationId,
        *,
        tenant_id: TenantId,
        order_id: OrderId,
        account_id: AccountId,
        hold_token: str | None,
        until: datetime,
    ) -> PlacesReservation:
        """Return the reservation.

        Raises PlacesNotFoundError, NotPlacesHolderError, PlacesConflictError, PlacesExpiredError.
        """
        by, now = holder_of(account_id, hold_token), self.clock.now()
        rule = partial(general_admission.reserve, by=by, order_id=order_id, until=until, now=now)
        return (await self.places.change(tenant_id, reservation_id, rule, now=now)).reservation


@dataclass(frozen=True, slots=True)
class ProtectPlaces:
    """For orders: a payment is being processed."""

    places: PlacesLedger
    clock: Clock

    async def __call__(
        self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId, until: datetime
    ) -> None:
        """Let the reservation last until `until`, if that is later.

        Raises PlacesNotFoundError, PlacesConflictError, PlacesExpiredError.
        """
        now = self.clock.now()
        rule = partial(general_admission.protect, order_id=order_id, until=until, now=now)
        await self.places.change(tenant_id, reservation_id, rule, now=now)


@dataclass(frozen=True, slots=True)
class FinalisePlaces:
    """For orders: the money is there."""

    places: PlacesLedger
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Sell the places; fine when they are sold to this order already.

        Raises PlacesNotFoundError, PlacesConflictError, PlacesExpiredError.
        """
        now = self.clock.now()
        rule = partial(general_admission.finalise, order_id=order_id, now=now)
        await self.places.change(tenant_id, reservation_id, rule, now=now)


@dataclass(frozen=True, slots=True)
class ReclaimPlaces:
    """For orders: the money came after the reservation had ended."""

    places: PlacesLedger
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Sell as many places, all or none.

        Raises PlacesNotFoundError, PlacesConflictError, SoldOutError, and PlacesExpiredError for places that were sold
        and given back.
        """
        now = self.clock.now()
        rule = partial(general_admission.reclaim, order_id=order_id, now=now)
        await self.places.change(tenant_id, reservation_id, rule, now=now)


@dataclass(frozen=True, slots=True)
class ReleaseFromOrder:
    """For orders: the order will not be paid."""

    places: PlacesLedger
    clock: Clock

    async def __call__(self, reservation_id: ReservationId, *, tenant_id: TenantId, order_id: OrderId) -> None:
        """Give the places back; fine when they are released or the reservation has ended.

        Raises PlacesNotFoundError, and PlacesConflictError for another order's or for sold places.
        """
        now = self.clock.now()
        rule = partial(general_admission.release, order_id=order_id, now=now)
        await self.places.change(tenant_id, reservation_id, rule, now=now)
