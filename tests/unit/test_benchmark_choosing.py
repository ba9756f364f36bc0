"""The measurement of choosing seats still measures something; how fast it is, is not for a test to say."""

from tests.benchmarks.best_available import PARTY, TOGETHER, measure


def test_each_way_of_choosing_is_measured_in_each_hall() -> None:
    choices = measure(sizes=(1_000, 2_000), times=2, party_seats=2_000, party_times=1)
    assert len({(choice.seats, choice.what) for choice in choices}) == len(choices) == 2 * 7 + 4
    assert {choice.seats for choice in choices if f"{TOGETHER} together" in choice.what} == {1_000, 2_000}
    assert sum(f"party of {PARTY}" in choice.what for choice in choices) == 4
    for choice in choices:
        assert 0 < choice.wall.p50_ms <= choice.wall.p99_ms and choice.processor.p50_ms <= choice.processor.p99_ms
