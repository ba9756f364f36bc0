"""Refunds of orders: recorded first, asked for once, seats and passes back when the money is on its way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from core.orders.box_office import Settlement
from core.orders.errors import (
    ItemsRefundedError,
    OrderNotFoundError,
    OrderNotRefundableError,
    RefundNotAllowedError,
    RefundNotFoundError,
    RefundNotRetryableError,
)
from core.orders.order import Order
from core.orders.refund_decisions import RefundWish
from core.orders.refund_policy import DEFAULT_POLICY, RefundPolicy, RefundReason, RefundRule
from core.orders.refunds import RETRY_S, OrderRefund, RefundStatus
from core.orders.statuses import OrderStatus, RefundState
from core.shared.callers import Role
from core.shared.errors import ForbiddenError, StaleVersionError
from core.shared.ids import OrderId, RefundId
from core.shared.money import Money
from ports.paging import PageRequest
from ports.published.orders import ItemsReturned, OrderCancelled
from tests.orders_neighbours import Killed
from tests.refunds_world import HALF_UNTIL_3_DAYS, RefundDesk, some
from usecases.orders.sell_at_box_office import Sale

REFUNDED = f"{OrderCancelled.event_type}:refunded"
STEPS_MAX = 30


@pytest.fixture
def desk() -> RefundDesk:
    return RefundDesk()


def given_back(desk: RefundDesk, order: Order) -> int:
    return sum(amount for (order_id, _), amount in desk.world.payments.given_back.items() if order_id == order.id)


async def test_a_buyer_gives_one_seat_back_and_keeps_the_other(desk: RefundDesk) -> None:
    order = await desk.bought()
    assert order.content is not None
    desk.world.clock.advance(timedelta(days=1).total_seconds())  # 6 days before: half of it
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    assert (refund.status, refund.amount, refund.by_staff) == (RefundStatus.SUCCEEDED, Money(1_250, "EUR"), False)
    assert given_back(desk, order) == 1_250
    now = await desk.world.now(order)
    assert (now.status, now.refund) == (OrderStatus.CONFIRMED, None)
    assert desk.steps(now)[-2:] == ["refund_requested", "items_returned"]
    (told,) = desk.returns()
    item = order.content.items[0]
    assert told.order_item_ids == (item.id,) and told.units[0].units == (1,)
    assert [(each.reservation_id, len(each.seat_ids)) for each in told.seats] == [(item.reservation_id, 1)]
    assert told.places == () and told.by == order.account_id and told.reason == "customer_request"


async def test_with_its_last_item_an_order_ends_even_where_not_all_the_money_goes_back(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.clock.advance(timedelta(days=1).total_seconds())
    await desk.ask(desk.buyer, order.id, some(order, 0))
    await desk.ask(desk.buyer, order.id, RefundWish())
    now = await desk.world.now(order)
    assert (now.status, now.refund, given_back(desk, order)) == (OrderStatus.CANCELLED, RefundState.DONE, 2_500)
    assert desk.world.published()[-2:] == [ItemsReturned.event_type, REFUNDED]
    with pytest.raises(OrderNotRefundableError):
        await desk.ask(desk.buyer, order.id, RefundWish())


async def test_places_go_back_in_parts_and_the_news_say_how_many_are_left(desk: RefundDesk) -> None:
    order = await desk.bought(mix=True, policy=RefundPolicy((RefundRule(10_000, 0),)))
    for _ in range(2):
        await desk.ask(desk.buyer, order.id, some(order, 2, quantity=1))
    assert [(each.places[0].quantity, each.places[0].remaining) for each in desk.returns()] == [(1, 2), (1, 1)]
    assert [each.units[0].units for each in desk.returns()] == [(3,), (2,)]
    assert given_back(desk, order) == 3_000
    await desk.ask(desk.buyer, order.id, RefundWish())
    assert desk.returns()[-1].places[0].remaining == 0
    assert given_back(desk, order) == 12_000


async def test_of_two_who_want_the_same_items_at_once_one_is_refunded(desk: RefundDesk) -> None:
    order = await desk.bought()
    wish = replace(some(order, 0), reason=RefundReason.DUPLICATE)
    asked = [desk.ask(desk.manager, order.id, wish) for _ in range(5)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(result, OrderRefund) for result in results) == 1
    assert sum(isinstance(result, ItemsRefundedError) for result in results) == 4
    assert given_back(desk, order) == 2_500 and len(desk.returns()) == 1


async def test_without_a_policy_only_staff_refund(desk: RefundDesk) -> None:
    order = await desk.bought(policy=None)
    with pytest.raises(RefundNotAllowedError):
        await desk.ask(desk.buyer, order.id, RefundWish())
    preview = await desk.preview(desk.buyer, order.id, RefundWish())
    assert preview.refusal is not None and preview.amount == Money(0, "EUR")
    assert await desk.all_refunds(order) == []
    await desk.ask(desk.world.staff(), order.id, RefundWish())
    assert given_back(desk, order) == 5_000
    assert (await desk.only_refund()).by_staff


async def test_an_order_keeps_the_policy_of_the_moment_it_was_placed(desk: RefundDesk) -> None:
    order = await desk.bought()
    await desk.policy.change(desk.manager, DEFAULT_POLICY, expected_version=1)
    assert (await desk.policy.read(desk.buyer)).rules == ()
    assert (await desk.preview(desk.buyer, order.id, RefundWish())).amount == Money(2_500, "EUR")


async def test_a_policy_is_changed_by_managers_who_have_read_it(desk: RefundDesk) -> None:
    assert await desk.policy.read(desk.buyer) == DEFAULT_POLICY
    for caller in (desk.buyer, desk.world.staff(Role.BOX_OFFICE)):
        with pytest.raises(ForbiddenError):
            await desk.policy.change(caller, HALF_UNTIL_3_DAYS, expected_version=0)
    assert (await desk.policy.change(desk.manager, HALF_UNTIL_3_DAYS, expected_version=0)).version == 1
    with pytest.raises(StaleVersionError):
        await desk.policy.change(desk.manager, HALF_UNTIL_3_DAYS, expected_version=0)


async def test_an_amount_leaves_the_seats_even_when_it_is_all_of_it(desk: RefundDesk) -> None:
    order = await desk.bought()
    wish = RefundWish(reason=RefundReason.GOODWILL, note="the heating failed", amount=Money(5_000, "EUR"))
    refund = await desk.ask(desk.manager, order.id, wish)
    await desk.world.on_refunded(desk.world.refunded(order), desk.delivery())
    now = await desk.world.now(order)
    assert (now.status, now.refund, refund.items) == (OrderStatus.CONFIRMED, None, ())
    assert desk.returns() == [] and REFUNDED not in desk.world.published()
    back = await desk.ask(desk.buyer, order.id, RefundWish())
    assert back.amount == Money(0, "EUR")
    assert (await desk.world.now(order)).status is OrderStatus.CANCELLED
    assert desk.world.published()[-1] == REFUNDED


async def test_money_that_went_back_past_us_ends_the_order_as_before(desk: RefundDesk) -> None:
    order = await desk.bought()
    await desk.ask(desk.buyer, order.id, some(order, 0))
    await desk.world.on_refunded(desk.world.refunded(order), desk.delivery())
    assert (await desk.world.now(order)).status is OrderStatus.CANCELLED
    assert desk.world.published()[-1] == REFUNDED


async def test_money_that_went_back_past_us_while_a_refund_was_asked_for_ends_the_order_too(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.reachable = False
    asked = await desk.ask(desk.manager, order.id, RefundWish(reason=RefundReason.DUPLICATE))
    assert asked.status is RefundStatus.REQUESTED
    await desk.world.on_refunded(desk.world.refunded(order), desk.delivery())
    assert (await desk.world.now(order)).status is OrderStatus.CONFIRMED, "it may be ours"
    desk.world.payments.reachable = True
    desk.world.payments.status[order.id] = "cancelled"  # nothing is left to be given back
    desk.world.clock.advance(RETRY_S)
    assert await desk.sweep() == 1
    now, refund = await desk.world.now(order), await desk.only_refund()
    assert (now.status, now.refund, refund.status) == (OrderStatus.CANCELLED, RefundState.DONE, RefundStatus.REFUSED)
    assert desk.world.published()[-1] == REFUNDED and desk.returns() == []


async def test_what_payments_refuses_changes_nothing_and_can_be_asked_anew(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.status[order.id] = "processing"
    refund = await desk.ask(desk.buyer, order.id, RefundWish())
    assert (refund.status, refund.failure) == (RefundStatus.REFUSED, "payments.not_refundable")
    assert desk.returns() == []
    now = await desk.world.now(order)
    assert now.status is OrderStatus.CONFIRMED and desk.steps(now)[-1] == "refund_failed"
    desk.world.payments.status[order.id] = "succeeded"
    assert (await desk.ask(desk.buyer, order.id, RefundWish())).status is RefundStatus.SUCCEEDED


async def test_while_the_money_fails_the_buyer_keeps_the_seats_and_is_owed_it(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.refunds_come_to = "failed"
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    assert (refund.status, desk.returns()) == (RefundStatus.FAILED, [])
    await desk.on_settled(desk.settled(refund, failure="declined"), desk.delivery())
    assert desk.steps(await desk.world.now(order)).count("refund_failed") == 1
    with pytest.raises(ItemsRefundedError):
        await desk.ask(desk.buyer, order.id, some(order, 0))
    for number in (2, 3):
        await desk.on_settled(desk.settled(refund), desk.delivery(number))
    assert (await desk.only_refund()).status is RefundStatus.SUCCEEDED
    assert len(desk.returns()) == 1


async def test_while_nobody_can_be_asked_the_refund_waits_and_the_sweep_finishes_it(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.reachable = False
    refund = await desk.ask(desk.buyer, order.id, RefundWish())
    assert refund.status is RefundStatus.REQUESTED and desk.returns() == []
    with pytest.raises(ItemsRefundedError):
        await desk.ask(desk.buyer, order.id, RefundWish())
    desk.world.payments.reachable = True
    assert await desk.sweep() == 0
    desk.world.clock.advance(30)
    assert await desk.sweep() == 1
    assert (await desk.only_refund()).status is RefundStatus.SUCCEEDED
    assert await desk.sweep() == 0


async def test_seats_are_free_while_the_money_is_on_its_way_and_the_order_ends_when_it_is_there(
    desk: RefundDesk,
) -> None:
    order = await desk.bought()
    desk.world.payments.refunds_come_to = "pending"
    refund = await desk.ask(desk.buyer, order.id, RefundWish())
    assert refund.status is RefundStatus.REQUESTED and len(desk.returns()) == 1
    now = await desk.world.now(order)
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.ASKED)
    for _ in range(2):
        await desk.on_settled(desk.settled(refund), desk.delivery())
    await desk.on_settled(desk.settled(refund), desk.delivery(2))
    assert (await desk.world.now(order)).refund is RefundState.DONE
    assert len(desk.returns()) == 1 and desk.world.published().count(REFUNDED) == 1


async def test_money_that_comes_back_to_us_is_owed_until_it_is_sent_again(desk: RefundDesk) -> None:
    order = await desk.bought()
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    await desk.on_settled(desk.settled(refund, failure="account_closed"), desk.delivery())
    (failed,) = (await desk.read.page(desk.manager, PageRequest(), RefundStatus.FAILED)).items
    assert (failed.id, failed.failure) == (refund.id, "account_closed")
    assert desk.steps(await desk.world.now(order))[-1] == "refund_failed"
    with pytest.raises(ItemsRefundedError):
        await desk.ask(desk.buyer, order.id, some(order, 0))
    with pytest.raises(ForbiddenError):
        await desk.retry(desk.buyer, order.id, refund.id)
    assert (await desk.retry(desk.manager, order.id, refund.id)).status is RefundStatus.SUCCEEDED
    assert len(desk.returns()) == 1
    with pytest.raises(RefundNotRetryableError):
        await desk.retry(desk.manager, order.id, refund.id)
    with pytest.raises(RefundNotFoundError):
        await desk.retry(desk.manager, order.id, RefundId(order.id))


async def test_news_of_a_refund_that_orders_did_not_ask_for_changes_nothing(desk: RefundDesk) -> None:
    order = await desk.bought()
    refund = await desk.ask(desk.buyer, order.id, some(order, 0))
    before = await desk.world.now(order)
    foreign = replace(refund, id=RefundId(order.id))
    await desk.on_settled(desk.settled(foreign), desk.delivery())
    assert await desk.world.now(order) == before


async def test_money_that_is_all_back_past_a_failed_refund_ends_what_is_owed(desk: RefundDesk) -> None:
    order = await desk.bought()
    desk.world.payments.refunds_come_to = "pending"
    refund = await desk.ask(desk.buyer, order.id, RefundWish())
    await desk.on_settled(desk.settled(refund, failure="account_closed"), desk.delivery())
    foreign = replace(refund, id=RefundId(order.id))
    for all_refunded, state in ((False, RefundState.ASKED), (True, RefundState.DONE)):
        news = msgspec.structs.replace(desk.settled(foreign), all_refunded=all_refunded)
        await desk.on_settled(news, desk.delivery(2 + all_refunded))
        assert (await desk.world.now(order)).refund is state
    assert len(desk.returns()) == 1


async def test_another_buyers_order_is_not_there(desk: RefundDesk) -> None:
    order = await desk.bought()
    stranger = desk.world.buyer(2)
    for asked in (
        desk.ask(stranger, order.id, RefundWish()),
        desk.preview(stranger, order.id, RefundWish()),
        desk.read.of_order(stranger, order.id),
        desk.ask(desk.manager, OrderId(desk.world.ids.new()), RefundWish()),
    ):
        with pytest.raises(OrderNotFoundError):
            await asked
    with pytest.raises(ForbiddenError):
        await desk.read.page(desk.buyer, PageRequest(), None)


@pytest.mark.parametrize(("settlement", "amount_minor"), [(Settlement.CASH, 2_500), (Settlement.COMPLIMENTARY, 0)])
async def test_what_the_box_office_sold_is_given_back_without_stripe(
    desk: RefundDesk, settlement: Settlement, amount_minor: int
) -> None:
    clerk = desk.world.staff()
    order = await desk.world.sell(clerk, Sale([desk.world.held(clerk)], settlement))
    refund = await desk.ask(clerk, order.id, some(order, 0))
    assert (refund.status, refund.amount) == (RefundStatus.SUCCEEDED, Money(amount_minor, "EUR"))
    assert given_back(desk, order) == 0 and len(desk.returns()) == 1
    await desk.ask(clerk, order.id, RefundWish())
    now = await desk.world.now(order)
    assert (now.status, now.refund) == (OrderStatus.CANCELLED, RefundState.DONE)


async def test_an_unpaid_order_is_not_refunded(desk: RefundDesk) -> None:
    order = await desk.world.placed()
    with pytest.raises(OrderNotRefundableError):
        await desk.ask(desk.manager, order.id, RefundWish())


async def test_whenever_the_process_dies_the_refund_comes_to_the_same_end() -> None:
    ends: set[str] = set()
    for dies_after in range(1, STEPS_MAX):
        desk = RefundDesk()
        order = await desk.bought()
        life = desk.world.life
        life.steps, life.dies_after = 0, dies_after
        try:
            await desk.ask(desk.buyer, order.id, RefundWish())
        except Killed:
            lived = False
        else:
            lived = True
        life.dies_after = None
        await desk.sweep()
        if not await desk.all_refunds(order):
            await desk.ask(desk.buyer, order.id, RefundWish())
        now, refund = await desk.world.now(order), await desk.only_refund()
        seen = (now.status, now.refund, refund.status, refund.due_at, given_back(desk, order), len(desk.returns()))
        ends.add(f"{seen} {desk.steps(now)} {desk.world.published().count(REFUNDED)}")
        if lived:
            break
    else:
        pytest.fail("the process never lives")
    assert len(ends) == 1
    assert dies_after > 3
