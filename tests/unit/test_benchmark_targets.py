"""How the benchmarks judge what they measured."""

from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.audit import Audit
from tests.benchmarks.document import BEGIN, END, figures, with_figures
from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL
from tests.benchmarks.orders import figures_of
from tests.benchmarks.report import print_results
from tests.benchmarks.results import Figure, Line, Part, Results, load, save
from tests.benchmarks.targets import TARGETS, Key, Target, judged, rate_ratio, spread, time_ms


def measured(rate: float, *, callers: int = 64, p50_ms: float = 1.0, p99_ms: float = 2.0) -> Measured:
    return Measured(callers=callers, answers=100, rate=rate, p50_ms=p50_ms, p90_ms=p50_ms, p99_ms=p99_ms, max_ms=p99_ms)


def results(*lines: Line, figures: tuple[Figure, ...] = (), faults: tuple[str, ...] = ()) -> Results:
    audit = Audit(what="a run", holds=7, seats_by_state={"HELD": 28}, twice=0, faults=faults)
    part = Part(lines=list(lines), figures=list(figures), audits=[audit])
    return Results.of([part], command="make bench", facts={"processor": "2 cores"})


def batching(rate: float, *, seats: int = SEATS) -> Line:
    return Line(scenario=s.BATCHING, seats=seats, measured=measured(rate))


def pgbench(rate: float) -> Line:
    return Line(scenario=s.PGBENCH, measured=measured(rate, callers=32))


@pytest.mark.parametrize(("rate", "met"), [(1_999.0, False), (2_000.0, True), (2_001.0, True)])
def test_a_ratio_that_is_reached_exactly_is_met(rate: float, met: bool) -> None:
    verdict = judged(results(batching(rate), pgbench(1_000)))[0]
    assert (verdict.met, verdict.target) == (met, "≥ 2")
    assert verdict.measured.startswith(f"{rate / 1_000:.2f} ")
    assert "1,000/s" in verdict.limit


@pytest.mark.parametrize(("p99_ms", "met"), [(3.1, False), (3.0, True), (2.9, True)])
def test_a_bound_from_above_that_is_reached_exactly_is_met(p99_ms: float, met: bool) -> None:
    target = Target("spread", "≤", 3.0, "", spread(Key(s.HTTP_HOLDS, 64, SEATS)))
    line = Line(scenario=s.HTTP_HOLDS, seats=SEATS, measured=measured(10, p50_ms=1.0, p99_ms=p99_ms))
    assert target.judge(results(line)).met is met


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert {verdict.met for verdict in judged(results())} == {None}
    assert {verdict.met for verdict in judged(results(batching(1_000)))} == {None}


def test_a_measurement_is_found_by_scenario_callers_and_seats() -> None:
    found = results(batching(1_000), batching(900, seats=SEATS_OF_A_LARGE_HALL))
    by_size = rate_ratio(Key(s.BATCHING, 64, SEATS_OF_A_LARGE_HALL), Key(s.BATCHING, 64, SEATS))
    reading = by_size(found)
    assert reading is not None and reading.value == pytest.approx(0.9)
    assert rate_ratio(Key(s.BATCHING, 8, SEATS), Key(s.BATCHING, 64, SEATS))(found) is None
    assert rate_ratio(Key(s.PLAIN, 64, SEATS), Key(s.BATCHING, 64, SEATS))(found) is None


def test_a_latency_is_the_percentile_that_the_target_names() -> None:
    line = Line(scenario=s.BEST_AVAILABLE, seats=SEATS, measured=measured(1, callers=1, p50_ms=1.5, p99_ms=2.5))
    key = Key(s.BEST_AVAILABLE, 1, SEATS)
    readings = [time_ms(key, 50)(results(line)), time_ms(key, 99)(results(line))]
    assert [reading.value for reading in readings if reading] == [1.5, 2.5]


