"""What the plots show, and that they are the same whenever the figures are."""

from pathlib import Path

import pytest

from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.document import with_figures
from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL
from tests.benchmarks.plots import Bar, by_buyers, by_contention, by_plan_size, can_draw, curves, draw
from tests.benchmarks.publishing import DOCUMENT, PUBLISHED, publish
from tests.benchmarks.results import Line, Results, load

ROOT = Path(__file__).resolve().parents[2]
BYTES_MAX = 60_000
drawing = pytest.mark.skipif(not can_draw(), reason="what draws plots is only installed by `make bench`")


def line(scenario: str, callers: int, rate: float, *, seats: int = SEATS) -> Line:
    measured = Measured(callers=callers, answers=10, rate=rate, p50_ms=1, p90_ms=2, p99_ms=callers / 2, max_ms=9)
    return Line(scenario=scenario, seats=seats, measured=measured)


def full() -> Results:
    lines = [
        *(line(s.BATCHING, callers, 1_000 + callers) for callers in (64, 1, 256, 8)),
        *(line(s.PLAIN, callers, 500 + callers) for callers in (1, 8, 64, 256)),
        *(line(s.PGBENCH, clients, 700 + clients, seats=0) for clients in (1, 32)),
        line(s.BATCHING, 64, 990, seats=SEATS_OF_A_LARGE_HALL),
        line(s.CONTENDED_BATCHING, 64, 3_000),
    ]
    return Results(command="make bench", facts={}, lines=lines, figures=[], audits=[])


def test_a_curve_rises_by_callers_and_has_no_point_that_was_not_measured() -> None:
    batching, plain, limit = curves(full())
    assert (batching.name, batching.callers, batching.rates) == (s.BATCHING, (1, 8, 64, 256), (1001, 1008, 1064, 1256))
    assert plain.callers == (1, 8, 64, 256)
    assert (limit.name, limit.callers, limit.p99s_ms) == (s.PGBENCH, (1, 32), (0.5, 16))


def test_bars_compare_what_was_measured_with_as_many_callers() -> None:
    assert by_plan_size(full()) == [
        Bar("in batches\n20,000 seats", 1064, 32),
        Bar("in batches\n100,000 seats", 990, 32),
        Bar("one by one\n20,000 seats", 564, 32),
    ]
    assert [bar.rate for bar in by_contention(full())] == [1064, 3000, 564]


def test_purchases_are_drawn_by_the_number_of_their_buyers() -> None:
    lines = [line(s.PURCHASE, buyers, 10 * buyers, seats=0) for buyers in (32, 1, 8)]
    found = Results(command="make bench", facts={}, lines=lines, figures=[], audits=[])
    assert by_buyers(found) == [Bar("1 buyer", 10, 0.5), Bar("8 buyers", 80, 4), Bar("32 buyers", 320, 16)]
    assert by_buyers(full()) == []


def test_nothing_measured_draws_nothing(tmp_path: Path) -> None:
    nothing = Results(command="make bench", facts={}, lines=[], figures=[], audits=[])
    assert list(draw(nothing, tmp_path)) == []


@drawing
def test_the_same_figures_give_the_same_small_files_with_text_that_is_text(tmp_path: Path) -> None:
    first = list(draw(full(), tmp_path / "first"))
    second = list(draw(full(), tmp_path / "second"))
    assert [path.name for path in first] == ["by-concurrency.svg", "by-plan-size.svg", "contention.svg"]
    for path, again in zip(first, second, strict=True):
        assert path.read_bytes() == again.read_bytes()
        assert path.stat().st_size < BYTES_MAX
        assert "p99, ms</text>" in path.read_text()


def test_figures_that_are_not_the_published_ones_leave_the_document_alone(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text("{}")
    before = (ROOT / DOCUMENT).read_text()
    written = list(publish(full(), path, root=ROOT))
    assert written[0] == path and ROOT / DOCUMENT not in written
    assert (ROOT / DOCUMENT).read_text() == before


def test_the_document_shows_the_figures_that_are_published() -> None:
    document = (ROOT / DOCUMENT).read_text()
    assert with_figures(document, load(ROOT / PUBLISHED)) == document, "run `make plots`"


@pytest.mark.parametrize("name", ["by-concurrency.svg", "by-plan-size.svg", "contention.svg"])
def test_the_document_shows_a_plot_of_the_published_figures(name: str) -> None:
    assert (ROOT / PUBLISHED).with_name(name).is_file()
    assert f"benchmarks/{name})" in (ROOT / DOCUMENT).read_text()
