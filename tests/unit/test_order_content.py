"""What an order costs, all in: items, discounts, fees and taxes."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders.content import Discount, EventSnapshot, Fee, OrderContent, OrderedTicket, PlacesLine, Tax
from core.shared.ids import OrderItemId, ReservationId, TicketId, VenueId
from core.shared.money import MixedCurrenciesError, Money

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TICKET = TicketId(UUID(int=1))
TICKETS = (
    OrderedTicket(
        TICKET, "Standing", EventSnapshot("Match", NOON, NOON, "Europe/Berlin", VenueId(UUID(int=2)), "Hall")
    ),
)


def euro(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def places(quantity: int, price: Money) -> PlacesLine:
    return PlacesLine(OrderItemId(UUID(int=3)), ReservationId(UUID(int=4)), TICKET, quantity, price)


def discount(amount: Money) -> Discount:
    return Discount("friends", "Friends", amount)


def fee(amount: Money, *, passed_on: bool = True) -> Fee:
    return Fee("service", "Service", amount, passed_on)


def tax(amount: Money, *, included: bool) -> Tax:
    return Tax("vat", "VAT", 1_900, amount, included)


CONTENT = OrderContent(TICKETS, (places(2, euro(5_000)),))


def test_the_total_is_the_items_less_discounts_with_fees_passed_on_and_taxes_on_top() -> None:
    content = replace(
        CONTENT,
        discounts=(discount(euro(1_000)), discount(euro(500))),
        fees=(fee(euro(300)), fee(euro(200))),
        taxes=(tax(euro(1_710), included=False), tax(euro(70), included=False)),
    )
    assert (content.items_total, content.discounted, content.fees_passed_on) == (euro(10_000), euro(8_500), euro(500))
    assert content.total == euro(8_500 + 500 + 1_780)


def test_an_absorbed_fee_and_an_included_tax_cost_the_buyer_nothing() -> None:
    content = replace(CONTENT, fees=(fee(euro(300), passed_on=False),), taxes=(tax(euro(1_597), included=True),))
    assert content.total == CONTENT.total == euro(10_000)
    assert content.fees_passed_on == euro(0)


def test_discounts_take_off_at_most_the_items() -> None:
    free = replace(CONTENT, discounts=(discount(euro(9_000)), discount(euro(1_000))))
    assert free.total == euro(0)
    with pytest.raises(ValueError, match="taken off"):
        replace(CONTENT, discounts=(discount(euro(9_000)), discount(euro(1_001))))
    with pytest.raises(ValueError, match="taken off"):
        replace(CONTENT, discounts=(discount(euro(10_001)),), fees=(fee(euro(500)),))


def test_no_part_is_below_nothing() -> None:
    nothing, less = euro(0), euro(-1)
    replace(
        CONTENT, discounts=(discount(nothing),), fees=(fee(nothing),), taxes=(tax(nothing, included=False),)
    )  # allowed
    with pytest.raises(ValueError, match="below 0"):
        replace(CONTENT, discounts=(discount(less),))
    with pytest.raises(ValueError, match="below 0"):
        replace(CONTENT, fees=(fee(less, passed_on=False),))
    with pytest.raises(ValueError, match="below 0"):
        replace(CONTENT, taxes=(tax(less, included=True),))
    with pytest.raises(ValueError, match="below 0"):
        replace(CONTENT, items=(places(1, less),))


def test_every_part_is_in_the_currency_of_the_items() -> None:
    francs = Money(1, "CHF")
    with pytest.raises(MixedCurrenciesError):
        replace(CONTENT, discounts=(discount(francs),))
    with pytest.raises(MixedCurrenciesError):
        replace(CONTENT, fees=(fee(francs, passed_on=False),))
    with pytest.raises(MixedCurrenciesError):
        replace(CONTENT, taxes=(tax(francs, included=True),))


AMOUNTS = st.integers(min_value=0, max_value=10**9)


@given(
    price_minor=AMOUNTS,
    quantity=st.integers(min_value=1, max_value=50),
    off=st.lists(st.integers(min_value=0, max_value=2_000), max_size=3),
    fees=st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=4),
    taxes=st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=3),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_the_parts_always_add_up_to_the_total(
    price_minor: int,
    quantity: int,
    off: list[int],
    fees: list[tuple[int, bool]],
    taxes: list[tuple[int, bool]],
    currency: str,
) -> None:
    items_minor = price_minor * quantity
    content = OrderContent(
        TICKETS,
        (places(quantity, Money(price_minor, currency)),),
        discounts=tuple(discount(Money(min(each, items_minor // len(off)), currency)) for each in off),
        fees=tuple(fee(Money(amount, currency), passed_on=passed_on) for amount, passed_on in fees),
        taxes=tuple(tax(Money(amount, currency), included=included) for amount, included in taxes),
    )
    expected = (
        items_minor
        - sum(each.amount.amount_minor for each in content.discounts)
        + sum(amount for amount, passed_on in fees if passed_on)
        + sum(amount for amount, included in taxes if not included)
    )
    assert content.total == Money(expected, currency)
    assert content.total.amount_minor >= 0
