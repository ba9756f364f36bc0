"""What vouchers take off, for whom and for how long."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders.content import PlacesLine
from core.orders.voucher_errors import (
    InvalidVoucherError,
    VoucherExpiredError,
    VoucherMinimumError,
    VoucherNotApplicableError,
    VoucherNotStartedError,
    VoucherUnknownError,
    VoucherUsedByAccountError,
    VoucherUsedUpError,
)
from core.orders.voucher_misses import Misses, MissTerms
from core.orders.vouchers import (
    NOTE_LENGTH_MAX,
    TICKETS_MAX,
    USES_MAX,
    AmountOff,
    PercentOff,
    Reduction,
    Uses,
    Voucher,
    VoucherDeed,
    VoucherTerms,
    normalised,
)
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, OrderItemId, ReservationId, TicketId, VoucherId
from core.shared.money import Money

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STANDING, SEATED = TicketId(UUID(int=1)), TicketId(UUID(int=2))
ANN = AccountId(UUID(int=3))
TENTH = VoucherTerms(PercentOff(1_000))


def euro(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


def places(price: Money, quantity: int = 1, ticket_id: TicketId = STANDING) -> PlacesLine:
    return PlacesLine(OrderItemId(UUID(int=4)), ReservationId(UUID(int=5)), ticket_id, quantity, price)


def voucher(terms: VoucherTerms = TENTH, code: str = "EARLY-10") -> Voucher:
    return Voucher.created(VoucherId(UUID(int=6)), code=code, terms=terms, now=NOON)


def some_tickets(count: int) -> frozenset[TicketId]:
    return frozenset(TicketId(UUID(int=number)) for number in range(count))


def off(reduction: Reduction, *items: PlacesLine) -> Money:
    return voucher(VoucherTerms(reduction)).discount_on(items, now=NOON).amount


def test_a_code_is_the_same_in_capitals_and_small_letters() -> None:
    assert normalised(" early-10\n") == "EARLY-10"
    assert voucher(code=" early-10 ").code == voucher(code="Early-10").code == "EARLY-10"


@pytest.mark.parametrize("code", ["ABC", "0_1", "A" * 40, "X-Y"])
def test_a_code_has_3_to_40_plain_characters(code: str) -> None:
    assert voucher(code=code).code == code


@pytest.mark.parametrize("code", ["", "AB", "A" * 41, "-AB", "_AB", "A B C", "ÄÖÜ", "A:B", "ABC\u0000"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidVoucherError) as refused:
        voucher(code=code)
    assert [problem.pointer for problem in refused.value.problems] == ["/code"]


def test_a_share_is_taken_of_the_sum_and_exact_halves_go_up() -> None:
    assert off(PercentOff(1_000), places(euro(2_500), 2)) == euro(500)
    assert off(PercentOff(5_000), places(euro(1))) == euro(1)
    assert off(PercentOff(4_999), places(euro(1))) == euro(0)
    # One by one three times 33.5 would be 102; together it is 100.5.
    assert off(PercentOff(1_000), places(euro(335), 3)) == euro(101)
    assert off(PercentOff(1), places(Money(5_000, "JPY"))) == Money(1, "JPY")


def test_all_of_it_is_the_most_that_comes_off() -> None:
    assert off(PercentOff(10_000), places(euro(2_501), 3)) == euro(7_503)
    assert off(AmountOff(euro(7_503)), places(euro(2_501), 3)) == euro(7_503)
    assert off(AmountOff(euro(7_504)), places(euro(2_501), 3)) == euro(7_503)
    assert off(AmountOff(euro(100)), places(euro(0))) == euro(0)


@given(
    price_minor=st.integers(min_value=0, max_value=10**8),
    quantity=st.integers(min_value=1, max_value=50),
    reduction=st.one_of(
        st.integers(min_value=1, max_value=10_000).map(PercentOff),
        st.integers(min_value=1, max_value=10**9).map(lambda minor: AmountOff(euro(minor))),
    ),
)
def test_what_comes_off_is_between_nothing_and_everything(
    price_minor: int, quantity: int, reduction: Reduction
) -> None:
    assert 0 <= off(reduction, places(euro(price_minor), quantity)).amount_minor <= price_minor * quantity


def test_a_code_for_some_tickets_takes_off_those_alone() -> None:
    terms = VoucherTerms(AmountOff(euro(5_000)), ticket_ids=frozenset({SEATED}))
    both = [places(euro(2_000)), places(euro(1_000), 3, SEATED)]
    discount = voucher(terms).discount_on(both, now=NOON)
    assert (discount.code, discount.name, discount.amount) == ("voucher:EARLY-10", "EARLY-10", euro(3_000))
    with pytest.raises(VoucherNotApplicableError):
        voucher(terms).discount_on(both[:1], now=NOON)


def test_an_amount_in_another_currency_does_not_apply() -> None:
    with pytest.raises(VoucherNotApplicableError):
        off(AmountOff(euro(100)), places(Money(5_000, "CHF")))
    with pytest.raises(VoucherNotApplicableError):
        voucher(replace(TENTH, minimum_total=euro(1))).discount_on([places(Money(5_000, "CHF"))], now=NOON)
    assert off(PercentOff(1_000), places(Money(5_000, "CHF"))) == Money(500, "CHF")


def test_the_minimum_counts_all_items_before_anything_comes_off() -> None:
    terms = replace(TENTH, minimum_total=euro(5_000), ticket_ids=frozenset({SEATED}))
    enough = [places(euro(4_000)), places(euro(1_000), 1, SEATED)]
    assert voucher(terms).discount_on(enough, now=NOON).amount == euro(100)
    too_small = [places(euro(3_999)), enough[1]]
    with pytest.raises(VoucherMinimumError, match=r"50\.00 EUR"):
        voucher(terms).discount_on(too_small, now=NOON)


def test_a_code_counts_from_its_first_moment_until_just_before_its_last() -> None:
    timed = voucher(replace(TENTH, valid_from=NOON, valid_until=NOON + HOUR))
    just = timedelta(microseconds=1)
    timed.must_count(now=NOON)
    timed.must_count(now=NOON + HOUR - just)
    with pytest.raises(VoucherNotStartedError):
        timed.must_count(now=NOON - just)
    with pytest.raises(VoucherExpiredError):
        timed.must_count(now=NOON + HOUR)


def test_a_code_that_is_not_active_is_not_known() -> None:
    with pytest.raises(VoucherUnknownError):
        voucher(replace(TENTH, active=False)).discount_on([places(euro(100))], now=NOON)


def test_the_last_use_is_allowed_and_no_more() -> None:
    limited = voucher(replace(TENTH, uses_max=10, uses_per_account_max=2))
    limited.must_have_room(Uses(in_all=9, of_account=1))
    with pytest.raises(VoucherUsedUpError):
        limited.must_have_room(Uses(in_all=10, of_account=0))
    with pytest.raises(VoucherUsedByAccountError):
        limited.must_have_room(Uses(in_all=9, of_account=2))
    voucher().must_have_room(Uses(in_all=10**6, of_account=10**6))


@pytest.mark.parametrize(
    ("pointer", "terms"),
    [
        ("/reduction/rateBasisPoints", lambda: VoucherTerms(PercentOff(0))),
        ("/reduction/rateBasisPoints", lambda: VoucherTerms(PercentOff(10_001))),
        ("/reduction/amount", lambda: VoucherTerms(AmountOff(euro(0)))),
        ("/minimumTotal", lambda: replace(TENTH, minimum_total=euro(0))),
        ("/minimumTotal", lambda: VoucherTerms(AmountOff(euro(5)), minimum_total=Money(1, "CHF"))),
        ("/usesMax", lambda: replace(TENTH, uses_max=0)),
        ("/usesMax", lambda: replace(TENTH, uses_max=USES_MAX + 1)),
        ("/usesPerAccountMax", lambda: replace(TENTH, uses_per_account_max=0)),
        ("/validUntil", lambda: replace(TENTH, valid_from=NOON, valid_until=NOON)),
        ("/ticketIds", lambda: replace(TENTH, ticket_ids=some_tickets(TICKETS_MAX + 1))),
        ("/note", lambda: replace(TENTH, note="x" * (NOTE_LENGTH_MAX + 1))),
    ],
)  # fmt: skip
def test_terms_that_could_never_be_meant_are_refused(pointer: str, terms: Callable[[], VoucherTerms]) -> None:
    with pytest.raises(InvalidVoucherError) as refused:
        terms()
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_terms_at_their_limits_are_accepted_and_every_fault_is_named() -> None:
    VoucherTerms(
        AmountOff(euro(1)),
        minimum_total=euro(1),
        uses_max=USES_MAX,
        uses_per_account_max=1,
        ticket_ids=some_tickets(TICKETS_MAX),
        note="x" * NOTE_LENGTH_MAX,
    )
    with pytest.raises(InvalidVoucherError) as refused:
        VoucherTerms(PercentOff(0), uses_max=0, valid_from=NOON, valid_until=NOON)
    assert len(refused.value.problems) == 3


def test_a_change_tells_who_did_what_to_which_members() -> None:
    first = voucher()
    assert first.change_from(None, by=ANN).deed is VoucherDeed.CREATED
    second = first.changed(replace(TENTH, uses_max=5, note="less"), expected_version=1, now=NOON + HOUR)
    change = second.change_from(first.terms, by=ANN)
    assert (change.version, change.at, change.by, change.deed) == (2, NOON + HOUR, ANN, VoucherDeed.CHANGED)
    assert change.members == ("uses_max", "note")
    third = second.changed(replace(second.terms, active=False), expected_version=2, now=NOON + HOUR)
    assert third.change_from(second.terms, by=ANN).deed is VoucherDeed.DEACTIVATED
    with pytest.raises(StaleVersionError):
        third.changed(TENTH, expected_version=2, now=NOON)


def test_unknown_codes_are_counted_within_a_window() -> None:
    terms = MissTerms(misses_max=2, window_s=60)
    first = terms.after(None, now=NOON)
    assert first == Misses(1, NOON)
    assert terms.wait_s(None, now=NOON) == terms.wait_s(first, now=NOON) == 0
    second = terms.after(first, now=NOON + timedelta(seconds=59))
    assert second == Misses(2, NOON)
    assert terms.wait_s(second, now=NOON + timedelta(seconds=20)) == 40
    assert terms.wait_s(second, now=NOON + timedelta(seconds=59.5)) == 1
    later = NOON + timedelta(seconds=60)
    assert terms.wait_s(second, now=later) == 0
    assert terms.after(second, now=later) == Misses(1, later)
