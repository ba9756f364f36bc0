"""What `fairseat demo` says at its end."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from adapters.cli.demo_audit import Books, Check, is_sound, percentile
from adapters.cli.demo_fans import Outcome
from adapters.cli.demo_http import Latencies

FAILURES_SHOWN_MAX = 10
SHARES = (0.5, 0.95, 0.99, 1.0)


def print_report(
    console: Console,
    *,
    outcomes: Mapping[Outcome, int],
    failures: Sequence[str],
    books: Books,
    checks: Sequence[Check],
    latencies: Latencies,
    elapsed_s: float,
) -> None:
    """Print how the fans fared, what the books hold, how long the steps took, and whether it adds up."""
    console.print(_counts("Fans", "outcome", {outcome.value: outcomes.get(outcome, 0) for outcome in Outcome}))
    console.print(_counts("Seats", "state", Counter(books.seats.values())))
    console.print(_counts("Orders", "status", Counter(order.status for order in books.orders)))
    console.print(_latencies(latencies))
    console.print(_audit(checks))
    for failure in failures[:FAILURES_SHOWN_MAX]:
        console.print(f"  {failure}", style="red", highlight=False)
    if len(failures) > FAILURES_SHOWN_MAX:
        console.print(f"  … and {len(failures) - FAILURES_SHOWN_MAX} more", style="red", highlight=False)
    fans, bought = sum(outcomes.values()), outcomes.get(Outcome.BOUGHT, 0)
    console.print(
        f"{fans} fans in {elapsed_s:.1f} s: {fans / elapsed_s:.1f} fans/s, {bought / elapsed_s:.1f} purchases/s, "
        f"{latencies.retries} requests tried again",
        highlight=False,
    )
    if is_sound(checks):
        console.print("Everything adds up.", style="bold green")
    else:
        console.print("It does not add up.", style="bold red")


def _counts(title: str, kind: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(kind)
    table.add_column("count", justify="right")
    for name, count in sorted(counts.items()):
        table.add_row(name, str(count))
    return table


def _latencies(latencies: Latencies) -> Table:
    table = Table(title="Latency as fans saw it, in ms", title_justify="left")
    table.add_column("step")
    table.add_column("count", justify="right")
    for share in SHARES:
        table.add_column("max" if share == 1.0 else f"p{share * 100:g}", justify="right")
    for step, seconds in latencies.by_step.items():
        table.add_row(step, str(len(seconds)), *(f"{percentile(seconds, share) * 1000:,.0f}" for share in SHARES))
    return table


def _audit(checks: Sequence[Check]) -> Table:
    table = Table(title="Audit", title_justify="left")
    table.add_column("check")
    table.add_column("expected", justify="right")
    table.add_column("found", justify="right")
    table.add_column("")
    for check in checks:
        verdict = "[green]ok[/green]" if check.adds_up else "[bold red]wrong[/bold red]"
        table.add_row(check.name, f"{check.expected:,}", f"{check.found:,}", verdict)
    return table
