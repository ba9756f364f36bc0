"""Passes that go from order to order, in the small world of orders: a gate that keeps admission's promises."""

from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal
from uuid import UUID, uuid5

from core.orders.order import Order
from core.orders.reservations import ReservationKind
from core.orders.statuses import OrderStatus
from core.shared.callers import Caller
from core.shared.ids import ReservationId
from ports.events import Delivery, Envelope
from ports.published.admission import ORDER_OVER, PassNotReissued, PassReissued
from ports.published.orders import ItemsReturned, OrderCancelled, OrderCompleted
from ports.published.payments import DisputeClosed, DisputeOpened
from tests.orders_world import TENANT, World
from tests.refunds_world import RefundDesk
from usecases.orders.on_dispute import OnDisputeClosed, OnDisputeOpened
from usecases.orders.on_pass_reissued import OnPassHandedOver, OnPassNotReissued, OnPassReissued
from usecases.orders.place_order import HoldToOrder


@dataclass(frozen=True)
class Pass:
    """A pass as the gate knows it."""

    order_id: UUID
    item_id: UUID
    unit: int
    seat: UUID | None
    live: bool = True


class Gate:
    """Admission: old passes end in the moment in which new ones are issued, or nothing is issued at all."""

    def __init__(self) -> None:
        self.passes: dict[tuple[UUID, int], Pass] = {}
        self.refunded: set[UUID] = set()
        self.over: set[tuple[UUID, int]] = set()
        self.refuses: set[UUID] = set()
        self.told: list[PassReissued | PassNotReissued] = []

    def take(self, envelope: Envelope) -> None:
        if envelope.type == OrderCompleted.event_type:
            self._issue(envelope.decode(OrderCompleted))
        elif envelope.type == ItemsReturned.event_type:
            told = envelope.decode(ItemsReturned)
            for each in told.units:
                self._end([(each.order_item_id, unit) for unit in each.units])
        elif envelope.type == OrderCancelled.event_type:
            cancelled = envelope.decode(OrderCancelled)
            if cancelled.reason == "refunded":
                self.refunded.add(cancelled.order_id)
                self._end([key for key, each in self.passes.items() if each.order_id == cancelled.order_id])

    def live_on(self, seat: UUID) -> list[Pass]:
        return [each for each in self.passes.values() if each.seat == seat and each.live]

    def _end(self, keys: list[tuple[UUID, int]]) -> None:
        self.over |= set(keys)
        for key in keys:
            if key in self.passes:
                self.passes[key] = replace(self.passes[key], live=False)

    def _issue(self, told: OrderCompleted) -> None:
        for seat in told.seats:
            self._add(Pass(told.order_id, seat.order_item_id, 1, seat.seat_id))
        for places in told.places:
            for unit in range(1, places.quantity + 1):
                self._add(Pass(told.order_id, places.order_item_id, unit, None))
        for resold in told.resold:
            names = {
                "listing_id": resold.listing_id,
                "old_pass_id": resold.pass_id,
                "order_id": told.order_id,
                "order_item_id": resold.order_item_id,
            }
            old = self.passes.get((resold.origin_order_item_id, resold.origin_unit))
            if old is None or not old.live or old.item_id in self.refuses:
                self.told.append(PassNotReissued(**names, reason="admission.pass_void"))
                continue
            if told.order_id in self.refunded or (resold.order_item_id, 1) in self.over:
                self.told.append(PassNotReissued(**names, reason=ORDER_OVER))
                continue
            self._end([(old.item_id, old.unit)])
            self._add(Pass(told.order_id, resold.order_item_id, 1, old.seat))
            self.told.append(
                PassReissued(
                    **names,
                    pass_id=uuid5(resold.order_item_id, "pass"),
                    from_account_id=TENANT,
                    to_account_id=told.account_id,
                    price_minor=resold.price_minor,
                    currency=told.currency,
                )
            )

    def _add(self, issued: Pass) -> None:
        key = (issued.item_id, issued.unit)
        self.passes[key] = replace(issued, live=key not in self.over and issued.order_id not in self.refunded)


