"""What a policy may say, and what the policies of a chain come to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.resale.policies.policy import Channel, ResalePolicy, VerificationKind
from core.resale.policies.policy_rules import (
    CUTOFF_MAX,
    MULTIPLIER_MAX_BASIS_POINTS,
    TRANSFERS_MAX_MAX,
    combined,
    faults_of,
)
from core.shared.money import PRICE_MAX_MINOR, Money

EURO, YEN = Money(100, "EUR"), Money(100, "JPY")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("member", "least", "most", "pointer"),
    [
        ("multiplier_basis_points", 0, MULTIPLIER_MAX_BASIS_POINTS, "/priceMultiplier"),
        ("transfers_max", 0, TRANSFERS_MAX_MAX, "/transfersMax"),
        ("platform_fee_basis_points", 0, 10_000, "/platformFeeBasisPoints"),
        ("royalty_basis_points", 0, 10_000, "/royaltyBasisPoints"),
    ],
)
def test_a_number_keeps_within_its_limits(member: str, least: int, most: int, pointer: str) -> None:
    def pointers(value: int) -> set[str]:
        changes: dict[str, object] = {member: value}
        return {fault.pointer for fault in faults_of(replace(ResalePolicy(), **changes))}  # type: ignore[arg-type]  # named above

    assert pointers(least) == pointers(most) == set()
    assert pointer in pointers(least - 1)
    assert pointer in pointers(most + 1)


@pytest.mark.parametrize("member", ["listing_cutoff", "resale_cutoff", "transfer_cutoff"])
def test_a_cutoff_is_before_the_event(member: str) -> None:
    def faults(cutoff: timedelta) -> int:
        changes: dict[str, object] = {member: cutoff}
        return len(faults_of(replace(ResalePolicy(), **changes)))  # type: ignore[arg-type]  # named above

    assert [faults(cutoff) for cutoff in (timedelta(0), CUTOFF_MAX)] == [0, 0]
    assert [faults(cutoff) for cutoff in (-SECOND, CUTOFF_MAX + SECOND)] == [1, 1]


@pytest.mark.parametrize(
    ("policy", "pointers"),
    [
        (ResalePolicy(price_min=EURO, price_max=EURO), []),
        (ResalePolicy(price_min=Money(101, "EUR"), price_max=EURO), ["/priceMin/amount"]),
        (ResalePolicy(price_min=YEN, price_max=EURO), ["/priceMin/currency"]),
        (ResalePolicy(price_max=Money(PRICE_MAX_MINOR, "EUR")), []),
        (ResalePolicy(price_max=Money(PRICE_MAX_MINOR + 1, "EUR")), ["/priceMax/amount"]),
        (ResalePolicy(price_min=Money(-1, "EUR")), ["/priceMin/amount"]),
        (ResalePolicy(platform_fee_basis_points=9_000, royalty_basis_points=1_000), []),
        (ResalePolicy(platform_fee_basis_points=9_000, royalty_basis_points=1_001), ["/royaltyBasisPoints"]),
    ],
)
def test_prices_stand_in_order_and_shares_are_of_one_whole(policy: ResalePolicy, pointers: list[str]) -> None:
    assert [fault.pointer for fault in faults_of(policy)] == pointers


def test_a_tickets_prices_are_in_its_currency() -> None:
    policy = ResalePolicy(price_min=YEN, price_max=YEN)
    assert faults_of(policy, currency="JPY") == ()
    assert [fault.pointer for fault in faults_of(policy, currency="EUR")] == [
        "/priceMax/currency",
        "/priceMin/currency",
    ]


def test_of_each_member_the_tightest_holds_and_of_fees_the_narrowest() -> None:
    wide = ResalePolicy(
        allowed=True,
        transfer_allowed=False,
        multiplier_basis_points=11_000,
        price_max=Money(200, "EUR"),
        price_min=Money(5, "EUR"),
        transfers_max=2,
        listing_cutoff=SECOND,
        resale_cutoff=2 * SECOND,
        verifications=frozenset({VerificationKind.IDENTITY}),
        approved_channels=frozenset({Channel.FAIRSEAT, Channel.RETURN}),
        platform_fee_basis_points=500,
        royalty_basis_points=100,
        names_holders=True,
    )
    narrow = ResalePolicy(
        allowed=False,
        transfer_allowed=True,
        multiplier_basis_points=12_000,
        price_max=Money(150, "EUR"),
        price_min=Money(10, "EUR"),
        transfers_max=3,
        listing_cutoff=3 * SECOND,
        verifications=frozenset({VerificationKind.LAST_OWNER_NAME}),
        approved_channels=frozenset({Channel.RETURN, Channel.ELSEWHERE}),
        royalty_basis_points=900,
        names_holders=False,
    )
    assert combined((wide, narrow)) == ResalePolicy(
        allowed=False,
        transfer_allowed=False,
        multiplier_basis_points=11_000,
        price_max=Money(150, "EUR"),
        price_min=Money(10, "EUR"),
        transfers_max=2,
        listing_cutoff=3 * SECOND,
        resale_cutoff=2 * SECOND,
        verifications=frozenset({VerificationKind.IDENTITY, VerificationKind.LAST_OWNER_NAME}),
        approved_channels=frozenset({Channel.RETURN}),
        platform_fee_basis_points=500,
        royalty_basis_points=900,
        names_holders=True,
    )
    assert combined((wide,)) == wide
    assert combined(()) == ResalePolicy()


def test_amounts_in_two_currencies_are_not_compared() -> None:
    assert combined((ResalePolicy(price_max=EURO), ResalePolicy(price_max=YEN))).price_max == YEN


_LIMITS = st.builds(
    ResalePolicy,
    allowed=st.none() | st.booleans(),
    multiplier_basis_points=st.none() | st.integers(0, 50_000),
    transfers_max=st.none() | st.integers(0, 5),
    price_max=st.none() | st.builds(Money, st.integers(0, 500), st.just("EUR")),
    price_min=st.none() | st.builds(Money, st.integers(0, 500), st.just("EUR")),
    resale_cutoff=st.none() | st.timedeltas(timedelta(0), timedelta(days=3)),
    verifications=st.frozensets(st.sampled_from(VerificationKind)),
    approved_channels=st.none() | st.frozensets(st.sampled_from(Channel)),
)


@given(st.lists(_LIMITS, max_size=4))
def test_the_limits_of_a_chain_do_not_hang_on_its_order_or_on_repetition(chain: list[ResalePolicy]) -> None:
    assert combined(tuple(chain)) == combined(tuple(chain[::-1])) == combined((*chain, *chain))
