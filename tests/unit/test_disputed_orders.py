"""Orders whose money the buyer's bank wants back: noted, not refundable meanwhile, and over when it is lost."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest

from adapters.http.order_bodies import OrderBody
from core.orders.disputes import is_disputed
from core.orders.errors import OrderDisputedError
from core.orders.order import Order
from core.orders.refund_decisions import RefundWish
from core.orders.refund_policy import RefundReason
from core.orders.refunds import RefundStatus
from core.orders.statuses import OrderStatus, RefundState
from core.shared.money import Money
from ports.events import Delivery
from ports.published.orders import ItemsReturned, OrderCancelled
from ports.published.payments import DisputeClosed, DisputeOpened
from tests.orders_world import TENANT
from tests.refunds_world import RefundDesk, some
from usecases.orders.on_dispute import OnDisputeClosed, OnDisputeOpened

REFUNDED = f"{OrderCancelled.event_type}:refunded"


class Bank:
    """The news of one dispute of an order, which comes twice each time."""

    def __init__(self, desk: RefundDesk, order: Order) -> None:
        self.desk = desk
        self.order = order
        self.on_opened = OnDisputeOpened(desk.world.transactions, desk.world.clock)
        self.on_closed = OnDisputeClosed(desk.world.transactions, desk.world.clock)
        self.deliveries = 0

    def delivery(self) -> Delivery:
        self.deliveries += 1
        return Delivery(event_id=UUID(int=0xD15C0 + self.deliveries), tenant_id=TENANT)

    async def opens(self, *, version: int = 1) -> Order:
        event = DisputeOpened(
            dispute_id=UUID(int=0xD15),
            payment_id=UUID(int=0x9A1),
            order_id=self.order.id,
            amount_minor=5_000,
            currency="EUR",
            reason="fraudulent",
            version=version,
        )
        for delivery in [self.delivery()] * 2 + [self.delivery()]:
            await self.on_opened(event, delivery)
        return await self.desk.world.now(self.order)

    async def decides(self, outcome: Literal["won", "lost"], *, version: int = 2) -> Order:
        event = DisputeClosed(
            dispute_id=UUID(int=0xD15),
            payment_id=UUID(int=0x9A1),
            order_id=self.order.id,
            amount_minor=5_000,
            currency="EUR",
            reason="fraudulent",
            outcome=outcome,
            version=version,
        )
        for delivery in [self.delivery()] * 2 + [self.delivery()]:
            await self.on_closed(event, delivery)
        return await self.desk.world.now(self.order)


@pytest.fixture
def desk() -> RefundDesk:
    return RefundDesk()


async def test_a_disputed_order_stands_but_nothing_of_it_is_refunded(desk: RefundDesk) -> None:
    order = await desk.bought()
    bank = Bank(desk, order)
    now = await bank.opens()
    assert (now.status, desk.steps(now)[-1], is_disputed(now)) == (OrderStatus.CONFIRMED, "disputed", True)
    assert desk.steps(now).count("disputed") == 1
    for caller in (desk.buyer, desk.manager):
        with pytest.raises(OrderDisputedError):
            await desk.ask(caller, order.id, RefundWish())
    now = await bank.decides("won")
    assert (now.status, is_disputed(now)) == (OrderStatus.CONFIRMED, False)
    assert (await desk.ask(desk.buyer, order.id, some(order, 0))).status is RefundStatus.SUCCEEDED


async def test_a_lost_order_ends_and_what_is_left_of_it_goes_back_to_the_public(desk: RefundDesk) -> None:
    order = await desk.bought(mix=True)
    await desk.ask(desk.buyer, order.id, some(order, 0))
    bank = Bank(desk, order)
    await bank.opens()
    now = await bank.decides("lost")
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.DONE)
    assert desk.world.published()[-2:] == [ItemsReturned.event_type, REFUNDED]
    told = desk.returns()[-1]
    assert (told.reason, told.by, len(told.seats), told.places[0].remaining) == ("dispute_lost", order.account_id, 2, 0)
    by_bank = next(each for each in await desk.all_refunds(order) if each.reason is RefundReason.DISPUTE_LOST)
    assert by_bank.status is RefundStatus.SUCCEEDED and by_bank.amount == Money(12_000 - 1_250, "EUR")
    assert len(desk.returns()) == 2


async def test_money_is_asked_of_nobody_when_the_bank_has_it(desk: RefundDesk) -> None:
    order = await desk.bought()
    await Bank(desk, order).decides("lost")
    assert desk.world.payments.given_back == {}
    assert await desk.sweep() == 0


async def test_what_is_over_does_not_go_back_to_the_public(desk: RefundDesk) -> None:
    order = await desk.bought()
    assert order.content is not None
    ends_at = order.content.event.ends_at
    desk.world.clock.advance((ends_at - desk.world.clock.now()).total_seconds())
    now = await Bank(desk, order).decides("lost")
    assert (now.status, desk.steps(now)[-1], desk.returns()) == (OrderStatus.CONFIRMED, "dispute_lost", [])
    assert (await desk.only_refund()).amount == Money(5_000, "EUR")


async def test_until_the_last_moment_of_the_event_it_does(desk: RefundDesk) -> None:
    order = await desk.bought()
    assert order.content is not None
    just_before = order.content.event.ends_at - timedelta(microseconds=1)
    desk.world.clock.advance((just_before - desk.world.clock.now()).total_seconds())
    assert (await Bank(desk, order).decides("lost")).status is OrderStatus.CANCELLED


async def test_news_that_come_late_change_nothing(desk: RefundDesk) -> None:
    order = await desk.bought()
    bank = Bank(desk, order)
    await bank.decides("won")
    now = await bank.opens()
    assert (desk.steps(now)[-1], is_disputed(now)) == ("dispute_won", False)
    now = await bank.decides("lost", version=3)
    assert now.status is OrderStatus.CANCELLED
    assert desk.steps(await bank.decides("won")) == desk.steps(now)


async def test_an_order_that_is_lost_before_its_payment_is_heard_of_is_never_sold(desk: RefundDesk) -> None:
    order = await desk.world.paid()
    now = await Bank(desk, order).decides("lost")
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.DONE)
    assert desk.world.published()[-1] == REFUNDED
    await desk.world.confirm(desk.world.succeeded(order), desk.world.delivery(90))
    assert (await desk.world.now(order)).status is OrderStatus.CANCELLED


async def test_buyers_read_neutral_words_and_staff_all_of_it(desk: RefundDesk) -> None:
    bank = Bank(desk, await desk.bought())
    await bank.opens()
    order = await bank.decides("won")
    history = OrderBody.with_history(order).history
    assert isinstance(history, tuple)
    assert [(each.step, each.detail) for each in history[-2:]] == [
        ("payment_under_review", None),
        ("payment_review_ended", None),
    ]
    history = OrderBody.with_history(order, for_staff=True).history
    assert isinstance(history, tuple)
    assert [each.step for each in history[-2:]] == ["disputed", "dispute_won"]
    assert history[-1].detail is not None and "fraudulent" in history[-1].detail


async def test_a_refund_that_failed_is_paid_by_the_bank_when_the_order_is_lost(desk: RefundDesk) -> None:
    order = await desk.bought()
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    await desk.on_settled(desk.settled(refund, failure="account_closed"), desk.delivery())
    now = await Bank(desk, order).decides("lost")
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.DONE)
    assert {each.status for each in await desk.all_refunds(order)} == {RefundStatus.SUCCEEDED}
    assert len(desk.returns()) == 2


@pytest.mark.parametrize("lost_first", [True, False])
@pytest.mark.parametrize("items", [1, 2])
async def test_a_refund_that_the_bank_came_before_is_settled_by_its_verdict(
    desk: RefundDesk, *, items: int, lost_first: bool
) -> None:
    order = await desk.bought()
    desk.world.payments.refunds_come_to = "pending"
    refund = await desk.ask(desk.buyer, order.id, some(order, *range(items)))
    failed = desk.settled(refund, failure="payments.disputed")
    bank = Bank(desk, order)
    await bank.opens()
    if lost_first:
        await bank.decides("lost")
    await desk.on_settled(failed, desk.delivery())
    if not lost_first:
        assert (await desk.all_refunds(order))[0].status is RefundStatus.FAILED
        await bank.decides("lost")
    now = await desk.world.now(order)
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.DONE)
    assert {each.status for each in await desk.all_refunds(order)} == {RefundStatus.SUCCEEDED}


@pytest.mark.parametrize("lost_first", [True, False])
async def test_nor_does_a_buyer_keep_what_was_to_be_refunded_when_nobody_had_been_asked_yet(
    desk: RefundDesk, *, lost_first: bool
) -> None:
    order = await desk.bought()
    desk.world.payments.reachable = False
    await desk.ask(desk.buyer, order.id, some(order, 0))
    bank = Bank(desk, order)
    desk.world.payments.reachable, desk.world.payments.bank_has_it = True, True
    desk.world.clock.advance(60)
    if not lost_first:
        assert await desk.sweep() == 1
    await bank.decides("lost")
    assert await desk.sweep() == lost_first
    now = await desk.world.now(order)
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.DONE)
    assert sum(len(each.seat_ids) for told in desk.returns() for each in told.seats) == 2
    counted = [each for each in await desk.all_refunds(order) if each.counts]
    assert {each.status for each in counted} == {RefundStatus.SUCCEEDED}


async def test_a_refund_that_failed_by_itself_is_owed_though_another_dispute_was_lost(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.refunds_come_to = "pending"
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    await Bank(desk, order).decides("lost")
    await desk.on_settled(desk.settled(refund, failure="account_closed"), desk.delivery())
    assert (await desk.all_refunds(order))[0].status is RefundStatus.FAILED


async def test_while_the_bank_has_not_decided_the_money_is_owed(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.refunds_come_to = "pending"
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    bank = Bank(desk, order)
    for outcome, version in (("lost", 2), ("won", 4)):
        await bank.opens(version=version - 1)
        if outcome == "won":
            await bank.decides("won", version=version)
    await desk.on_settled(desk.settled(refund, failure="payments.disputed"), desk.delivery())
    assert (await desk.all_refunds(order))[0].status is RefundStatus.FAILED


async def test_nor_do_buyers_read_of_a_dispute_that_was_lost(desk: RefundDesk) -> None:
    bank = Bank(desk, await desk.bought())
    await bank.opens()
    history = OrderBody.with_history(await bank.decides("lost")).history
    assert isinstance(history, tuple)
    assert "payment_reversed" in {each.step for each in history}
    assert not any("dispute" in f"{each.step} {each.detail}" for each in history)
