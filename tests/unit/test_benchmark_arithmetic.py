"""What the benchmarks work out of the times they take."""

from uuid import UUID

import pytest

from tests.benchmarks.arithmetic import Measured, percentile
from tests.benchmarks.hall import SEATS, SEATS_A_HOLD, fours

HUNDRED = [float(number) for number in range(100, 0, -1)]


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1.0), (50, 50.0), (50.1, 51.0), (99, 99.0), (99.1, 100.0), (100, 100.0)]
)
def test_a_percentile_is_the_nearest_rank_whatever_the_order(percent: float, expected: float) -> None:
    assert percentile(HUNDRED, percent) == expected


def test_the_only_time_is_every_percentile() -> None:
    assert [percentile([0.2], percent) for percent in (0.1, 50, 100)] == [0.2, 0.2, 0.2]


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_there_is_no_percentile_outside_of_a_hundred(percent: float) -> None:
    with pytest.raises(ValueError, match="no percentile"):
        percentile(HUNDRED, percent)


def test_nothing_measured_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(ValueError, match="no times"):
        Measured.of([], callers=1, elapsed_s=1)
    with pytest.raises(ValueError, match="takes time"):
        Measured.of([0.1], callers=1, elapsed_s=0)


def test_the_rate_counts_the_elapsed_time_and_not_the_sum_of_all_callers_times() -> None:
    measured = Measured.of([0.5] * 8, callers=4, elapsed_s=1.0)
    assert (measured.answers, measured.rate, measured.p50_ms, measured.p99_ms) == (8, 8.0, 500.0, 500.0)


def test_a_sample_tells_the_latency_of_more_answers_than_it_has_times() -> None:
    measured = Measured.of([0.1, 0.2], callers=8, elapsed_s=2.0, answers=20)
    assert (measured.answers, measured.rate, measured.p50_ms, measured.max_ms) == (20, 10.0, 100.0, 200.0)


def test_the_deck_deals_every_seat_once_and_the_same_way_for_the_same_seed() -> None:
    seats = [UUID(int=number) for number in range(SEATS)]
    dealt = list(fours(seats, seed=1))
    assert {len(four) for four in dealt} == {SEATS_A_HOLD}
    assert sorted(seat for four in dealt for seat in four) == seats
    assert dealt == list(fours(seats, seed=1))
    assert dealt != list(fours(seats, seed=2))
