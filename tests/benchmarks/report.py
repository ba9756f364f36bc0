"""The tables that a person reads."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.benchmarks.adapter import AdapterRun
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.audit import Audit
from tests.benchmarks.over_http import HttpRun


def print_facts(console: Console, facts: dict[str, str]) -> None:
    table = Table("fact", "value", title="Where this was measured", title_justify="left")
    for name, value in facts.items():
        table.add_row(name, value)
    console.print(table)


def print_adapter(console: Console, runs: Sequence[AdapterRun]) -> None:
    table = _table("Holds of 4 of 20,000 seats through the use case, on PostgreSQL")
    for run in runs:
        _row(table, run.one_row, "update one row", "limit")
        _row(table, run.four_seats, "update 4 seats, nothing else", _share(run.four_seats, run.one_row, "one row"))
        for holds, what in ((run.holds, "hold, one by one"), (run.batched, "hold, in batches")):
            shares = f"{_share(holds, run.one_row, 'one row')}, {_share(holds, run.four_seats, '4 seats')}"
            _row(table, holds, what, shares, last=holds is run.batched)
    console.print(table)


def print_http(console: Console, runs: Sequence[HttpRun]) -> None:
    table = _table("Holds of 4 of 20,000 seats over HTTP, with a token, on one `fairseat up`")
    for run in runs:
        _row(table, run.live, "GET /health/live", "limit")
        _row(table, run.holds, "POST …/holds", _share(run.holds, run.live, "health"), last=True)
    console.print(table)


def print_audits(console: Console, audits: Sequence[Audit]) -> bool:
    """Print what was found after each run, and return whether all was well."""
    table = Table("after", "holds so far", "seats by state", "verdict", title="Audit", title_justify="left")
    for one in audits:
        states = ", ".join(f"{state} {seats:,}" for state, seats in one.seats_by_state.items())
        table.add_row(one.what, f"{one.holds:,}", states, "\n".join(one.faults) or "no seat twice, all adds up")
    console.print(table)
    return not any(one.faults for one in audits)


def _table(title: str) -> Table:
    table = Table("callers", "what", title=title, title_justify="left")
    for heading in ("answers", "per second", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    table.add_column("share of the limit")
    return table


def _row(table: Table, measured: Measured, what: str, shares: str, *, last: bool = False) -> None:
    table.add_row(
        str(measured.callers),
        what,
        f"{measured.answers:,}",
        f"{measured.rate:,.0f}",
        f"{measured.p50_ms:.2f}",
        f"{measured.p99_ms:.2f}",
        shares,
        end_section=last,
    )


def _share(measured: Measured, limit: Measured, name: str) -> str:
    return f"{measured.share_of(limit):.2f} of {name}"
