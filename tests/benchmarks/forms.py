"""Purchases from one process beside purchases from services in processes of their own, on the same machine.

The first is `fairseat up`, the second `fairseat up --split`, with a gateway, gRPC and RabbitMQ between its parts. They
stand one after the other, each with a PostgreSQL and a stand-in for Stripe of its own. Buyers are in a process of
their own.
"""

from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks.bench import Bench
from tests.benchmarks.hall import SEATS
from tests.benchmarks.instances import fairseat
from tests.benchmarks.orders import TIMES_A_ROUND
from tests.benchmarks.orders_sale import on_sale, surroundings
from tests.benchmarks.results import Line, Part

BUYERS = (1, 8)


def measure_forms(bench: Bench) -> Part:
    """Measure the same numbers of buyers in both forms."""
    found = Part(lines=[])
    for form, options in ((s.ONE_PROCESS, ()), (s.APART, ("--split",))):
        bench.say(f"starting `{' '.join(('fairseat up', *options))}`")
        folder, port = bench.folder / f"form-{form.replace(' ', '-')}", free_port()
        arguments = ("--folder", str(folder / "data"), *options)
        with (
            surroundings(bench, folder, api_port=port) as around,
            fairseat(folder, "up", port, around.environment, *arguments, path="/health/ready"),
            on_sale(bench, around, port=port) as sale,
        ):
            for buyers in BUYERS:
                what = s.purchase_in(form)
                bench.say(f"{s.so_many(buyers)}: {what}")
                wishes_max = SEATS // 4 // (len(BUYERS) + 1)
                bought = sale.bought(buyers=buyers, seconds_max=TIMES_A_ROUND * bench.seconds, wishes_max=wishes_max)
                found.audits.append(sale.audit(bench, f"{what}, {s.so_many(buyers)}"))
                found.lines.append(Line(scenario=what, measured=bought.times.measured()))
    return found
