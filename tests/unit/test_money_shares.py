"""Parts of an amount: rounded by a named rule, and never more or less than the whole."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shared.money import Money, minor_unit_exponent

AMOUNTS = st.integers(min_value=0, max_value=10**12)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=8)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "USD", "ISK", "TND"])


def euro(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


@pytest.mark.parametrize(
    ("currency", "exponent", "shown"), [("JPY", 0, "1234 JPY"), ("EUR", 2, "12.34 EUR"), ("KWD", 3, "1.234 KWD")]
)
def test_an_amount_counts_the_smallest_part_of_its_currency(currency: str, exponent: int, shown: str) -> None:
    assert minor_unit_exponent(currency) == exponent
    assert str(Money(1_234, currency)) == shown


@pytest.mark.parametrize(
    ("amount_minor", "part", "of", "expected"),
    [
        (1_000, 1_900, 10_000, 190),
        (199, 250, 10_000, 5),  # 4.975
        (180, 250, 10_000, 5),  # 4.5: exact halves go up
        (179, 250, 10_000, 4),  # 4.475
        (1, 5_000, 10_000, 1),  # 0.5
        (1, 4_999, 10_000, 0),
        (0, 10_000, 10_000, 0),
        (777, 10_000, 10_000, 777),
        (11_900, 1_900, 11_900, 1_900),
    ],
)
def test_a_share_is_rounded_and_halves_go_up(amount_minor: int, part: int, of: int, expected: int) -> None:
    assert euro(amount_minor).share(part, of=of) == euro(expected)


@given(amount_minor=AMOUNTS, part=st.integers(0, 10_000), of=st.integers(1, 20_000), currency=CURRENCIES)
def test_a_share_is_whole_and_within_half_a_minor_unit(amount_minor: int, part: int, of: int, currency: str) -> None:
    found = Money(amount_minor, currency).share(part, of=of)
    assert type(found.amount_minor) is int and found.currency == currency
    exact = Fraction(amount_minor * part, of)
    assert -Fraction(1, 2) <= exact - found.amount_minor < Fraction(1, 2)


@given(amounts=st.tuples(AMOUNTS, AMOUNTS), parts=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)))
def test_more_of_an_amount_or_of_a_rate_is_never_a_smaller_share(
    amounts: tuple[int, int], parts: tuple[int, int]
) -> None:
    less, more = sorted(amounts)
    low, high = sorted(parts)
    assert euro(less).share(low, of=10_000).amount_minor <= euro(more).share(high, of=10_000).amount_minor


@pytest.mark.parametrize(
    ("amount_minor", "weights", "expected"),
    [
        (100, (1, 1, 1), (34, 33, 33)),
        (2, (1, 1, 1), (1, 1, 0)),
        (10, (5, 3, 2), (5, 3, 2)),
        (7, (0, 1, 0), (0, 7, 0)),
        (101, (33, 33, 34), (33, 33, 35)),
        (5, (0, 0), (3, 2)),
        (0, (1, 2), (0, 0)),
        (9, (4,), (9,)),
    ],
)
def test_what_is_left_over_goes_to_those_who_lost_most_by_rounding_down(
    amount_minor: int, weights: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert euro(amount_minor).apportioned(weights) == tuple(euro(each) for each in expected)


@given(amount_minor=AMOUNTS, weights=WEIGHTS, currency=CURRENCIES)
def test_splitting_neither_loses_nor_makes_money(amount_minor: int, weights: list[int], currency: str) -> None:
    parts = Money(amount_minor, currency).apportioned(weights)
    assert sum(part.amount_minor for part in parts) == amount_minor
    assert {part.currency for part in parts} == {currency}
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(amount_minor * weight, whole) if whole else Fraction(amount_minor, len(weights))
        assert abs(part.amount_minor - exact) < 1


def test_only_what_can_be_split_is_split() -> None:
    for amount_minor, weights in ((1, ()), (-1, (1,)), (1, (2, -1))):
        with pytest.raises(ValueError, match="split"):
            euro(amount_minor).apportioned(weights)
