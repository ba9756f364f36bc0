"""How the benchmarks read pgbench, put rounds together, and tell how long a sweep takes."""

from uuid import UUID

import pytest

from tests.benchmarks.arithmetic import Times
from tests.benchmarks.expiry import sweep_s
from tests.benchmarks.hall import HOT_SEATS, SEATS, SEATS_A_HOLD, SEATS_OF_A_LARGE_HALL, hot_fours, sections
from tests.benchmarks.pgbench import PgbenchRounds, counted, times_of, together
from tests.benchmarks.sweep import Swept

SHOWN = """
transaction type: <builtin: simple update>
number of transactions actually processed: 10334
number of failed transactions: 0 (0.000%)
latency average = 15.602 ms
initial connection time = 549.171 ms
tps = 4102.053567 (without initial connection time)
"""


def test_transactions_and_rate_are_read_from_what_pgbench_prints() -> None:
    assert counted(SHOWN) == (10_334, 4102.053567)


@pytest.mark.parametrize("shown", ["", SHOWN.replace("4102.053567", "0"), SHOWN.replace("tps", "latency")])
def test_a_limit_that_was_not_measured_is_an_error_and_not_a_zero(shown: str) -> None:
    with pytest.raises(ValueError, match="counted nothing"):
        counted(shown)


def test_the_log_of_pgbench_tells_microseconds_in_its_third_column() -> None:
    assert times_of(["16 1 96256 0 1795313191 404122", "6 2 2500 0 1795313191 417528"]) == (0.096256, 0.0025)


def test_rounds_of_pgbench_count_by_their_time_and_not_as_a_mean_of_rates() -> None:
    one = PgbenchRounds(clients=32, transactions=1_000, elapsed_s=1.0, sample_s=(0.1,))
    other = PgbenchRounds(clients=32, transactions=1_000, elapsed_s=3.0, sample_s=(0.3,))
    measured = together([one, other]).measured()
    assert (measured.answers, measured.rate, measured.p50_ms, measured.p99_ms) == (2_000, 500.0, 100.0, 300.0)
    with pytest.raises(ValueError, match="same clients"):
        together([one, PgbenchRounds(clients=8, transactions=1, elapsed_s=1.0, sample_s=(0.1,))])
    with pytest.raises(ValueError, match="same clients"):
        together([])


def test_rounds_of_holds_count_by_their_time_and_not_as_a_mean_of_rates() -> None:
    measured = Times.together([Times(64, [0.1] * 100, 1.0), Times(64, [0.3] * 100, 3.0)]).measured()
    assert (measured.answers, measured.rate, measured.p50_ms) == (200, 50.0, 100.0)
    with pytest.raises(ValueError, match="same number of callers"):
        Times.together([Times(64, [0.1], 1.0), Times(8, [0.1], 1.0)])
    with pytest.raises(ValueError, match="same number of callers"):
        Times.together([])


def test_a_sweep_that_was_cut_off_is_reckoned_at_its_speed() -> None:
    assert sweep_s(Swept(holds=100_000, seconds=8.0)) == 8.0
    assert sweep_s(Swept(holds=25_000, seconds=4.0)) == 16.0
    assert sweep_s(Swept(holds=0, seconds=4.0)) == float("inf")


@pytest.mark.parametrize("seats", [SEATS, SEATS_OF_A_LARGE_HALL])
def test_a_hall_has_as_many_seats_as_its_name_says(seats: int) -> None:
    assert sum(section.rows * section.columns for section in sections(seats)) == seats


def test_everybody_wants_four_different_ones_of_the_same_hundred_seats() -> None:
    seats = [UUID(int=number) for number in range(SEATS)]
    asked = hot_fours(seats, seed=1)
    wanted = [next(asked) for _ in range(1_000)]
    assert {len(set(four)) for four in wanted} == {SEATS_A_HOLD}
    assert {seat for four in wanted for seat in four} == set(seats[:HOT_SEATS])
