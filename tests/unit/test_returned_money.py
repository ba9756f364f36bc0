"""Whoever gave a pass back gets exactly the money of that admission, once, when it is sold again."""

from uuid import UUID

import pytest

from core.orders.errors import PassedOnError
from core.orders.order import Order
from core.orders.refund_decisions import RefundWish
from core.orders.refund_policy import RefundReason
from core.orders.refunds import RefundStatus
from core.shared.money import Money
from ports.published.orders import ItemsReturned
from ports.published.resale import ReturnCompleted
from tests.passed_on_world import ResaleDesk
from tests.refunds_world import some
from usecases.orders.on_return_completed import OnReturnCompleted, return_refund_id

LISTING = UUID(int=0x4E7)


@pytest.fixture
def desk() -> ResaleDesk:
    return ResaleDesk()


async def bought_again(desk: ResaleDesk, origin: Order, *, price_minor: int = 2_500) -> Order:
    """Another buyer's confirmed order for the first pass, which the organiser sold."""
    order = await desk.placed(desk.purchase(origin, price_minor=price_minor, escrow=False))
    return await desk.confirmed(await desk.paid(order))


def told(origin: Order, to: Order, *, price_minor: int = 2_500, unit: int = 1) -> ReturnCompleted:
    assert origin.content is not None
    item = origin.content.items[0]
    return ReturnCompleted(
        listing_id=LISTING,
        ticket_id=item.ticket_id,
        order_id=to.id,
        origin_order_id=origin.id,
        origin_order_item_id=item.id,
        origin_unit=unit,
        account_id=origin.account_id,
        price_minor=price_minor,
        currency="EUR",
    )


async def hear(desk: ResaleDesk, event: ReturnCompleted, *, times: int = 1) -> None:
    consumer = OnReturnCompleted(desk.world.transactions, desk.world.clock)
    for _ in range(times):
        delivery = desk.delivery()
        await consumer(event, delivery)
        await consumer(event, delivery)
    await desk.deliver()


async def test_exactly_the_price_of_the_admission_goes_back_once_however_often_it_is_told(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    again = await bought_again(desk, origin)
    await hear(desk, told(origin, again), times=3)
    (refund,) = await desk.desk.all_refunds(origin)
    assert (refund.status, refund.amount) == (RefundStatus.SUCCEEDED, Money(2_500, "EUR"))
    assert (refund.id, refund.reason, refund.items) == (return_refund_id(LISTING), RefundReason.RETURNED, ())
    assert await desk.is_confirmed(origin) and await desk.is_confirmed(again)


async def test_neither_seat_nor_pass_moves_with_the_money(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    again = await bought_again(desk, origin)
    await hear(desk, told(origin, again))
    assert not [each for each in desk.world.messages.events if each.type == ItemsReturned.event_type]
    assert await desk.owners(UUID(int=1)) == 1 and desk.gate.live_on(UUID(int=1))[0].order_id == again.id
    with pytest.raises(PassedOnError):
        await desk.desk.ask(desk.desk.manager, origin.id, some(origin, 0))


@pytest.mark.parametrize(("price_minor", "back_minor"), [(2_499, 2_499), (2_500, 2_500), (2_501, 2_500)])
async def test_never_more_goes_back_than_the_admission_has_cost(
    desk: ResaleDesk, price_minor: int, back_minor: int
) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    again = await bought_again(desk, origin)
    await hear(desk, told(origin, again, price_minor=price_minor))
    (refund,) = await desk.desk.all_refunds(origin)
    assert refund.amount == Money(back_minor, "EUR")


async def test_never_more_goes_back_than_is_left_of_the_money(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    again = await bought_again(desk, origin)
    assert origin.content is not None
    most = origin.content.total.amount_minor - 1_000
    wish = RefundWish(reason=RefundReason.GOODWILL, amount=Money(most, "EUR"), note="It rained.", keep_seats=True)
    await desk.desk.ask(desk.desk.manager, origin.id, wish)
    await hear(desk, told(origin, again))
    assert [each.amount.amount_minor for each in await desk.desk.all_refunds(origin)] == [most, 1_000]


async def test_nothing_goes_back_for_what_was_not_passed_on_to_that_order(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    again = await bought_again(desk, origin)
    await hear(desk, told(origin, origin))
    await hear(desk, told(origin, again, unit=2))
    assert await desk.desk.all_refunds(origin) == []


async def test_the_money_is_owed_while_payments_refuses_it(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    await desk.deliver()
    again = await bought_again(desk, origin)
    desk.world.payments.status[origin.id] = "open"  # Nothing is there to be given back at present.
    await hear(desk, told(origin, again))
    (refund,) = await desk.desk.all_refunds(origin)
    assert refund.status is RefundStatus.FAILED
    desk.world.payments.status[origin.id] = "succeeded"
    assert (await desk.desk.retry(desk.world.staff(), origin.id, refund.id)).status is RefundStatus.SUCCEEDED
