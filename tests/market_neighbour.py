"""The resale of passes as the tests of orders meet it: listings that one buyer at a time can have, in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, override
from uuid import UUID, uuid5

from core.orders.content import seat_of
from core.orders.order import Order
from core.shared.ids import AccountId, ReservationId
from ports.published.orders import OrderCancelled
from ports.published.refusals import RefusedError
from ports.published.resale import ResaleApi, ResaleReserved
from tests.orders_neighbours import HandClock, Life


@dataclass(frozen=True)
class Purchase:
    holder: UUID
    shown: ResaleReserved
    state: Literal["held", "reserved", "sold", "ended"]
    until: datetime
    order_id: UUID | None = None
    was_sold: bool = False


@dataclass
class Market(ResaleApi):
    clock: HandClock
    life: Life
    purchases: dict[UUID, Purchase] = field(default_factory=dict)
    withdrawn: set[UUID] = field(default_factory=set)

    def hold(
        self,
        reservation_id: ReservationId,
        holder: AccountId,
        order: Order,
        *,
        item: int = 0,
        unit: int = 1,
        price_minor: int = 3_000,
        currency: str = "EUR",
        escrow: bool = True,
        ttl_s: int = 600,
    ) -> None:
        """Let somebody hold the listed pass of an admission of this order."""
        assert order.content is not None
        line = order.content.items[item]
        seat = seat_of(line)
        until = self.clock.now() + timedelta(seconds=ttl_s)
        shown = ResaleReserved(
            reservation_id=reservation_id,
            listing_id=uuid5(line.id, f"listing of {unit}"),
            pass_id=uuid5(line.id, f"pass {unit}"),
            ticket_id=line.ticket_id,
            seat_id=seat.seat_id if seat else None,
            label=seat.label if seat else None,
            section=seat.section if seat else None,
            row=seat.row if seat else None,
            number=seat.number if seat else None,
            price_minor=price_minor,
            currency=currency,
            seller_account_id=order.account_id,
            origin_order_id=order.id,
            origin_order_item_id=line.id,
            origin_unit=unit,
            escrow=escrow,
            expires_at=until,
        )
        self.purchases[reservation_id] = Purchase(holder, shown, "held", until)

    def withdraw(self, reservation_id: UUID) -> None:
        """The listing ends, so that nobody can have it (again)."""
        self.withdrawn.add(self.purchases[reservation_id].shown.listing_id)

    def lives(self, purchase: Purchase) -> bool:
        if purchase.state == "sold":
            return True
        return purchase.state != "ended" and self.clock.now() < purchase.until

    def _found(self, reservation_id: UUID, order_id: UUID) -> Purchase:
        found = self.purchases.get(reservation_id)
        if found is None:
            raise RefusedError("resale.reservation_not_found", "no such purchase")
        if found.order_id not in {None, order_id}:
            raise RefusedError("resale.reservation_conflict", "another order's")
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
    ) -> ResaleReserved:
        found = self._found(reservation_id, order_id)
        if found.holder != account_id:
            raise RefusedError("resale.not_holder", "held by somebody else")
        if not self.lives(found):
            raise RefusedError("resale.reservation_expired", "the purchase has ended")
        if found.state == "held":
            found = replace(found, state="reserved", order_id=order_id, until=until)
            self.purchases[reservation_id] = found
        self.life.step()
        return found.shown

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("resale.reservation_expired", "ended")
        self.purchases[reservation_id] = replace(found, until=max(found.until, until))
        self.life.step()

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            raise RefusedError("resale.reservation_expired", "ended")
        self.purchases[reservation_id] = replace(found, state="sold", was_sold=True)
        self.life.step()

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if not self.lives(found):
            listing_id = found.shown.listing_id
            others = [each for each in self.purchases.values() if each.shown.listing_id == listing_id]
            if found.was_sold or listing_id in self.withdrawn or any(self.lives(each) for each in others):
                raise RefusedError("resale.not_for_sale", "somebody else has it, or nobody can")
        self.purchases[reservation_id] = replace(found, state="sold", was_sold=True)
        self.life.step()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        found = self._found(reservation_id, order_id)
        if found.order_id is None or found.state == "sold":
            raise RefusedError("resale.reservation_conflict", "not for this order to release")
        self.purchases[reservation_id] = replace(found, state="ended")
        self.life.step()

    def take_news(self, event: OrderCancelled) -> None:
        for reservation_id in event.reservation_ids:
            found = self.purchases.get(reservation_id)
            if found and found.order_id == event.order_id and (found.state != "sold" or event.reason == "refunded"):
                self.purchases[reservation_id] = replace(found, state="ended")
