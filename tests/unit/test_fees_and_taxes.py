"""What fees and taxes come to on an order, and which of them an organisation may set."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders.content import Discount, EventSnapshot, Fee, OrderContent, OrderedTicket, PlacesLine, Tax
from core.orders.errors import InvalidFeeScheduleError
from core.orders.fee_schedule import FEES_MAX, TAX_RATES_MAX, FeeSchedule
from core.orders.fees import FeeRule, FeeUnit, FixedFee, PercentageFee, fees_on
from core.orders.taxes import TaxRate, rate_at, taxes_on
from core.shared.ids import OrderItemId, ReservationId, TicketId, VenueId
from core.shared.money import PRICE_MAX_MINOR, Money

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HERE, THERE = VenueId(UUID(int=0x7E)), VenueId(UUID(int=0x7F))
COUNTRIES = {HERE: "DE", THERE: "AT"}
VAT = TaxRate("vat", "VAT", 1_900, included=False)
INCLUDED = replace(VAT, included=True)


def euro(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def order(*lines: tuple[int, int], currency: str = "EUR", off_minor: int = 0, venues: tuple[VenueId, ...] = ()) -> (
    OrderContent
):  # fmt: skip
    """An order of places: quantity and price of each line, each of a ticket of its own, `off_minor` less."""
    items = [
        PlacesLine(
            OrderItemId(UUID(int=position)),
            ReservationId(UUID(int=position)),
            TicketId(UUID(int=position)),
            quantity,
            Money(price_minor, currency),
        )
        for position, (quantity, price_minor) in enumerate(lines)
    ]
    places = venues or (HERE,) * len(items)
    return OrderContent(
        tickets=tuple(
            OrderedTicket(
                item.ticket_id, "Standing", EventSnapshot("Match", NOON, NOON, "Europe/Berlin", venue, "Hall")
            )
            for item, venue in zip(items, places, strict=True)
        ),
        items=tuple(items),
        discounts=(Discount("friends", "Friends", Money(off_minor, currency)),) if off_minor else (),
    )


def fixed(amount_minor: int, *, per: FeeUnit = FeeUnit.ORDER, currency: str = "EUR") -> FixedFee:
    return FixedFee("booking", "Booking fee", Money(amount_minor, currency), per)


def percentage(rate_basis_points: int) -> PercentageFee:
    return PercentageFee("service", "Service", rate_basis_points)


def amounts(content: OrderContent, *rules: FeeRule) -> list[int]:
    return [fee.amount.amount_minor for fee in fees_on(content, rules)]


def test_a_fixed_fee_is_for_the_order_or_for_each_admission() -> None:
    content = order((3, 1_000), (2, 500))
    assert amounts(content, fixed(150)) == [150]
    assert amounts(content, fixed(150, per=FeeUnit.ADMISSION)) == [5 * 150]


def test_an_admission_without_a_price_has_no_fee_of_its_own() -> None:
    content = order((3, 1_000), (2, 0))
    assert amounts(content, fixed(150, per=FeeUnit.ADMISSION)) == [3 * 150]


def test_a_fixed_fee_counts_in_its_currency_only() -> None:
    both = fixed(150), fixed(20, currency="JPY")
    assert amounts(order((1, 1_000)), *both) == [150]
    assert amounts(order((1, 1_000), currency="JPY"), *both) == [20]
    assert amounts(order((1, 1_000), currency="KWD"), *both) == []


def test_a_percentage_fee_is_a_part_of_the_items_after_the_discounts() -> None:
    assert amounts(order((2, 1_000)), percentage(250)) == [50]
    assert amounts(order((2, 1_000), off_minor=400), percentage(250)) == [40]


@pytest.mark.parametrize(
    ("price_minor", "currency", "expected"),
    [
        (179, "EUR", [4]),
        (180, "EUR", [5]),
        (20, "JPY", [1]),
        (19, "JPY", []),
        (1_020, "KWD", [26]),
        (1_019, "KWD", [25]),
    ],
)
def test_a_percentage_is_rounded_to_the_minor_unit_and_halves_go_up(
    price_minor: int, currency: str, expected: list[int]
) -> None:
    assert amounts(order((1, price_minor), currency=currency), percentage(250)) == expected


def test_a_percentage_is_rounded_once_for_the_whole_order() -> None:
    assert amounts(order((1, 150), (1, 150)), percentage(100)) == [3]  # 1.5 and 1.5, not 2 and 2


def test_fees_are_taken_on_the_items_and_not_on_one_another() -> None:
    assert amounts(order((1, 10_000)), percentage(1_000), fixed(500), percentage(1_000)) == [1_000, 500, 1_000]


def test_an_order_that_costs_nothing_has_no_fees_and_one_of_a_cent_has() -> None:
    rules = fixed(150), percentage(10_000), fixed(50, per=FeeUnit.ADMISSION)
    assert amounts(order((4, 0)), *rules) == []
    assert amounts(order((1, 1_000), off_minor=1_000), *rules) == []
    assert amounts(order((1, 1_000), off_minor=999), *rules) == [150, 1, 50]


def test_an_absorbed_fee_is_there_and_costs_the_buyer_nothing() -> None:
    content = order((1, 1_000))
    fees = fees_on(content, (replace(fixed(150), passed_on=False), percentage(250)))
    assert [fee.passed_on for fee in fees] == [False, True]
    assert replace(content, fees=fees).total == euro(1_025)


def taxes(content: OrderContent, *rates: TaxRate) -> list[tuple[str, int, int]]:
    found = taxes_on(content, rates=rates, countries=COUNTRIES)
    return [(tax.code, tax.rate_basis_points, tax.amount.amount_minor) for tax in found]


def test_tax_is_on_the_items_less_discounts_and_on_fees_that_are_passed_on() -> None:
    fees = (Fee("service", "Service", euro(100)), Fee("card", "Card", euro(999), passed_on=False))
    content = replace(order((2, 1_000), off_minor=100), fees=fees)
    assert taxes(content, VAT) == [("vat", 1_900, 380)]
    with_tax = replace(content, taxes=taxes_on(content, rates=[VAT], countries=COUNTRIES))
    assert with_tax.total == euro(2_380)


def test_an_included_tax_is_the_part_that_is_in_the_price_already() -> None:
    content = order((1, 11_900))
    assert taxes(content, INCLUDED) == [("vat", 1_900, 1_900)]
    assert replace(content, taxes=taxes_on(content, rates=[INCLUDED], countries=COUNTRIES)).total == euro(11_900)


@pytest.mark.parametrize(
    ("price_minor", "currency", "rate", "on_top", "included"),
    [
        (10, "EUR", 500, 1, 0),  # 0.5 and 0.476
        (9, "EUR", 500, 0, 0),  # 0.45
        (21, "EUR", 500, 1, 1),  # 1.05 and exactly 1
        (50, "JPY", 1_000, 5, 5),  # 5 and 4.545
        (1, "KWD", 5_000, 1, 0),  # 0.5 and 0.333
        (100, "EUR", 10_000, 100, 50),
        (101, "EUR", 10_000, 101, 51),  # 50.5
        (100, "EUR", 0, 0, 0),
    ],
)
def test_a_tax_is_rounded_to_the_minor_unit_and_halves_go_up(
    price_minor: int, currency: str, rate: int, on_top: int, included: int
) -> None:
    content = order((1, price_minor), currency=currency)
    for is_included, expected in ((False, on_top), (True, included)):
        (tax,) = taxes_on(content, rates=[TaxRate("vat", "VAT", rate, is_included)], countries=COUNTRIES)
        assert tax == Tax("vat", "VAT", rate, Money(expected, currency), is_included)


def test_the_rate_of_the_country_goes_before_the_one_for_all_others() -> None:
    austrian = replace(VAT, rate_basis_points=1_300, country="AT")
    assert rate_at("AT", [VAT, austrian]) == austrian
    assert rate_at("DE", [VAT, austrian]) == rate_at(None, [austrian, VAT]) == VAT
    assert rate_at("DE", [austrian]) is None
    assert rate_at("DE", []) is None


def test_an_order_for_two_countries_is_taxed_in_each_on_its_part() -> None:
    content = order((1, 3_000), (1, 1_000), venues=(HERE, THERE), off_minor=400)
    content = replace(content, fees=(Fee("service", "Service", euro(200)),))
    german, austrian = replace(VAT, country="DE"), replace(INCLUDED, rate_basis_points=1_300, country="AT")
    # 3,800 in all: 2,850 of it there, 950 here.
    assert taxes(content, german, austrian) == [("vat", 1_900, 542), ("vat", 1_300, 109)]
    assert taxes(content, austrian) == [("vat", 1_300, 109)]


def test_countries_with_the_same_tax_have_one_line_rounded_once() -> None:
    content = order((1, 10), (1, 10), venues=(HERE, THERE))
    both = [TaxRate("vat", "VAT", 500, False, country) for country in ("DE", "AT")]
    assert taxes(content, *both) == [("vat", 500, 1)]  # 0.5 and 0.5, not 1 and 1


def test_what_costs_nothing_is_not_taxed() -> None:
    assert taxes(order((2, 0)), VAT) == []
    assert taxes(order((1, 1_000), off_minor=1_000), VAT) == []
    rates = [replace(VAT, country="DE"), replace(VAT, code="mwst", country="AT")]
    assert taxes(order((1, 1_000), (5, 0), venues=(HERE, THERE)), *rates) == [("vat", 1_900, 190)]


LINES = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 1_000_000)), min_size=1, max_size=4)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
RULES = st.lists(
    st.one_of(
        st.builds(
            FixedFee,
            code=st.just("booking"),
            name=st.just("Booking"),
            amount=st.builds(Money, st.integers(1, 10_000), CURRENCIES),
            per=st.sampled_from(FeeUnit),
            passed_on=st.booleans(),
        ),
        st.builds(PercentageFee, st.just("service"), st.just("Service"), st.integers(1, 10_000), st.booleans()),
    ),
    max_size=4,
)
RATES = st.builds(
    TaxRate,
    st.just("vat"),
    st.just("VAT"),
    st.integers(0, 10_000),
    st.booleans(),
    country=st.sampled_from([None, "DE", "AT"]),
)


@given(
    lines=LINES,
    rules=RULES,
    rates=st.lists(RATES, max_size=3, unique_by=lambda rate: rate.country),
    off=st.integers(0, 100),
    currency=CURRENCIES,
    first=st.sampled_from([HERE, THERE]),
)
def test_every_amount_is_whole_and_the_parts_make_the_total(
    lines: list[tuple[int, int]],
    rules: list[FeeRule],
    rates: list[TaxRate],
    off: int,
    currency: str,
    first: VenueId,
) -> None:
    venues = tuple((HERE, THERE)[(position + (first == THERE)) % 2] for position in range(len(lines)))
    items_minor = sum(quantity * price_minor for quantity, price_minor in lines)
    off_minor = items_minor * off // 100
    content = order(*lines, currency=currency, off_minor=off_minor, venues=venues)
    content = replace(content, fees=fees_on(content, tuple(rules)))
    content = replace(content, taxes=taxes_on(content, rates=rates, countries=COUNTRIES))
    parts: list[Fee | Tax | Discount] = [*content.fees, *content.taxes, *content.discounts]
    assert all(type(part.amount.amount_minor) is int and part.amount.amount_minor >= 0 for part in parts)
    assert {part.amount.currency for part in parts} <= {currency}
    base = items_minor - off_minor + sum(fee.amount.amount_minor for fee in content.fees if fee.passed_on)
    on_top = sum(tax.amount.amount_minor for tax in content.taxes if not tax.included)
    assert content.total == Money(base + on_top, currency)
    if items_minor == off_minor:
        assert content.total.amount_minor == 0 and not content.fees and not content.taxes
    for tax in content.taxes:
        assert tax.amount.amount_minor <= base
    if len(rates) == 1 and rates[0].country is None and base:
        rate = rates[0]
        exact = Fraction(base * rate.rate_basis_points, 10_000 + rate.included * rate.rate_basis_points)
        assert -Fraction(1, 2) <= exact - content.taxes[0].amount.amount_minor < Fraction(1, 2)


@given(prices=st.tuples(st.integers(1, 10**8), st.integers(1, 10**8)), rates=st.tuples(*[st.integers(1, 10_000)] * 2))
def test_a_percentage_fee_grows_with_the_price_and_with_the_rate(
    prices: tuple[int, int], rates: tuple[int, int]
) -> None:
    less, more = sorted(prices)
    low, high = sorted(rates)
    assert sum(amounts(order((1, less)), percentage(low))) <= sum(amounts(order((1, more)), percentage(high)))


def faults(fees: tuple[FeeRule, ...] = (), rates: tuple[TaxRate, ...] = ()) -> list[str]:
    try:
        FeeSchedule(fees, rates)
    except InvalidFeeScheduleError as error:
        return [problem.pointer for problem in error.problems]
    return []


@pytest.mark.parametrize("code", ["", "Booking", "-a", "a-", "a--b", "a b", "ä", "a\n", "x" * 41])
def test_a_code_that_is_none_is_refused(code: str) -> None:
    assert faults((replace(fixed(1), code=code),)) == ["/fees/0/code"]
    assert faults(rates=(replace(VAT, code=code),)) == ["/taxes/0/code"]


@pytest.mark.parametrize("code", ["a", "booking", "vat-7", "card_fee2", "x" * 40])
def test_a_code_has_letters_and_digits_in_parts(code: str) -> None:
    assert faults((replace(fixed(1), code=code),), (replace(VAT, code=code),)) == []


def test_a_name_is_not_blank_and_has_a_longest_length() -> None:
    for name, expected in (("", ["/fees/0/name"]), (" ", ["/fees/0/name"]), ("x" * 101, ["/fees/0/name"])):
        assert faults((replace(percentage(1), name=name),)) == expected
    assert faults((replace(percentage(1), name="x" * 100),)) == []


def test_amounts_and_rates_have_limits() -> None:
    assert faults((fixed(1), replace(fixed(PRICE_MAX_MINOR), code="more"))) == []
    assert faults((fixed(0), replace(fixed(PRICE_MAX_MINOR + 1), code="more"))) == [
        "/fees/0/amount/amount",
        "/fees/1/amount/amount",
    ]
    assert faults((percentage(1), replace(percentage(10_000), code="more"))) == []
    assert faults((percentage(0),)) == faults((percentage(10_001),)) == ["/fees/0/rateBasisPoints"]
    assert faults(rates=(replace(VAT, rate_basis_points=0),)) == []
    assert faults(rates=(replace(VAT, rate_basis_points=10_000),)) == []
    for rate in (-1, 10_001):
        assert faults(rates=(replace(VAT, rate_basis_points=rate),)) == ["/taxes/0/rateBasisPoints"]


def test_no_order_can_have_two_fees_of_one_code() -> None:
    assert faults((fixed(1), fixed(1, currency="JPY"), replace(fixed(1), code="other"))) == []
    assert faults((fixed(1), fixed(2))) == ["/fees/1/code"]
    assert faults((percentage(1), replace(fixed(1), code="service"))) == ["/fees/1/code"]
    assert faults((percentage(1), percentage(2))) == ["/fees/1/code"]


def test_a_country_is_one_and_has_one_rate() -> None:
    german = replace(VAT, country="DE")
    assert faults(rates=(VAT, german, replace(VAT, country="AT"))) == []
    assert faults(rates=(VAT, german, german, INCLUDED)) == ["/taxes/2/country", "/taxes/3/country"]
    for country in ("XX", "de", "DEU", ""):
        assert faults(rates=(replace(VAT, country=country),)) == ["/taxes/0/country"]


def test_there_are_only_so_many_fees_and_rates() -> None:
    fees = tuple(replace(fixed(1), code=f"fee-{number}") for number in range(FEES_MAX + 1))
    assert faults(fees[:-1]) == []
    assert faults(fees) == ["/fees"]
    rates = tuple(replace(VAT, country=None) for _ in range(TAX_RATES_MAX + 1))
    assert "/taxes" in faults(rates=rates)
    assert "/taxes" not in faults(rates=rates[:-1])


def test_every_fault_is_named_at_once() -> None:
    assert faults((replace(fixed(0), code="", name=""),), (replace(VAT, country="XX"),)) == [
        "/fees/0/code",
        "/fees/0/name",
        "/fees/0/amount/amount",
        "/taxes/0/country",
    ]
