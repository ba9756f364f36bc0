"""Orders for passes that others had: what they cost, and what becomes of them when money comes, late or twice."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

from adapters.http.order_bodies import OrderBody, PlaceOrderBody
from core.orders.box_office import Settlement
from core.orders.content import OrderContent, PlacesLine, ResaleLine
from core.orders.errors import OriginGoneError, PassedOnError, ResaleApartError, ResaleOnlineOnlyError
from core.orders.fees import PercentageFee
from core.orders.history import Step
from core.orders.statuses import OrderStatus, RefundState
from core.orders.taxes import TaxRate
from core.orders.voucher_errors import VoucherNotForResaleError
from core.shared.ids import OrderItemId
from core.shared.money import MixedCurrenciesError, Money
from ports.published.orders import OrderCancelled, OrderCompleted
from ports.published.refusals import RefusedError
from tests.orders_neighbours import Killed
from tests.passed_on_world import ResaleDesk
from usecases.orders.sell_at_box_office import Sale


@pytest.fixture
def desk() -> ResaleDesk:
    return ResaleDesk()


async def test_a_listed_pass_costs_what_it_was_listed_for_and_no_fees_or_taxes(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    fee = PercentageFee("service", "Service", 1_000)
    await desk.world.set_fees(fee, taxes=(TaxRate("vat", "VAT", 1_900, included=False),))
    order = await desk.placed(desk.purchase(origin, price_minor=3_333))
    content = order.content
    assert order.total == Money(3_333, "EUR") and content is not None
    assert (content.fees, content.taxes, content.escrow) == ((), (), True)
    (line,) = content.items
    assert isinstance(line, ResaleLine) and line.seat is not None and origin.content is not None
    sold = origin.content.items[0]
    assert (line.seat.label, line.origin.order_id, line.origin.item_id) == ("R1S1", origin.id, sold.id)
    assert (line.root.reservation_id, line.root.admission) == (sold.reservation_id, line.origin)


@pytest.mark.parametrize("escrow", [True, False])
async def test_the_money_waits_for_the_seller_or_not_as_the_listing_says(desk: ResaleDesk, escrow: bool) -> None:
    origin = await desk.first_sale()
    order = await desk.paid(await desk.placed(desk.purchase(origin, escrow=escrow)))
    assert (order.id in desk.world.payments.escrowed) is escrow
    assert origin.id not in desk.world.payments.escrowed


async def test_the_news_of_the_sale_says_which_pass_ends(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    order = await desk.resold(origin)
    assert order.status is OrderStatus.CONFIRMED and origin.content is not None
    told = desk.world.messages.events[-1].decode(OrderCompleted)
    (resold,) = told.resold
    assert (told.seats, told.places, told.complimentary) == ((), (), False)
    assert (resold.origin_order_id, resold.origin_order_item_id, resold.origin_unit, resold.price_minor) == (
        origin.id,
        origin.content.items[0].id,
        1,
        3_000,
    )
    assert [ticket.ticket_id for ticket in told.tickets] == [resold.ticket_id]


async def test_passes_of_others_are_ordered_apart(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    seats = desk.world.held(desk.buyer(), 7, first=11)
    with pytest.raises(ResaleApartError) as refused:
        await desk.placed(seats, desk.purchase(origin))
    assert [problem.pointer for problem in refused.value.problems] == ["/reservations/1/kind"]
    with pytest.raises(ResaleApartError):
        await desk.placed(desk.purchase(origin), desk.purchase(origin, item=1, escrow=False))
    assert "reserved" not in {each.state for each in desk.world.market.purchases.values()}
    both = await desk.placed(desk.purchase(origin), desk.purchase(origin, item=1, price_minor=2_000))
    assert both.total == Money(5_000, "EUR")


async def test_the_api_takes_a_purchase_and_shows_the_item_with_its_listing(desk: ResaleDesk) -> None:
    purchase = desk.purchase(await desk.first_sale())
    body = {"reservations": [{"kind": "resale", "reservationId": str(purchase.reservation_id)}]}
    assert msgspec.convert(body, PlaceOrderBody).holds() == (purchase,)
    order = await desk.placed(purchase)
    (item,) = OrderBody.of(order).items
    listing_id = desk.world.market.purchases[purchase.reservation_id].shown.listing_id
    assert (item.kind, item.label, item.listing_id, item.unit_price.amount) == ("resale", "R1S1", listing_id, 3_000)


async def test_two_currencies_are_refused(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    with pytest.raises(MixedCurrenciesError):
        await desk.placed(desk.purchase(origin), desk.purchase(origin, item=1, currency="CHF"))


async def test_vouchers_and_the_box_office_have_nothing_to_do_with_it(desk: ResaleDesk) -> None:
    purchase = desk.purchase(await desk.first_sale())
    with pytest.raises(VoucherNotForResaleError):
        await desk.world.place(desk.buyer(), [purchase], None, voucher_code="GIFT")
    with pytest.raises(ResaleOnlineOnlyError):
        await desk.world.sell(desk.world.staff(), Sale([purchase], Settlement.CASH))
    assert desk.world.market.purchases[purchase.reservation_id].state == "held"


async def test_a_content_has_no_part_beside_the_prices_of_resold_passes(desk: ResaleDesk) -> None:
    order = await desk.placed(desk.purchase(await desk.first_sale()))
    content = order.content
    assert content is not None and isinstance(content.items[0], ResaleLine)
    places = PlacesLine(
        OrderItemId(UUID(int=5)), order.reservation_ids[0], content.items[0].ticket_id, 1, Money(1, "EUR")
    )
    with pytest.raises(ResaleApartError):
        OrderContent(content.tickets, (*content.items, places))
    with pytest.raises(ValueError, match="a seat is one of a plan"):
        replace(content.items[0], seat=None)


async def test_what_is_free_of_charge_is_confirmed_at_once_and_no_gift_of_the_organiser(desk: ResaleDesk) -> None:
    order = await desk.placed(desk.purchase(await desk.first_sale(), price_minor=0))
    assert (order.status, order.is_gift) == (OrderStatus.CONFIRMED, False)


async def test_an_order_that_is_cancelled_or_expires_puts_the_pass_back_on_the_market(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    for way in ("cancelled", "expired"):
        purchase = desk.purchase(origin)
        order = await desk.placed(purchase)
        if way == "cancelled":
            await desk.world.cancel(desk.buyer(), order.id)
        else:
            desk.world.clock.advance(900)
            await desk.world.sweep()
        await desk.deliver()
        assert desk.world.market.purchases[purchase.reservation_id].state == "ended"
    assert await desk.owners(UUID(int=1)) == 1


@pytest.mark.parametrize("gone", [False, True])
async def test_late_money_gets_the_pass_if_it_is_still_for_sale_and_goes_back_otherwise(
    desk: ResaleDesk, gone: bool
) -> None:
    purchase = desk.purchase(await desk.first_sale())
    order = await desk.placed(purchase)
    desk.world.clock.advance(900)
    await desk.world.sweep()
    await desk.deliver()
    if gone:
        desk.world.market.withdraw(purchase.reservation_id)
    desk.world.payments.status[order.id] = "succeeded"
    order = await desk.confirmed(order)
    if gone:
        assert (order.status, order.refund) == (OrderStatus.EXPIRED, RefundState.ASKED)
        assert order.refund_reason == "resale.not_for_sale"
    else:
        assert [entry.step for entry in order.history][-2:] == [Step.SEATS_RECLAIMED, Step.CONFIRMED]
    await desk.deliver()
    assert await desk.owners(UUID(int=1)) == 1


async def test_of_two_buyers_of_one_pass_one_has_it_and_the_other_their_money(desk: ResaleDesk) -> None:
    """Although the market let both of them pay for it."""
    origin = await desk.first_sale()
    orders = [await desk.placed(desk.purchase(origin, number), number=number) for number in (2, 3)]
    for number, order in zip((2, 3), orders, strict=True):
        await desk.confirmed(await desk.paid(order, number))
    first, second = [await desk.world.now(order) for order in orders]
    assert (first.status, second.status) == (OrderStatus.CONFIRMED, OrderStatus.CANCELLED)
    assert (second.refund, second.refund_reason) == (RefundState.ASKED, "orders.passed_on")
    told = desk.world.messages.events[-1].decode(OrderCancelled)
    assert (told.reservation_ids, told.reason) == (second.reservation_ids, "refunded")
    await desk.deliver()
    assert await desk.owners(UUID(int=1)) == 1
    with pytest.raises(PassedOnError):
        await desk.placed(desk.purchase(origin, 4), number=4)


async def test_a_pass_that_is_not_its_sellers_any_more_is_refused_before_it_is_paid(desk: ResaleDesk) -> None:
    origin = await desk.first_sale()
    wrong_unit = desk.purchase(origin, unit=2)
    await desk.dispute_lost(origin)
    for purchase in (wrong_unit, desk.purchase(origin)):
        with pytest.raises(OriginGoneError):
            await desk.placed(purchase)
        await desk.deliver()
        assert desk.world.market.purchases[purchase.reservation_id].state == "ended"


async def test_a_purchase_that_is_not_there_is_refused_and_named(desk: ResaleDesk) -> None:
    purchase = desk.purchase(await desk.first_sale(), 3)
    with pytest.raises(RefusedError) as refused:
        await desk.placed(purchase)
    assert refused.value.refusal_code == "resale.not_holder"
    assert [problem.pointer for problem in refused.value.problems] == ["/reservations/0"]


@pytest.mark.parametrize("step", range(1, 5))
async def test_a_process_that_dies_while_it_sells_a_pass_is_followed_by_one_that_goes_on(
    desk: ResaleDesk, step: int
) -> None:
    origin = await desk.first_sale()
    order = await desk.paid(await desk.placed(desk.purchase(origin), desk.purchase(origin, item=1)))
    desk.world.life.dies_after = desk.world.life.steps + step
    news = desk.delivery()
    try:
        await desk.world.confirm(desk.world.succeeded(order), news)
    except Killed:
        await desk.world.confirm(desk.world.succeeded(order), news)
    desk.world.life.dies_after = None
    assert await desk.is_confirmed(order)
    await desk.deliver()
    assert [await desk.owners(UUID(int=seat)) for seat in (1, 2)] == [1, 1]
    assert desk.world.published().count(OrderCompleted.event_type) == 2