@pytest.mark.parametrize(("a_second", "met"), [(8.3, False), (500 / 60, True), (25.0, True)])
def test_orders_are_compared_with_the_pace_that_is_documented_of_another(a_second: float, met: bool) -> None:
    target = next(target for target in TARGETS if target.unit == "/min")
    verdict = target.judge(results(Line(scenario=s.PURCHASE, measured=measured(a_second, callers=32))))
    assert (verdict.met, verdict.target) == (met, "≥ 500/min")
    assert verdict.measured.endswith(f"({a_second * 60 / 500:.2f} ×)") and "pretix" in verdict.limit


def test_one_seat_with_two_owners_misses_the_target() -> None:
    targets = {target.what: target for target in TARGETS}
    for value, met in ((0, True), (1, False)):
        found = results(figures=(Figure(name=s.DOUBLE_OWNERS, value=value, unit=""),))
        assert targets["seats with two owners"].judge(found).met is met


def test_no_two_targets_read_alike() -> None:
    assert len({target.what for target in TARGETS}) == len(TARGETS)


def test_saved_results_are_read_back_as_they_were(tmp_path: Path) -> None:
    found = results(batching(1_234.5678), pgbench(2_000.0), figures=(Figure(name=s.SWEEP_S, value=9.5, unit="s"),))
    found = Results.of([Part(lines=found.lines, figures=found.figures, audits=found.audits)], command="x", facts={})
    path = tmp_path / "benchmarks" / "figures.json"
    save(found, path)
    read = load(path)
    assert read.lines[0].measured.rate == 1_234.568
    assert (read.lines[1], read.figures, read.audits, read.command) == (
        found.lines[1],
        found.figures,
        found.audits,
        found.command,
    )
    save(read, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == path.read_text()


def test_only_a_fault_of_an_audit_makes_results_unclean() -> None:
    assert results().clean
    assert not results(faults=("1 seats that two reservations hold",)).clean


def test_the_document_gets_its_figures_between_the_marks_and_keeps_the_rest() -> None:
    found = results(batching(4_321), pgbench(2_000))
    verdicts = judged(found)
    found = Results(
        command=found.command,
        facts=found.facts,
        lines=found.lines,
        figures=[],
        audits=found.audits,
        verdicts=verdicts,
    )
    once = with_figures(f"before\n{BEGIN}\nfrom before\n{END}\nafter\n", found)
    assert once.startswith("before\n") and once.endswith(f"{END}\nafter\n") and "from before" not in once
    assert "| hold, in batches | 20,000 | 64 | 100 | 4,321 |" in once
    assert f"| {verdicts[0].what} | ≥ 2 |" in once
    assert "make bench" in once and "2 cores" in once
    assert with_figures(once, found) == once
    with pytest.raises(ValueError, match="no place"):
        with_figures("nothing", found)


def test_what_an_order_costs_is_shown_only_where_purchases_were_measured() -> None:
    costs = tuple(figures_of(8, {"order_db": 90, "venue_db": 30, "auth_db": 0}, orders=3))
    shown = figures(results(Line(scenario=s.PURCHASE, measured=measured(9, callers=8)), figures=costs))
    assert "| SQL statements, all databases, 8 buyers | 40.0 | statements an order |" in shown
    assert "| SQL statements, order_db, 8 buyers | 30.0 | statements an order |" in shown
    assert "auth_db" not in shown and "benchmarks/purchases.svg" in shown
    assert "an order" not in figures(results()) and "purchases.svg" not in figures(results())


def test_the_document_tells_every_fault() -> None:
    assert "a run: 1 seats that two reservations hold" in figures(
        results(faults=("1 seats that two reservations hold",))
    )
    assert "no seat with two owners" in figures(results())


def test_a_person_reads_lines_audits_and_verdicts() -> None:
    found = results(batching(4_321), pgbench(2_000.0), figures=(Figure(name=s.SWEEP_S, value=9.5, unit="s"),))
    console = Console(width=200, record=True, quiet=False, file=None, force_terminal=False)
    with console.capture() as shown:
        print_results(
            console,
            Results.of([Part(lines=found.lines, figures=found.figures, audits=found.audits)], command="", facts={}),
        )
    assert "4,321" in shown.get() and "9.5 s" in shown.get() and "all adds up" in shown.get()
