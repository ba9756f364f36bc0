"""What a sold order tells of the money of each admission: whoever resells one is judged by what it cost."""

from dataclasses import replace

from core.orders.box_office import BoxOfficeSale, Settlement
from core.orders.content import Discount, Fee, OrderContent, OrderLine, Tax
from core.orders.order import Order
from core.shared.money import Money
from ports.published.orders import OrderedPlaces, OrderedSeat
from tests.unit.test_order_rules import awaiting
from tests.unit.test_refund_rules import OTHER_SEAT, SEAT, content, eur, order, seat, standing
from usecases.orders.announcements import completed


def told_of(what: OrderContent) -> list[tuple[int, int, int, int]]:
    """Of each seat, and of one of the places of each item: price, discount, fees and tax."""
    told = completed(order(what), what)
    each: list[OrderedSeat | OrderedPlaces] = [*told.seats, *told.places]
    return [(it.price_minor, it.discount_minor, it.fees_minor, it.tax_minor) for it in each]


def test_each_seat_has_its_share_of_what_came_off_and_on_top() -> None:
    what = content(seat(SEAT), seat(OTHER_SEAT), discount_minor=501, fee_minor=301, tax_minor=99)
    shares = told_of(what)
    assert shares == [(2_500, 251, 150, 49), (2_500, 250, 151, 50)]
    paid = sum(price - off + fees + tax for price, off, fees, tax in shares)
    assert Money(paid, "EUR") == what.total


def test_nobody_is_said_to_have_paid_more_for_a_place_than_they_did() -> None:
    what = content(standing(3), discount_minor=100, fee_minor=200, tax_minor=50)
    assert told_of(what) == [(1_500, 34, 66, 16)]


def test_fees_that_the_organiser_absorbs_and_taxes_in_the_price_are_nobodys_share() -> None:
    what = content(seat(SEAT))
    absorbed = Fee("card", "Card", eur(99), passed_on=False)
    included = Tax("vat", "VAT", 700, eur(163), included=True)
    assert told_of(replace(what, fees=(absorbed,), taxes=(included,))) == [(2_500, 0, 0, 0)]


def test_an_order_says_whether_the_organiser_gave_it_away() -> None:
    def gift(sold: Order) -> bool:
        assert sold.content is not None
        return completed(sold, sold.content).complimentary

    paid, lines = order(), (seat(SEAT),)
    assert not gift(paid)
    assert gift(order(_free(lines)))
    assert gift(order(content(seat(SEAT, 0))))
    assert not gift(_sold(Settlement.CASH)) and gift(_sold(Settlement.COMPLIMENTARY))


def _free(lines: tuple[OrderLine, ...]) -> OrderContent:
    what = content(*lines)
    return OrderContent(what.tickets, what.items, discounts=(Discount("gift", "Gift", what.items_total),))


def _sold(settlement: Settlement) -> Order:
    unsold = awaiting()
    return replace(unsold, sale=BoxOfficeSale(unsold.account_id, settlement, ""))
