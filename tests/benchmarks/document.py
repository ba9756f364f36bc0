"""The tables of docs/performance.md, written from saved figures."""

from collections.abc import Iterable, Sequence

from tests.benchmarks import scenarios as s
from tests.benchmarks.plots import PURCHASES
from tests.benchmarks.results import Line, Results, Verdict

BEGIN = "<!-- figures: written by `make bench` and `make plots` -->"
END = "<!-- end of the figures -->"
_WORDS = {True: "met", False: "**not met**", None: "not measured"}


def with_figures(document: str, results: Results) -> str:
    """Return the document with these figures between its marks; raises ValueError where the marks are missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no place for figures")
    return f"{before}{BEGIN}\n\n{figures(results)}\n{END}{after}"


def figures(results: Results) -> str:
    """Return machine, command, targets, lines and audits as Markdown."""
    faults = [f"{audit.what}: {fault}" for audit in results.audits for fault in audit.faults]
    seen = f"{len(results.audits)} audits, {sum(audit.holds for audit in results.audits):,} holds granted: "
    blocks = [
        f"`{results.command}`",
        _table(("where", ""), results.facts.items()),
        "### Targets",
        _targets(results.verdicts),
        "### Lines",
        _lines(results.lines),
        *_purchases(results),
        *_sight(results),
        seen + ("; ".join(faults) or "no seat with two owners, and everything adds up."),
    ]
    return "\n\n".join(blocks) + "\n"


def _targets(verdicts: Sequence[Verdict]) -> str:
    rows = ((one.what, one.target, one.measured, one.limit, _WORDS[one.met]) for one in verdicts)
    return _table(("measure", "target", "measured", "beside", ""), rows)


def _lines(lines: Sequence[Line]) -> str:
    return _table(
        ("what", "seats", "callers", "answers", "per second", "p50 ms", "p90 ms", "p99 ms", "max ms"),
        (
            (
                line.scenario,
                f"{line.seats:,}" if line.seats else "",
                f"{line.measured.callers:,}",
                f"{line.measured.answers:,}",
                f"{line.measured.rate:,.0f}",
                f"{line.measured.p50_ms:.2f}",
                f"{line.measured.p90_ms:.2f}",
                f"{line.measured.p99_ms:.2f}",
                f"{line.measured.max_ms:.1f}",
            )
            for line in lines
        ),
    )


def _purchases(results: Results) -> Iterable[str]:
    """Yield what an order costs PostgreSQL and its plot, where purchases were measured."""
    rows = [
        (figure.name, f"{figure.value:,.1f}", figure.unit) for figure in results.figures if figure.unit in s.ORDER_UNITS
    ]
    if rows:
        yield "### What an order costs"
        yield _table(("what", "number", ""), rows)
    if results.curve(s.PURCHASE):
        yield f"![Orders a second and p99 of a purchase by the number of buyers](benchmarks/{PURCHASES})"


def _sight(results: Results) -> Iterable[str]:
    """Yield what an answer costs the process that gives it, by who watches, where that was measured."""
    rows = [(each.name, f"{each.value:,.0f}", each.unit) for each in results.figures if each.unit == s.SIGHT_UNIT]
    if rows:
        yield "### What being watched costs"
        yield _table(("an answer", "number", ""), rows)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    every = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in every)
