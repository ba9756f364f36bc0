"""The plots, drawn from saved figures as SVG with text that is text; the same figures give the same bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks import scenarios as s
from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL
from tests.benchmarks.results import Results

CONCURRENCY = "by-concurrency.svg"
PLAN_SIZE = "by-plan-size.svg"
CONTENTION = "contention.svg"
PURCHASES = "purchases.svg"
_CALLERS = 64
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fairseat",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}
_COLOURS = {s.BATCHING: "#0b6e4f", s.PLAIN: "#c8553d", s.PGBENCH: "#555b6e"}


@dataclass(frozen=True, slots=True)
class Curve:
    """A scenario by the number of its callers."""

    name: str
    callers: tuple[int, ...]
    rates: tuple[float, ...]
    p99s_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A scenario with 64 callers, or with the number of them that the name says."""

    name: str
    rate: float
    p99_ms: float


def can_draw() -> bool:
    """Tell whether what draws is installed: `make bench` and `make plots` see to it, the tests do not."""
    return find_spec("matplotlib") is not None


def curves(results: Results) -> list[Curve]:
    """Return what is drawn by concurrency; scenarios that were not measured are left out."""
    found: list[Curve] = []
    for scenario, seats in ((s.BATCHING, SEATS), (s.PLAIN, SEATS), (s.PGBENCH, 0)):
        points = results.curve(scenario, seats=seats)
        if points:
            found.append(
                Curve(
                    scenario,
                    tuple(point.callers for point in points),
                    tuple(point.rate for point in points),
                    tuple(point.p99_ms for point in points),
                )
            )
    return found


def bars(results: Results, wanted: Sequence[tuple[str, str, int]]) -> list[Bar]:
    """Return a bar for each (name, scenario, seats) that was measured with 64 callers."""
    found: list[Bar] = []
    for name, scenario, seats in wanted:
        measured = results.line(scenario, callers=_CALLERS, seats=seats)
        if measured is not None:
            found.append(Bar(name, measured.rate, measured.p99_ms))
    return found


def by_plan_size(results: Results) -> list[Bar]:
    return bars(
        results,
        [
            (f"{scenario.removeprefix('hold, ')}\n{seats:,} seats", scenario, seats)
            for scenario in (s.BATCHING, s.PLAIN)
            for seats in (SEATS, SEATS_OF_A_LARGE_HALL)
        ],
    )


def by_contention(results: Results) -> list[Bar]:
    return bars(
        results,
        [
            ("in batches\nany seats", s.BATCHING, SEATS),
            ("in batches\nsame 100", s.CONTENDED_BATCHING, SEATS),
            ("one by one\nany seats", s.PLAIN, SEATS),
            ("one by one\nsame 100", s.CONTENDED_PLAIN, SEATS),
        ],
    )


def by_buyers(results: Results) -> list[Bar]:
    return [
        Bar("1 buyer" if one.callers == 1 else f"{one.callers} buyers", one.rate, one.p99_ms)
        for one in results.curve(s.PURCHASE)
    ]


def draw(results: Results, folder: Path) -> Iterator[Path]:
    """Draw what was measured, and yield the file of each plot."""
    if drawn := curves(results):
        yield _draw_curves(drawn, folder / CONCURRENCY)
    if by_size := by_plan_size(results):
        yield _draw_bars(by_size, folder / PLAN_SIZE, "Holds of 4 seats, 64 callers, by the size of the plan")
    if contention := by_contention(results):
        yield _draw_bars(contention, folder / CONTENTION, "Answers, 64 callers, any seats and the same 100 seats")
    if purchases := by_buyers(results):
        yield _draw_bars(purchases, folder / PURCHASES, "Orders of 4 seats, from the hold to the passes")


def _draw_curves(drawn: Sequence[Curve], path: Path) -> Path:
    import matplotlib as mpl  # only installed where plots are drawn
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 3.6))
        rates, p99s = figure.subplots(1, 2)
        for curve in drawn:
            colour, dash = _COLOURS[curve.name], "--" if curve.name == s.PGBENCH else "-"
            rates.plot(curve.callers, curve.rates, dash, marker="o", color=colour, label=curve.name)
            p99s.plot(curve.callers, curve.p99s_ms, dash, marker="o", color=colour, label=curve.name)
        every = sorted({callers for curve in drawn for callers in curve.callers})
        for axes, title in ((rates, "per second"), (p99s, "p99, ms")):
            axes.set_title(title)
            axes.set_xscale("log", base=2)
            axes.set_xticks(every, [str(callers) for callers in every])
            axes.set_xlabel("callers")
        rates.set_ylim(bottom=0)
        p99s.set_yscale("log")
        rates.legend(frameon=False)
        _save(figure, path)
    return path


def _draw_bars(drawn: Sequence[Bar], path: Path, title: str) -> Path:
    import matplotlib as mpl  # only installed where plots are drawn
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 3.2))
        figure.suptitle(title)
        names = [bar.name for bar in drawn]
        colours = [_COLOURS[s.BATCHING if bar.name.startswith("in batches") else s.PLAIN] for bar in drawn]
        for axes, what, values, shown in zip(
            figure.subplots(1, 2),
            ("per second", "p99, ms"),
            ([bar.rate for bar in drawn], [bar.p99_ms for bar in drawn]),
            ("{:,.0f}", "{:.1f}"),
            strict=True,
        ):
            axes.bar_label(axes.bar(names, values, color=colours), fmt=shown)
            axes.set_title(what)
            axes.grid(visible=False, axis="x")
            axes.margins(y=0.15)
        _save(figure, path)
    return path


def _save(figure: Any, path: Path) -> None:  # Any: what draws is not known to the type checker
    """Save without date or version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
