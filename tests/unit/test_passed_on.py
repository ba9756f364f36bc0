"""What was resold has one owner, whatever becomes of the orders that had it before, and in whatever order."""

from collections.abc import Awaitable, Callable
from itertools import permutations
from typing import Literal
from uuid import UUID

import pytest

from core.orders.errors import HandedOverError, ItemsRefundedError, PassedOnError, ResaleFinalError
from core.orders.order import Order
from core.orders.refund_decisions import RefundWish
from core.orders.refund_policy import RefundReason
from core.orders.refunds import RefundStatus
from core.orders.statuses import OrderStatus
from core.shared.errors import DomainError
from core.shared.money import Money
from ports.published.admission import PassHandedOver
from ports.published.orders import ItemsReturned, OrderCancelled
from tests.passed_on_world import ResaleDesk
from tests.refunds_world import some

type Sequel = Literal["as told", "backwards"]
FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.fixture
def desk() -> ResaleDesk:
    return ResaleDesk()


async def _confirm(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.confirmed(resale)


async def _refund(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.desk.ask(desk.desk.manager, origin.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))


async def _refund_later(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    """The refund is recorded, and nobody can be asked for the money yet."""
    desk.world.payments.reachable = False
    try:
        await _refund(desk, origin, resale)
    finally:
        desk.world.payments.reachable = True


async def _dispute(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.dispute_lost(origin)


async def _past_us(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.world.on_refunded(desk.world.refunded(origin), desk.delivery())


async def _refund_resale(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.desk.ask(desk.desk.manager, resale.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))


async def _resale_past_us(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.world.on_refunded(desk.world.refunded(resale), desk.delivery())


async def _dispute_resale(desk: ResaleDesk, origin: Order, resale: Order) -> None:
    await desk.dispute_lost(resale)


ACTS: tuple[Callable[[ResaleDesk, Order, Order], Awaitable[None]], ...] = (
    _confirm,
    _refund,
    _refund_later,
    _dispute,
    _past_us,
    _refund_resale,
    _resale_past_us,
    _dispute_resale,
)
STORIES = [story for story in permutations(ACTS, 3) if _confirm in story]


@pytest.mark.parametrize("order", ["as told", "backwards"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_no_seat_ever_has_two_owners(order: Sequel, at_once: bool) -> None:
    """Not after any step, nor at the end of all, in whatever order the news come."""
    for story in STORIES:
        desk = ResaleDesk()
        origin = await desk.first_sale()
        resale = await desk.paid(await desk.placed(desk.purchase(origin)))
        if at_once:
            await desk.deliver()
        for act in story:
            try:
                await act(desk, origin, resale)
            except DomainError:
                continue  # It was refused, and so did nothing.
            if at_once:
                await desk.deliver(order=order)
                assert [await desk.owners(FIRST) <= 1, await desk.owners(SECOND) <= 1] == [True, True], story
        await desk.deliver(order=order)
        assert [await desk.owners(FIRST) <= 1, await desk.owners(SECOND) <= 1] == [True, True], story


@pytest.mark.parametrize("what", [_refund_later, _refund, _dispute, _past_us])
async def test_what_its_seller_has_given_back_is_not_sold_but_its_money_goes_back(
    desk: ResaleDesk, what: Callable[[ResaleDesk, Order, Order], Awaitable[None]]
) -> None:
    origin = await desk.first_sale()
    resale = await desk.paid(await desk.placed(desk.purchase(origin)))
    await what(desk, origin, resale)
    resale = await desk.confirmed(resale)
    assert (resale.status, resale.refund_reason) == (OrderStatus.CANCELLED, "orders.origin_gone")
    assert desk.world.payments.refunded[resale.id] == 1


async def test_nor_while_the_bank_of_the_first_buyer_has_not_decided(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    resale = await desk.paid(await desk.placed(desk.purchase(origin)))
    await desk.disputed(origin)
    resale = await desk.confirmed(resale)
    assert (resale.status, resale.refund_reason) == (OrderStatus.CANCELLED, "orders.origin_gone")


async def test_a_lost_dispute_takes_from_the_first_order_only_what_is_left_of_it(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.resold(origin)
    await desk.dispute_lost(origin)
    (lost,) = await desk.desk.all_refunds(origin)
    assert (lost.reason, lost.amount) == (RefundReason.DISPUTE_LOST, Money(5_000, "EUR"))
    assert [item.item_id for item in lost.items] == [_item(origin, 1)]


async def test_what_was_resold_is_left_out_of_a_refund_of_the_rest(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.resold(origin)
    await desk.deliver()
    for caller in (desk.desk.buyer, desk.desk.manager):
        with pytest.raises(PassedOnError):
            await desk.desk.ask(caller, origin.id, some(origin, 0))
    refund = await desk.desk.ask(desk.desk.manager, origin.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    assert (refund.amount, [item.item_id for item in refund.items]) == (Money(2_500, "EUR"), [_item(origin, 1)])
    with pytest.raises(PassedOnError):
        await desk.desk.ask(desk.desk.manager, origin.id, RefundWish())
    await desk.deliver()
    assert await desk.is_confirmed(origin)
    assert (len(desk.gate.live_on(FIRST)), len(desk.gate.live_on(SECOND))) == (1, 0)
    assert desk.world.seating.owner_of(FIRST) is not None and desk.world.seating.owner_of(SECOND) is None


async def test_an_origin_that_loses_its_money_past_us_keeps_what_it_passed_on(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.resold(origin)
    await desk.deliver()
    await desk.world.on_refunded(desk.world.refunded(origin), desk.delivery())
    told = [each for each in desk.world.messages.events if each.type == OrderCancelled.event_type][-1]
    assert told.decode(OrderCancelled).reservation_ids == ()
    await desk.deliver()
    assert (await desk.world.now(origin)).status is OrderStatus.CANCELLED
    assert (len(desk.gate.live_on(FIRST)), len(desk.gate.live_on(SECOND))) == (1, 0)
    assert desk.world.seating.owner_of(FIRST) is not None and desk.world.seating.owner_of(SECOND) is None


async def test_the_newest_order_of_a_chain_gives_the_seat_back_through_the_first(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    second = await desk.resold(origin)
    await desk.deliver()
    third = await desk.resold(second, 3)
    await desk.deliver()
    assert (await desk.is_confirmed(third), await desk.owners(FIRST)) == (True, 1)
    with pytest.raises(PassedOnError):
        await desk.desk.ask(desk.desk.manager, second.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    await desk.desk.ask(desk.desk.manager, third.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    told = desk.desk.returns()[-1]
    (seats,) = told.seats
    assert (told.order_id, seats.sold_to, seats.seat_ids) == (third.id, origin.id, (FIRST,))
    await desk.deliver()
    assert (len(desk.gate.live_on(FIRST)), desk.world.seating.owner_of(FIRST)) == (0, None)
    assert len(desk.gate.live_on(SECOND)) == 1
    with pytest.raises(PassedOnError):
        await desk.desk.ask(desk.desk.manager, origin.id, some(origin, 0))


async def test_places_come_back_once_whoever_of_their_buyers_gives_them_back(desk: ResaleDesk) -> None:
    origin = await desk.first_sale(places=3)
    resale = await desk.resold(origin, unit=2)
    await desk.deliver()
    assert desk.world.general_admission.left == 7
    await desk.desk.ask(desk.desk.manager, resale.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    await desk.deliver()
    assert desk.world.general_admission.left == 8
    await desk.desk.ask(desk.desk.manager, origin.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    await desk.deliver(order="backwards")
    assert desk.world.general_admission.left == 10
    assert sum(each.live for each in desk.gate.passes.values()) == 0


async def test_places_of_an_ended_order_and_of_who_bought_one_of_them_come_back_once(desk: ResaleDesk) -> None:
    origin = await desk.first_sale(places=3)
    resale = await desk.resold(origin, unit=2)
    await desk.deliver()
    await desk.world.on_refunded(desk.world.refunded(origin), desk.delivery())
    await desk.deliver()
    assert desk.world.general_admission.left == 9
    await desk.world.on_refunded(desk.world.refunded(resale), desk.delivery())
    await desk.deliver()
    assert desk.world.general_admission.left == 10


async def test_a_seat_waits_for_the_end_of_the_old_pass_before_it_goes_back(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    resale = await desk.resold(origin)
    await desk.desk.ask(desk.desk.manager, resale.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    assert desk.desk.returns()[-1].seats == ()
    await desk.deliver()
    assert len(desk.desk.returns()[-1].seats) == 1
    assert (len(desk.gate.live_on(FIRST)), desk.world.seating.owner_of(FIRST)) == (0, None)


async def test_a_pass_that_is_not_reissued_stays_where_it_is_and_the_money_goes_back_once(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    desk.gate.refuses.add(_item(origin, 0))
    resale = await desk.resold(origin)
    await desk.deliver()
    (refund,) = await desk.desk.all_refunds(resale)
    assert (refund.status, refund.amount) == (RefundStatus.SUCCEEDED, Money(3_000, "EUR"))
    assert (refund.reason, refund.by_staff) == (RefundReason.PASS_NOT_REISSUED, False)
    assert (await desk.world.now(resale)).status is OrderStatus.CANCELLED
    assert desk.desk.returns()[-1].seats == ()
    assert await desk.owners(FIRST) == 1 and desk.gate.live_on(FIRST)[0].order_id == origin.id
    again = await desk.desk.ask(desk.desk.manager, origin.id, RefundWish(reason=RefundReason.EVENT_CANCELLED))
    assert len(again.items) == 2
    await desk.deliver()
    assert desk.world.seating.owner_of(FIRST) is None


async def test_money_for_a_pass_that_cannot_be_had_is_owed_even_while_the_bank_has_it(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    desk.gate.refuses.add(_item(origin, 0))
    resale = await desk.resold(origin)
    desk.world.payments.status[resale.id] = "open"  # Nothing is there to be given back at present.
    await desk.deliver()
    (refund,) = await desk.desk.all_refunds(resale)
    assert (refund.status, refund.failure) == (RefundStatus.FAILED, "payments.not_refundable")
    desk.world.payments.status[resale.id] = "succeeded"
    assert (await desk.desk.retry(desk.world.staff(), resale.id, refund.id)).status is RefundStatus.SUCCEEDED


async def test_of_an_order_for_two_passes_only_the_one_that_cannot_be_had_is_refunded(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    order = await desk.paid(await desk.placed(desk.purchase(origin), desk.purchase(origin, item=1)))
    desk.gate.refuses.add(_item(origin, 0))
    await desk.confirmed(order)
    await desk.deliver()
    (refund,) = await desk.desk.all_refunds(order)
    assert [item.item_id for item in refund.items] == [_item(order, 0)]
    assert await desk.is_confirmed(order)


async def test_a_seat_that_was_spared_goes_back_with_its_origin_when_its_pass_cannot_be_had(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    desk.gate.refuses.add(_item(origin, 0))
    await desk.resold(origin)
    await desk.dispute_lost(origin)
    await desk.deliver()
    assert (desk.world.seating.owner_of(FIRST), len(desk.gate.live_on(FIRST))) == (None, 0)


async def test_an_order_that_lost_its_money_ends_when_its_last_pass_could_not_be_passed_on(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    desk.gate.refuses.add(_item(origin, 0))
    await desk.resold(origin)
    await desk.dispute_lost(origin)
    assert await desk.is_confirmed(origin), "it has passed a place on"
    await desk.deliver()
    assert not await desk.is_confirmed(origin)
    refunds = await desk.desk.all_refunds(origin)
    assert {refund.reason for refund in refunds} == {RefundReason.DISPUTE_LOST}
    assert sorted(refund.amount.amount_minor for refund in refunds) == [0, 5_000]


async def test_a_buyer_keeps_a_resold_pass_unless_staff_take_it_back(desk: ResaleDesk) -> None:
    resale = await desk.resold(await desk.first_sale())
    for ask in (desk.desk.ask, desk.desk.preview):
        with pytest.raises(ResaleFinalError):
            await ask(desk.buyer(), resale.id, RefundWish())
    refund = await desk.desk.ask(desk.world.staff(), resale.id, RefundWish())
    assert refund.amount == Money(1_500, "EUR")  # By the policy: half of it so late.


async def test_an_order_of_which_something_was_resold_is_not_called_off_as_a_whole(desk: ResaleDesk) -> None:
    first = await desk.placed(desk.purchase(await desk.first_sale(), price_minor=0))
    second = await desk.resold(first, 3)
    with pytest.raises(PassedOnError):
        await desk.world.cancel(desk.world.staff(), first.id)
    await desk.deliver()
    assert await desk.is_confirmed(second)


async def test_a_free_pass_that_is_called_off_frees_the_seat(desk: ResaleDesk) -> None:
    order = await desk.placed(desk.purchase(await desk.first_sale(), price_minor=0))
    await desk.deliver()
    await desk.world.cancel(desk.world.staff(), order.id)
    assert desk.world.messages.events[-2].type == ItemsReturned.event_type
    await desk.deliver()
    assert (desk.world.seating.owner_of(FIRST), len(desk.gate.live_on(FIRST))) == (None, 0)


async def _handed_over(desk: ResaleDesk, order: Order, *, to: int, revision: int) -> None:
    event = PassHandedOver(
        pass_id=UUID(int=0x9A55),
        offer_id=UUID(int=0x0FFE4),
        order_id=order.id,
        order_item_id=_item(order, 0),
        unit=1,
        from_account_id=order.account_id,
        to_account_id=desk.buyer(to).account_id,
        revision=revision,
    )
    for delivery in [desk.delivery()] * 2 + [desk.delivery()]:
        await desk.on_handed_over(event, delivery)


async def test_who_gave_a_pass_away_cannot_have_it_refunded_but_staff_may(desk: ResaleDesk) -> None:
    order = await desk.first_sale()
    await _handed_over(desk, order, to=5, revision=2)
    with pytest.raises(HandedOverError):
        await desk.desk.ask(desk.desk.buyer, order.id, some(order, 0))
    mine = await desk.desk.ask(desk.desk.buyer, order.id, RefundWish())
    assert [item.item_id for item in mine.items] == [_item(order, 1)]
    with pytest.raises(HandedOverError):
        await desk.desk.ask(desk.desk.buyer, order.id, RefundWish())
    with pytest.raises(ItemsRefundedError):
        await desk.desk.ask(desk.desk.manager, order.id, some(order, 1))
    assert (await desk.desk.ask(desk.desk.manager, order.id, RefundWish())).status is RefundStatus.SUCCEEDED


async def test_a_pass_that_came_back_is_its_buyers_again_whichever_news_come_first(desk: ResaleDesk) -> None:
    order = await desk.first_sale()
    await _handed_over(desk, order, to=1, revision=3)
    await _handed_over(desk, order, to=5, revision=2)
    refund = await desk.desk.ask(desk.desk.buyer, order.id, some(order, 0))
    assert refund.status is RefundStatus.SUCCEEDED


def _item(order: Order, number: int) -> UUID:
    assert order.content is not None
    return order.content.items[number].id


@pytest.mark.parametrize("what", [_refund_resale, _resale_past_us, _dispute_resale])
async def test_money_that_went_back_before_there_was_a_pass_goes_back_once_and_the_seller_can_sell_again(
    desk: ResaleDesk, what: Callable[[ResaleDesk, Order, Order], Awaitable[None]]
) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    resale = await desk.resold(origin)
    await what(desk, origin, resale)
    await desk.deliver(order="backwards")
    assert (await desk.owners(FIRST), desk.world.payments.refunded.get(resale.id, 0) <= 1) == (1, True)
    assert all(each.reason is not RefundReason.PASS_NOT_REISSUED for each in await desk.desk.all_refunds(resale))
    again = await desk.resold(origin, 3)
    await desk.deliver()
    assert (again.status, await desk.owners(FIRST)) == (OrderStatus.CONFIRMED, 1)
