"""An event with orders of every kind that is called off, on the memory adapters."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, override
from uuid import UUID

from adapters.inprocess.event_orders import InProcessEventOrders
from adapters.memory.clock import MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.operations import MemoryOperationTransactions
from adapters.memory.venues import MemoryVenueTransactions
from core.operations.operation import Operation
from core.orders.box_office import Settlement
from core.orders.event_ends import EventEnd
from core.orders.fees import FixedFee
from core.orders.order import Order
from core.orders.refund_decisions import RefundWish, WantedItem
from core.orders.refunds import OrderRefund
from core.shared.errors import StaleVersionError
from core.shared.ids import OperationId, ReservationId, TicketId, VenueId
from core.shared.money import Money
from ports.published.event_market import EventMarketApi, MarketOfEvent
from ports.published.operations import OperationRequest
from ports.published.orders import OrderCompleted
from ports.published.payments import DisputeClosed
from tests.operations_world import MANAGER, Stores
from tests.operations_world import World as Operations
from tests.orders_neighbours import TICKET, Killed
from tests.orders_world import AWAY_TICKET, TENANT, World
from tests.passed_on_world import ResaleDesk
from usecases.orders.end_event_orders import EndEventOrder, ReadEventOrders
from usecases.orders.on_event_cancelled import EndLateOrder, EndOrderAfterDispute, EndOrderOfKeptPass, EndOrderSoldLate
from usecases.orders.place_order import HoldToOrder
from usecases.orders.sell_at_box_office import Sale
from usecases.venues.operations.event_cancellation import CancelEvent

VENUE = VenueId(UUID(int=0x7E))


@dataclass
class Shelf(EventMarketApi):
    """So many listings and people who wait; each call ends some of them."""

    listings: int = 3
    waiting: int = 2
    ended: list[str] = field(default_factory=list)

    @override
    async def standing(self, *, tenant_id: UUID, ticket_ids: tuple[UUID, ...]) -> MarketOfEvent:
        return MarketOfEvent(listings=self.listings, waiting=self.waiting)

    @override
    async def end(self, *, tenant_id: UUID, ticket_id: UUID, reason: str) -> int:
        ended, self.listings, self.waiting = self.listings + self.waiting, 0, 0
        self.ended += [reason] * ended
        return ended


class CalledOff:
    """Orders, refunds, disputes and resales of one event, and the operation that ends it."""

    def __init__(self) -> None:
        self.house = ResaleDesk()
        self.world: World = self.house.world
        world = self.world
        self.read = ReadEventOrders(world.transactions, world.clock)
        self.end = EndEventOrder(world.transactions, world.cancel, world.settle, self.house.desk.finish, world.clock)
        self.messages = MemoryMessages(ids=MemoryIds())
        self.shelf = Shelf()
        api = InProcessEventOrders(self.read, self.end)
        venues = MemoryVenueTransactions(self.messages)
        operations = MemoryOperationTransactions(self.messages)
        stores = Stores(operations, operations, self.messages.ids, self.messages)
        self.type = CancelEvent(venues, world.ticketing, world.ticketing, api, self.shelf, Operations(stores).clock)
        self.operations = Operations(stores, (self.type,))
        late = EndLateOrder(world.ticketing, self.end)
        self.sold_late = EndOrderSoldLate(late)
        self.after_dispute = EndOrderAfterDispute(world.transactions, late)
        self.of_kept_pass = EndOrderOfKeptPass(world.transactions, late)
        self.orders: dict[str, Order] = {}
        self._seat = 0

    async def held(self, name: str, *, seats: int = 2, away: bool = False) -> Order:
        """An order that awaits its payment (or is confirmed, if there is nothing to pay)."""
        number = len(self.orders) + 10
        buyer = self.world.buyer(number)
        holds = [self.world.held(buyer, number, seats=seats, first=100 + self._seat)]
        self._seat += seats
        if away:
            self.world.ticketing.titles[AWAY_TICKET] = "Away match"
            another = ReservationId(UUID(int=0xA3A70 + number))
            first, plan = 100 + self._seat, UUID(int=0x91B)
            self.world.seating.hold(
                another, buyer.account_id, seats=seats, first=first, plan_id=plan, ticket_id=AWAY_TICKET
            )
            holds.append(HoldToOrder(another))
            self._seat += seats
        self.orders[name] = await self.world.place(buyer, holds, None)
        return self.orders[name]

    def number_of(self, order: Order) -> int:
        return order.account_id.int - 0xACC0

    async def sold(self, name: str, *, seats: int = 2, away: bool = False) -> Order:
        """A confirmed order."""
        order = await self.held(name, seats=seats, away=away)
        self.orders[name] = await self.house.confirmed(await self.house.paid(order, self.number_of(order)))
        return self.orders[name]

    async def cash(self, name: str, settlement: Settlement = Settlement.CASH) -> Order:
        number = len(self.orders) + 10
        buyer = self.world.buyer(number)
        hold = self.world.held(buyer, number, seats=1, first=100 + self._seat)
        self._seat += 1
        self.orders[name] = await self.world.sell(
            self.world.staff(), Sale([hold], settlement, for_account=buyer.account_id)
        )
        return self.orders[name]

    async def refunded_in_part(self, name: str) -> Order:
        order = await self.sold(name)
        assert order.content is not None
        wish = RefundWish(items=(WantedItem(order.content.items[0].id),))
        await self.house.desk.ask(self.house.desk.manager, order.id, wish)
        return order

    async def given_some_money(self, name: str) -> Order:
        """5.00 went back, and the seats stayed."""
        order = await self.sold(name)
        wish = RefundWish(amount=Money(500, "EUR"), note="the toilets were closed")
        await self.house.desk.ask(self.house.desk.manager, order.id, wish)
        return order

    async def resold(self, name: str) -> Order:
        """The first of two seats is somebody else's by now, whose order is `<name> buyer`."""
        order = await self.sold(name)
        number = len(self.orders) + 10
        self.orders[f"{name} buyer"] = await self.house.resold(order, number)
        await self.house.deliver()
        return order

    async def disputed(self, name: str) -> Order:
        order = await self.sold(name)
        await self.house.disputed(order)
        return order

    async def with_fees(self) -> None:
        await self.world.set_fees(FixedFee("service", "Service", Money(150, "EUR")))

    async def some_of_each(self, rounds: int = 1) -> None:
        """Eleven orders a round, of every kind."""
        for each in range(rounds):
            await self.sold(f"sold {each}")
            await self.held(f"unpaid {each}")
            await self.cash(f"cash {each}")
            await self.cash(f"gift {each}", Settlement.COMPLIMENTARY)
            await self.refunded_in_part(f"part {each}")
            await self.given_some_money(f"money {each}")
            await self.resold(f"resold {each}")
            await self.disputed(f"disputed {each}")
            await self.sold(f"single {each}", seats=1)
            started = await self.held(f"started {each}")
            await self.world.pay(self.world.buyer(self.number_of(started)), started.id, "CARD")

    def params(self, **more: object) -> dict[str, object]:
        return {"ticketIds": [str(TICKET)], "reason": "The singer is ill."} | more

    async def started(self, **more: object) -> OperationId:
        operation = await self.operations.start(VENUE, "event-cancellation", self.params(**more), caller=MANAGER)
        return operation.id

    async def preview(self, **more: object) -> dict[str, Any]:
        request = OperationRequest(
            tenant_id=TENANT,
            venue_id=VENUE,
            account_id=MANAGER.account_id,
            params=self.type.parse(self.params(**more)),
        )
        return dict(await self.type.preview(request))

    async def done(self, **more: object) -> Operation:
        operation = await self.operations.worked(await self.started(**more))
        await self.house.deliver()
        return operation

    async def done_by_mortals(self, *, steps: int) -> Operation:
        """As `done`, by workers of which each dies after so many steps that leave a trace."""
        operation_id = await self.started()
        life = self.world.life
        for _ in range(100):
            life.dies_after = life.steps + steps
            try:
                operation = await self.operations.worked(operation_id)
            except Killed:
                self.operations.clock.move(seconds=60)
                continue
            life.dies_after = None
            await self.house.deliver()
            return operation
        raise AssertionError("it goes on for ever")

    async def refunds(self, name: str) -> list[OrderRefund]:
        return await self.house.desk.all_refunds(self.orders[name])

    async def now(self, name: str) -> Order:
        return await self.world.now(self.orders[name])

    def given_back(self) -> Counter[UUID]:
        """Money that went back by way of Stripe, by order."""
        sums = Counter[UUID]()
        for (order_id, _), amount_minor in self.world.payments.given_back.items():
            sums[order_id] += amount_minor
        return sums

    async def picture(self) -> object:
        """What is left of the orders, without how often something was tried."""
        shown: dict[str, object] = {}
        for name in self.orders:
            order = await self.now(name)
            refunds = [
                (each.id, each.amount, each.status, each.reason, each.units) for each in await self.refunds(name)
            ]
            steps = list(dict.fromkeys(entry.step for entry in order.history))
            shown[name] = (order.status, order.refund, steps, [each[1:] for each in sorted(refunds, key=str)])
        paid = {str(key): amount for key, amount in sorted(self.given_back().items())}
        live = sorted(str(key) for key, each in self.house.gate.passes.items() if each.live)
        return shown, paid, dict(self.world.payments.status), live

    def completed(self) -> list[OrderCompleted]:
        events = self.world.messages.events
        return [each.decode(OrderCompleted) for each in events if each.type == OrderCompleted.event_type]

    def end_of(self, operation_id: UUID) -> EventEnd:
        return EventEnd(
            operation_id=OperationId(operation_id),
            ticket_ids=frozenset({TicketId(TICKET)}),
            by=MANAGER.account_id,
            reason="The singer is ill.",
            refund_fees=True,
        )

    async def dispute_won(self, closed: DisputeClosed) -> None:
        """The verdict comes to both consumers, to the later one of them first."""
        with suppress(StaleVersionError):
            await self.after_dispute(closed, self.house.delivery())
        await self.house.on_closed(closed, self.house.delivery())
        await self.after_dispute(closed, self.house.delivery())

    async def done_by_one_mortal(self, *, dies_after: int) -> tuple[Operation, bool]:
        """As `done`, by a worker that dies after so many steps, and others that live; and whether it died."""
        operation_id, died = await self.started(), False
        self.world.life.dies_after = self.world.life.steps + dies_after
        try:
            operation = await self.operations.worked(operation_id)
        except Killed:
            died = True
            self.world.life.dies_after = None
            self.operations.clock.move(seconds=60)
            operation = await self.operations.worked(operation_id)
        self.world.life.dies_after = None
        await self.house.deliver()
        return operation, died
