"""Refunds of orders in the small world of orders, on the memory adapters."""

from uuid import UUID

from core.orders.order import Order
from core.orders.refund_decisions import RefundWish, WantedItem
from core.orders.refund_policy import RefundPolicy, RefundRule
from core.orders.refunds import OrderRefund
from core.shared.callers import Caller, Role
from ports.events import Delivery
from ports.published.orders import ItemsReturned
from ports.published.payments import RefundSettled
from tests.orders_world import TENANT, World
from usecases.orders.finish_refund import FinishRefund
from usecases.orders.finish_refunds import FinishRefunds
from usecases.orders.on_refund_settled import OnRefundSettled
from usecases.orders.read_refunds import ReadRefunds, RetryRefund
from usecases.orders.refund_money import RefundMoney
from usecases.orders.request_refund import PreviewRefund, RequestRefund
from usecases.orders.tune_refund_policy import TuneRefundPolicy

HALF_UNTIL_3_DAYS = RefundPolicy((RefundRule(10_000, 14), RefundRule(5_000, 3)))


class RefundDesk:
    """The use cases of refunds over a world of orders."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        store, clock = self.world.transactions, self.world.clock
        self.finish = FinishRefund(store, RefundMoney(self.world.payments), clock)
        self.ask = RequestRefund(store, self.finish, clock, self.world.ids)
        self.preview = PreviewRefund(store, clock)
        self.read = ReadRefunds(store)
        self.retry = RetryRefund(store, self.finish, clock)
        self.sweep = FinishRefunds(self.world.memory.due_refunds, self.finish, clock, self.world.terms)
        self.on_settled = OnRefundSettled(store, clock)
        self.policy = TuneRefundPolicy(store, clock)

    @property
    def buyer(self) -> Caller:
        return self.world.buyer()

    @property
    def manager(self) -> Caller:
        return self.world.staff(Role.MANAGER)

    async def bought(self, *, mix: bool = False, policy: RefundPolicy | None = HALF_UNTIL_3_DAYS) -> Order:
        """A confirmed order of two seats (50.00), or also of three places (45.00) and a seat (25.00)."""
        if policy is not None:
            await self.policy.change(self.manager, policy, expected_version=0)
        order = await self.world.paid(await self.world.placed_mix() if mix else None)
        await self.world.confirm(self.world.succeeded(order), self.world.delivery(90))
        return await self.world.now(order)

    async def only_refund(self) -> OrderRefund:
        """The one refund of the scenario, read past the life of the process."""
        (refund,) = await self.all_refunds(await self.world.only_order())
        return refund

    async def all_refunds(self, order: Order) -> list[OrderRefund]:
        async with self.world.memory.begin(TENANT) as tx:
            return list(await tx.refunds.of_order(order.id))

    def settled(self, refund: OrderRefund, *, failure: str | None = None) -> RefundSettled:
        return RefundSettled(
            refund_id=refund.id,
            payment_id=UUID(int=0x9A1),
            order_id=refund.order_id,
            amount_minor=refund.amount.amount_minor,
            currency=refund.amount.currency,
            status="succeeded" if failure is None else "failed",
            reason=refund.reason.value,
            failure=failure,
            all_refunded=False,
        )

    def delivery(self, number: int = 1) -> Delivery:
        return Delivery(event_id=UUID(int=0x5E700 + number), tenant_id=TENANT)

    def returns(self) -> list[ItemsReturned]:
        """All news of returned items so far."""
        events = self.world.messages.events
        return [each.decode(ItemsReturned) for each in events if each.type == ItemsReturned.event_type]

    def steps(self, order: Order) -> list[str]:
        return [entry.step.value for entry in order.history]


def some(order: Order, *numbers: int, quantity: int | None = None) -> RefundWish:
    """Ask for items of the order by their places in it."""
    assert order.content is not None
    return RefundWish(items=tuple(WantedItem(order.content.items[number].id, quantity) for number in numbers))
