"""General admission as the tests of orders meet it: a quota whose keeper keeps its promises, in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, override
from uuid import UUID

from core.shared.ids import AccountId, ReservationId
from ports.published.general_admission import GeneralAdmissionApi, PlacesReserved
from ports.published.orders import ItemsReturned, OrderCancelled
from ports.published.refusals import RefusedError
from tests.orders_neighbours import HandClock, Life

STANDING = UUID(int=0x6A)


@dataclass(frozen=True)
class Places:
    holder: UUID
    quantity: int
    state: Literal["held", "reserved", "sold", "ended"]
    until: datetime
    order_id: UUID | None = None
    hold_token: str | None = None
    was_sold: bool = False


@dataclass
class GeneralAdmission(GeneralAdmissionApi):
    clock: HandClock
    life: Life
    quota: int = 10
    currency: str = "EUR"
    price_minor: int = 1_500
    reservations: dict[UUID, Places] = field(default_factory=dict)

    def hold(
        self,
        reservation_id: ReservationId,
        holder: AccountId,
        *,
        quantity: int = 3,
        ttl_s: int = 600,
        hold_token: str | None = None,
    ) -> None:
        assert quantity <= self.left
        until = self.clock.now() + timedelta(seconds=ttl_s)
        self.reservations[reservation_id] = Places(holder, quantity, "held", until, hold_token=hold_token)

    @property
    def left(self) -> int:
        return self.quota - sum(each.quantity for each in self.reservations.values() if self.lives(each))

    def lives(self, places: Places) -> bool:
        if places.state == "sold":
            return True
        return places.state != "ended" and self.clock.now() < places.until

    def sell_out(self) -> None:
        """Somebody else buys all that is left."""
        self.reservations[UUID(int=0xBAD)] = Places(UUID(int=0xBAD), self.left, "sold", self.clock.now())

    def _found(self, reservation_id: UUID, order_id: UUID) -> Places:
        found = self.reservations.get(reservation_id)
        if found is None:
            raise RefusedError("ticketing.reservation_not_found", "no such reservation")
        if found.order_id not in {None, order_id}:
            raise RefusedError("ticketing.reservation_conflict", "another order's")
        return found

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
        found = self._found(reservation_id, order_id)
        if found.holder != account_id and (hold_token is None or found.hold_token != hold_token):
            raise RefusedError("ticketing.not_holder", "held by somebody else")
        if not self.lives(found):
            raise RefusedError("ticketing.reservation_expired", "the hold has ended")
        if found.state == "held":
            found = replace(found, state="reserved", order_id=order_id, until=until)
            self.reservations[reservation_id] = found
        self.life.step()
        return PlacesReserved(
            reservation_id=reservation_id,
            ticket_id=STANDING,
            quantity=found.quantity,
            price_minor=self.price_minor,
            currency=self.currency,
            expires_at=found.until,
        )

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("ticketing.reservation_expired", "ended")
        self.reservations[reservation_id] = replace(found, until=max(found.until, until))
        self.life.step()

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("ticketing.reservation_expired", "ended")
        self.reservations[reservation_id] = replace(found, state="sold", was_sold=True)
        self.life.step()

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            if found.was_sold:
                raise RefusedError("ticketing.reservation_expired", "sold and given back")
            if found.quantity > self.left:
                raise RefusedError("ticketing.sold_out", "too few are left")
        self.reservations[reservation_id] = replace(found, state="sold", was_sold=True)
        self.life.step()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if found.order_id is None or found.state == "sold":
            raise RefusedError("ticketing.reservation_conflict", "not for this order to release")
        self.reservations[reservation_id] = replace(found, state="ended")
        self.life.step()

    def take_news(self, event: OrderCancelled) -> None:
        for reservation_id in event.reservation_ids:
            found = self.reservations.get(reservation_id)
            if found and found.order_id == event.order_id and (found.state != "sold" or event.reason == "refunded"):
                self.reservations[reservation_id] = replace(found, state="ended")

    def take_returns(self, event: ItemsReturned) -> None:
        for each in event.places:
            found = self.reservations.get(each.reservation_id)
            if found and found.state == "sold" and found.order_id == (each.sold_to or event.order_id):
                left = replace(found, quantity=min(found.quantity, each.remaining))
                self.reservations[each.reservation_id] = left if left.quantity else replace(found, state="ended")
