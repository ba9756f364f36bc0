"""Calling an event off: sales stop, everybody gets the money back once, and workers may die anywhere."""

from uuid import UUID

import pytest

from core.operations.operation import OperationStatus
from core.orders.errors import OrderedEventCancelledError
from core.orders.refunds import RefundStatus
from core.orders.statuses import OrderStatus
from core.shared.ids import OrderId
from ports.published.admission import PassNotReissued
from ports.published.event_orders import EndedOrder
from ports.published.operations import ParamsRefusedError
from ports.published.payments import DisputeClosed
from ports.published.ticketing import EventCancelled
from tests.cancellation_world import CalledOff
from tests.orders_neighbours import TICKET
from tests.orders_world import AWAY_TICKET, TENANT


@pytest.fixture
def event() -> CalledOff:
    return CalledOff()


async def test_a_sold_order_gets_all_of_its_money_back_with_the_fees(event: CalledOff) -> None:
    await event.with_fees()
    order = await event.sold("ann")
    operation = await event.done()
    assert (operation.status, operation.error) == (OperationStatus.COMPLETED, None)
    [refund] = await event.refunds("ann")
    assert (refund.amount, refund.status, refund.note) == (order.total, RefundStatus.SUCCEEDED, "The singer is ill.")
    assert (await event.now("ann")).status is OrderStatus.CANCELLED
    assert not [each for each in event.house.gate.passes.values() if each.live]


async def test_fees_are_kept_where_the_organiser_says_so(event: CalledOff) -> None:
    await event.with_fees()
    await event.sold("ann")
    await event.done(refundFees=False)
    [refund] = await event.refunds("ann")
    assert refund.amount.amount_minor == 5_000


async def test_an_order_that_is_not_paid_is_cancelled_at_stripe_first(event: CalledOff) -> None:
    order = await event.held("ann")
    await event.world.pay(event.world.buyer(event.number_of(order)), order.id, "CARD")
    await event.done()
    assert event.world.payments.status[order.id] == "cancelled"
    assert (await event.now("ann")).status is OrderStatus.CANCELLED
    assert await event.refunds("ann") == []


async def test_nothing_is_ordered_once_sales_have_stopped(event: CalledOff) -> None:
    await event.done()
    with pytest.raises(OrderedEventCancelledError):
        await event.held("late")


async def test_only_the_items_of_the_event_go_back(event: CalledOff) -> None:
    await event.sold("mixed", away=True)
    await event.done()
    [refund] = await event.refunds("mixed")
    order = await event.now("mixed")
    assert order.status is OrderStatus.CONFIRMED
    assert order.content is not None
    gone = {item.item_id for item in refund.items}
    assert gone == {item.id for item in order.content.items if item.ticket_id != AWAY_TICKET}


async def test_what_went_back_before_does_not_go_back_again(event: CalledOff) -> None:
    await event.refunded_in_part("part")
    await event.given_some_money("money")
    await event.done()
    assert [each.amount.amount_minor for each in await event.refunds("part")] == [2_500, 2_500]
    assert [each.amount.amount_minor for each in await event.refunds("money")] == [500, 4_500]


async def test_a_resale_is_refunded_to_its_buyer_and_the_rest_to_whoever_sold(event: CalledOff) -> None:
    await event.resold("ann")
    operation = await event.done()
    assert [each.amount.amount_minor for each in await event.refunds("ann")] == [2_500]
    assert [each.amount.amount_minor for each in await event.refunds("ann buyer")] == [3_000]
    assert operation.checkpoints["reckon"].result["toBuyersOfResales"] == [{"currency": "EUR", "amount": 3_000}]


async def test_a_disputed_order_is_named_and_refunded_once_the_bank_gives_the_money_back(event: CalledOff) -> None:
    order = await event.disputed("ann")
    operation = await event.done()
    result = operation.checkpoints["reckon"].result
    assert operation.status is OperationStatus.COMPLETED
    assert (result["failed"], result["failures"]) == (1, [{"orderId": str(order.id), "code": "orders.disputed"}])
    won = DisputeClosed(
        dispute_id=UUID(int=0xD15), payment_id=UUID(int=0x9A1), order_id=order.id, amount_minor=5_000, currency="EUR",
        reason="fraudulent", outcome="won", version=2,
    )  # fmt: skip
    await event.dispute_won(won)
    assert [each.status for each in await event.refunds("ann")] == [RefundStatus.SUCCEEDED]


async def test_a_refund_that_fails_stops_nobody_elses_and_is_named(event: CalledOff) -> None:
    await event.sold("ann")
    await event.sold("ben")
    event.world.payments.refunds_come_to = "failed"
    operation = await event.done()
    result = operation.checkpoints["reckon"].result
    assert operation.status is OperationStatus.COMPLETED
    assert (result["failed"], result["refunded"], result["givenBack"]) == (2, 0, [])
    assert {each["code"] for each in result["failures"]} == {"payments.refund_failed"}


async def test_while_payments_are_away_the_money_is_on_its_way(event: CalledOff) -> None:
    await event.sold("ann")
    event.world.payments.reachable = False
    operation = await event.done()
    assert operation.checkpoints["reckon"].result["pending"] == 1
    event.world.payments.reachable = True
    event.world.clock.advance(60)
    await event.house.desk.sweep()
    assert [each.status for each in await event.refunds("ann")] == [RefundStatus.SUCCEEDED]


