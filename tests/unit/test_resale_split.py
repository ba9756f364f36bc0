"""How the price of a resold pass is divided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.resale.policies.policy import ResalePolicy
from core.resale.policies.split import WHOLE_BASIS_POINTS, ResaleFees, fees_of, split_of
from core.shared.money import PRICE_MAX_MINOR, Money

SHARES = st.tuples(st.integers(0, WHOLE_BASIS_POINTS), st.integers(0, WHOLE_BASIS_POINTS)).filter(
    lambda shares: sum(shares) <= WHOLE_BASIS_POINTS
)


@given(
    price_minor=st.integers(0, PRICE_MAX_MINOR),
    shares=SHARES,
    currency=st.sampled_from(["EUR", "JPY", "KWD", "MGA"]),
)
def test_the_parts_add_up_and_no_fee_is_more_than_its_share(
    price_minor: int, shares: tuple[int, int], currency: str
) -> None:
    price = Money(price_minor, currency)
    split = split_of(price, ResaleFees(platform_basis_points=shares[0], royalty_basis_points=shares[1]))
    assert split.price == price
    for part, share in ((split.platform_fee, shares[0]), (split.royalty, shares[1])):
        assert 0 <= part.amount_minor * WHOLE_BASIS_POINTS <= price_minor * share
    assert split.seller.amount_minor >= 0


@pytest.mark.parametrize(
    ("price", "fees", "parts"),
    [
        (Money(999, "EUR"), (500, 200), (931, 19, 49)),  # 49.95 and 19.98 are rounded down
        (Money(1_000, "EUR"), (500, 200), (930, 20, 50)),
        (Money(1, "EUR"), (9_999, 0), (1, 0, 0)),
        (Money(1, "EUR"), (10_000, 0), (0, 0, 1)),
        (Money(0, "EUR"), (500, 200), (0, 0, 0)),
        (Money(1_000, "JPY"), (0, 0), (1_000, 0, 0)),
        (Money(9_990, "KWD"), (500, 200), (9_990 - 490 - 190, 190, 490)),
    ],
)
def test_fees_are_rounded_down_and_the_seller_gets_the_rest(
    price: Money, fees: tuple[int, int], parts: tuple[int, int, int]
) -> None:
    split = split_of(price, ResaleFees(platform_basis_points=fees[0], royalty_basis_points=fees[1]))
    assert (split.seller.amount_minor, split.royalty.amount_minor, split.platform_fee.amount_minor) == parts


@pytest.mark.parametrize("shares", [(-1, 0), (0, -1), (10_001, 0), (5_001, 5_000)])
def test_fees_beyond_the_price_are_no_fees(shares: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="basis points"):
        ResaleFees(platform_basis_points=shares[0], royalty_basis_points=shares[1])


def test_a_price_below_nothing_is_not_divided() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        split_of(Money(-1, "EUR"), ResaleFees())


def test_the_narrowest_policy_that_says_something_sets_each_fee() -> None:
    organisation = ResalePolicy(platform_fee_basis_points=500, royalty_basis_points=100)
    venue = ResalePolicy(royalty_basis_points=200)
    ticket = ResalePolicy(platform_fee_basis_points=0)
    assert fees_of(()) == ResaleFees()
    assert fees_of((organisation, venue)) == ResaleFees(platform_basis_points=500, royalty_basis_points=200)
    assert fees_of((organisation, venue, ticket)) == ResaleFees(platform_basis_points=0, royalty_basis_points=200)
    greedy = ResalePolicy(platform_fee_basis_points=9_000, royalty_basis_points=9_000)
    assert fees_of((greedy,)) == ResaleFees(platform_basis_points=9_000, royalty_basis_points=1_000)