class ResaleDesk:
    """Orders, their refunds and disputes, and the gate."""

    def __init__(self) -> None:
        self.desk = RefundDesk()
        self.world: World = self.desk.world
        self.gate = Gate()
        store, clock = self.world.transactions, self.world.clock
        self.on_opened = OnDisputeOpened(store, clock)
        self.on_closed = OnDisputeClosed(store, clock)
        self.on_reissued = OnPassReissued(store, clock)
        self.on_not_reissued = OnPassNotReissued(store, clock)
        self.on_handed_over = OnPassHandedOver(store, clock)
        self._numbers = count(1)
        self._delivered = 0
        self._told = 0

    def delivery(self) -> Delivery:
        return Delivery(event_id=UUID(int=0xDE110000 + next(self._numbers)), tenant_id=TENANT)

    def buyer(self, number: int = 2) -> Caller:
        return self.world.buyer(number)

    async def first_sale(self, *, places: int = 0) -> Order:
        """The seller's confirmed order: two seats (1 and 2), or so many places."""
        if not places:
            return await self.desk.bought()
        hold = self.world.held_places(self.world.buyer(), quantity=places)
        order = await self.world.paid(await self.world.place(self.world.buyer(), [hold], None))
        await self.world.confirm(self.world.succeeded(order), self.delivery())
        return await self.world.now(order)

    def purchase(
        self,
        origin: Order,
        number: int = 2,
        *,
        item: int = 0,
        unit: int = 1,
        price_minor: int = 3_000,
        escrow: bool = True,
        currency: str = "EUR",
    ) -> HoldToOrder:
        """The purchase of a pass of that order, by this buyer."""
        reservation_id = ReservationId(UUID(int=0x4E5A1E000 + next(self._numbers)))
        self.world.market.hold(
            reservation_id,
            self.buyer(number).account_id,
            origin,
            item=item,
            unit=unit,
            price_minor=price_minor,
            escrow=escrow,
            currency=currency,
        )
        return HoldToOrder(reservation_id, kind=ReservationKind.RESALE)

    async def placed(self, *purchases: HoldToOrder, number: int = 2) -> Order:
        return await self.world.place(self.buyer(number), list(purchases), None)

    async def paid(self, order: Order, number: int = 2) -> Order:
        """Stripe has taken the money, and nobody has heard of it."""
        await self.world.pay(self.buyer(number), order.id, "CARD")
        self.world.payments.status[order.id] = "succeeded"
        return await self.world.now(order)

    async def confirmed(self, order: Order) -> Order:
        """The news of the money came."""
        await self.world.confirm(self.world.succeeded(order), self.delivery())
        return await self.world.now(order)

    async def resold(self, origin: Order, number: int = 2, *, item: int = 0, unit: int = 1) -> Order:
        """Another buyer's confirmed order for a pass of that one."""
        order = await self.placed(self.purchase(origin, number, item=item, unit=unit), number=number)
        return await self.confirmed(await self.paid(order, number))

    async def disputed(self, order: Order) -> None:
        await self.on_opened(DisputeOpened(**_dispute(order), version=1), self.delivery())

    async def dispute_lost(self, order: Order) -> None:
        await self.disputed(order)
        await self.on_closed(DisputeClosed(**_dispute(order), version=2, outcome="lost"), self.delivery())

    async def deliver(self, *, order: Literal["as told", "backwards"] = "as told") -> None:
        """Let everybody take the news until there are none."""
        while (new := self.world.messages.events[self._delivered :]) or self.gate.told[self._told :]:
            self._delivered += len(new)
            for envelope in new if order == "as told" else reversed(new):
                self.gate.take(envelope)
                if envelope.type == OrderCancelled.event_type:
                    cancelled = envelope.decode(OrderCancelled)
                    self.world.seating.take_news(cancelled)
                    self.world.general_admission.take_news(cancelled)
                    self.world.market.take_news(cancelled)
                if envelope.type == ItemsReturned.event_type:
                    self.world.seating.take_returns(envelope.decode(ItemsReturned))
                    self.world.general_admission.take_returns(envelope.decode(ItemsReturned))
            for news in self.gate.told[self._told :]:
                self._told += 1
                for delivery in [self.delivery()] * 2 + [self.delivery()]:
                    if isinstance(news, PassReissued):
                        await self.on_reissued(news, delivery)
                    else:
                        await self.on_not_reissued(news, delivery)
            await self.desk.sweep()

    async def owners(self, seat: UUID) -> int:
        """How many have the seat: those with a live pass, and the public where it is on sale."""
        return len(self.gate.live_on(seat)) + (self.world.seating.owner_of(seat) is None)

    async def is_confirmed(self, order: Order) -> bool:
        return (await self.world.now(order)).status is OrderStatus.CONFIRMED


def _dispute(order: Order) -> dict[str, Any]:
    return {
        "dispute_id": UUID(int=0xD15),
        "payment_id": UUID(int=0x9A1),
        "order_id": order.id,
        "amount_minor": 5_000,
        "currency": "EUR",
        "reason": "fraudulent",
    }
