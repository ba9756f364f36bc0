"""The tables that a person reads."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tests.benchmarks.audit import Audit
from tests.benchmarks.results import Line, Results, Verdict

_WORDS = {True: "[green]met[/]", False: "[red]not met[/]", None: "[dim]not measured[/]"}


def print_facts(console: Console, facts: Mapping[str, str]) -> None:
    table = Table("fact", "value", title="Where this was measured", title_justify="left")
    for name, value in facts.items():
        table.add_row(name, value)
    console.print(table)


def print_results(console: Console, results: Results) -> None:
    """Print lines, audits and verdicts."""
    console.print(lines_table(results.lines))
    for figure in results.figures:
        console.print(f"{figure.name}: {figure.value:,.4g} {figure.unit}".rstrip(), highlight=False)
    console.print(audits_table(results.audits))
    console.print(verdicts_table(results.verdicts))


def lines_table(lines: Sequence[Line]) -> Table:
    table = Table("what", "seats", "callers", title="What was measured", title_justify="left")
    for heading in ("answers", "per second", "p50 ms", "p90 ms", "p99 ms", "max ms"):
        table.add_column(heading, justify="right")
    for line in lines:
        one = line.measured
        table.add_row(
            line.scenario,
            f"{line.seats:,}" if line.seats else "",
            str(one.callers),
            f"{one.answers:,}",
            f"{one.rate:,.0f}",
            *(f"{value:.2f}" for value in (one.p50_ms, one.p90_ms, one.p99_ms, one.max_ms)),
        )
    return table


def audits_table(audits: Sequence[Audit]) -> Table:
    table = Table("after", "holds", "seats by state", "verdict", title="Audit", title_justify="left")
    for one in audits:
        states = ", ".join(f"{state} {seats:,}" for state, seats in one.seats_by_state.items())
        table.add_row(one.what, f"{one.holds:,}", states, "\n".join(one.faults) or "no seat twice, all adds up")
    return table


def verdicts_table(verdicts: Sequence[Verdict]) -> Table:
    table = Table("measure", "target", "measured", "beside", "", title="Targets", title_justify="left")
    for one in verdicts:
        table.add_row(one.what, one.target, one.measured, one.limit, _WORDS[one.met])
    return table
