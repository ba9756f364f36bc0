"""Purchases over HTTP, from the hold to the passes: serve, worker and Stripe's stand-in apart, all on this machine.

Hold, order, payment, the buyer's confirmation at the stand-in (which answers and sends its webhook at once), until the
order is CONFIRMED and its passes can be read. Every order is for four seats of one and the same event.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.bench import Bench
from tests.benchmarks.buyers import STEPS
from tests.benchmarks.hall import SEATS
from tests.benchmarks.instances import fairseat, kept_settings
from tests.benchmarks.orders_sale import Sale, on_sale, surroundings
from tests.benchmarks.results import Figure, Line, Part

BUYERS = (1, 8, 32)
TIMES_A_ROUND = 3
"""A purchase is long, so a round takes so many times the seconds that a round of holds does."""


def measure_orders(bench: Bench) -> Part:
    """Measure purchases of one event with rising numbers of buyers, and count what PostgreSQL is asked for each."""
    found = Part(lines=[])
    bench.say("starting PostgreSQL, Stripe's stand-in, `fairseat up` and `fairseat serve` for purchases")
    with _on_sale(bench) as sale:
        for buyers in BUYERS[1:] if bench.quick else BUYERS:
            _round(bench, sale, found, buyers=buyers)
    return found


def figures_of(buyers: int, counts: Mapping[str, int], *, orders: int) -> Iterator[Figure]:
    """Yield the statements for each order, by database and in all; databases that nobody asked are left out."""
    yield Figure(
        name=s.statements("all databases", buyers), value=sum(counts.values()) / orders, unit=s.STATEMENTS_UNIT
    )
    for database, count in sorted(counts.items()):
        if count:
            yield Figure(name=s.statements(database, buyers), value=count / orders, unit=s.STATEMENTS_UNIT)


def _round(bench: Bench, sale: Sale, found: Part, *, buyers: int) -> None:
    bench.say(f"{s.so_many(buyers)}: {s.PURCHASE}")
    statements = sale.around.statements
    bench.run(statements.begin())
    wishes_max = SEATS // 4 // (len(BUYERS) + 1)
    bought = sale.bought(buyers=buyers, seconds_max=TIMES_A_ROUND * bench.seconds, wishes_max=wishes_max)
    found.audits.append(sale.audit(bench, f"{s.PURCHASE}, {s.so_many(buyers)}"))
    counts = bench.run(statements.count())
    found.lines.append(Line(scenario=s.PURCHASE, measured=bought.times.measured()))
    for step in STEPS:
        measured = Measured.of(bought.steps_s[step], callers=buyers, elapsed_s=bought.times.elapsed_s)
        found.lines.append(Line(scenario=s.purchase_step(step), measured=measured))
    if counts:
        found.figures.extend(figures_of(buyers, counts, orders=bought.orders))
        commits = bench.run(statements.commits()) / bought.orders
        found.figures.append(Figure(name=s.transactions(buyers), value=commits, unit=s.TRANSACTIONS_UNIT))
    asked_again = bought.asked_again / bought.orders
    found.figures.append(Figure(name=s.asked_again(buyers), value=asked_again, unit=s.ASKED_AGAIN_UNIT))


@contextmanager
def _on_sale(bench: Bench) -> Iterator[Sale]:
    """Run everything as long as the block lasts."""
    folder, port = bench.folder / "orders", free_port()
    with (
        surroundings(bench, folder, api_port=port) as around,
        fairseat(folder, "up", free_port(), around.environment, "--folder", str(folder / "data")),
        fairseat(folder, "serve", port, around.environment | kept_settings(folder / "data")),
        on_sale(bench, around, port=port) as sale,
    ):
        yield sale