async def test_a_payment_that_was_under_way_is_refunded_when_it_comes(event: CalledOff) -> None:
    order = await event.held("ann")
    await event.world.pay(event.world.buyer(event.number_of(order)), order.id, "CARD")
    event.world.payments.status[order.id] = "processing"
    operation = await event.done()
    assert operation.checkpoints["reckon"].result["open"] == 1
    event.world.payments.status[order.id] = "succeeded"
    await event.house.confirmed(await event.now("ann"))
    [told] = event.completed()
    for _ in range(2):
        await event.sold_late(told, event.house.delivery())
    assert event.given_back() == {order.id: 5_000}
    assert (await event.now("ann")).status is OrderStatus.CANCELLED


async def test_an_order_of_an_event_that_takes_place_is_left_alone(event: CalledOff) -> None:
    await event.sold("ann")
    [told] = event.completed()
    await event.sold_late(told, event.house.delivery())
    assert await event.refunds("ann") == []


async def test_a_seller_whose_sale_fell_through_is_refunded(event: CalledOff) -> None:
    order = await event.sold("ann")
    assert order.content is not None
    event.house.gate.refuses.add(order.content.items[0].id)
    event.orders["ben"] = await event.house.resold(order, 40)
    await event.done()  # the buyer's pass was not there yet, and never will be: the seller keeps the old one
    [fell_through] = [each for each in event.house.gate.told if isinstance(each, PassNotReissued)]
    await event.of_kept_pass(fell_through, event.house.delivery())
    assert sum(each.amount.amount_minor for each in await event.refunds("ann")) == 5_000
    assert [each.amount.amount_minor for each in await event.refunds("ben")] == [3_000]


async def test_the_preview_changes_nothing_and_says_what_would_happen(event: CalledOff) -> None:
    await event.some_of_each()
    before = await event.picture()
    preview = await event.preview()
    assert await event.picture() == before
    assert event.world.ticketing.cancelled == {}
    names = ("confirmed", "unpaid", "over", "resales", "passes", "listings", "waiting", "notByItself")
    assert [preview[name] for name in names] == [9, 2, 0, 1, 12, 3, 2, 1]
    assert preview["toRefund"] == [{"currency": "EUR", "amount": 22_500}]
    assert preview["byHand"] == [{"currency": "EUR", "amount": 2_500}]
    assert preview["refundedBefore"] == [{"currency": "EUR", "amount": 3_000}]


async def test_it_is_told_once_and_the_market_ends(event: CalledOff) -> None:
    await event.done(message="Tickets are refunded by themselves.")
    told = [each.decode(EventCancelled) for each in event.messages.events if each.type == EventCancelled.event_type]
    assert [(each.ticket_ids, each.reason, each.message) for each in told] == [
        ((TICKET,), "The singer is ill.", "Tickets are refunded by themselves.")
    ]
    assert event.shelf.ended == ["the event was cancelled: The singer is ill."] * 5


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"ticketIds": []}, "/params/ticketIds"),
        ({"reason": " "}, "/params/reason"),
        ({"reason": ""}, "/params/reason"),
        ({"ticketIds": [str(TICKET)] * 2}, "/params/ticketIds"),
        ({"refundFees": "no"}, "/params/refundFees"),
        ({"ticketIds": [str(TICKET), str(AWAY_TICKET)]}, "/params/ticketIds/1"),
    ],
)
async def test_what_cannot_be_meant_is_refused(event: CalledOff, params: dict[str, object], pointer: str) -> None:
    event.world.ticketing.titles[AWAY_TICKET] = "Away match"
    with pytest.raises(ParamsRefusedError) as refused:
        await event.preview(**params)
    assert [each.pointer for each in refused.value.problems] == [pointer]


async def test_a_second_operation_refunds_nobody_twice(event: CalledOff) -> None:
    await event.some_of_each()
    await event.done()
    before = event.given_back()
    operation = await event.done()
    assert operation.status is OperationStatus.COMPLETED
    assert event.given_back() == before


async def test_an_order_that_is_not_there_is_refused_and_one_that_is_over_is_nothing(event: CalledOff) -> None:
    order = await event.held("ann")
    await event.done()
    end = event.end_of(UUID(int=1))
    assert await event.end(TENANT, OrderId(order.id), end) == EndedOrder(outcome="nothing")


@pytest.fixture
async def undisturbed() -> tuple[object, object]:
    event = CalledOff()
    await event.some_of_each()
    operation = await event.done()
    return await event.picture(), operation.checkpoints["reckon"].result


async def test_a_death_at_any_step_comes_to_the_same_end(undisturbed: tuple[object, object]) -> None:
    for dies_after in range(1, 200):
        event = CalledOff()
        await event.some_of_each()
        operation, died = await event.done_by_one_mortal(dies_after=dies_after)
        assert (await event.picture(), operation.checkpoints["reckon"].result) == undisturbed, dies_after
        if not died:
            return
    raise AssertionError("there are more steps than that")


async def test_fifty_orders_are_ended_once_each_though_workers_die_all_the_time() -> None:
    pictures: list[object] = []
    for mortal in (False, True):
        event = CalledOff()
        await event.some_of_each(rounds=5)
        operation = await (event.done_by_mortals(steps=71) if mortal else event.done())
        assert operation.status is OperationStatus.COMPLETED
        pictures.append((await event.picture(), operation.checkpoints["reckon"].result))
        for order_id, amount_minor in event.given_back().items():
            assert amount_minor <= event.world.payments.captured[order_id]
        assert len(event.orders) == 55
    assert pictures[0] == pictures[1]
