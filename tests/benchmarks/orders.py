"""Purchases over HTTP, from the hold to the passes: serve, worker and Stripe's stand-in apart, all on this machine.

Hold, order, payment, the buyer's confirmation at the stand-in (which answers and sends its webhook at once), until the
order is CONFIRMED and its passes can be read. Every order is for four seats of one and the same event.
"""

import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import httpx
import msgspec

from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.readiness import free_port
from tests.benchmarks import scenarios as s
from tests.benchmarks import stripe_apart
from tests.benchmarks.arithmetic import Measured
from tests.benchmarks.bench import Bench
from tests.benchmarks.buyers import PATIENCE_S, STEPS, Bought, Buying, Wish
from tests.benchmarks.hall import SEATS, fours
from tests.benchmarks.instances import ROOT, databases, fairseat, kept_settings, running
from tests.benchmarks.orders_audit import audit_orders
from tests.benchmarks.organiser import GUESTS, Organiser
from tests.benchmarks.results import Figure, Line, Part
from tests.benchmarks.settling import settle
from tests.benchmarks.statements import Statements
from tests.servers import PostgresServer

BUYERS = (1, 8, 32)
TIMES_A_ROUND = 3
"""A purchase is long, so a round takes so many times the seconds that a round of holds does."""


@dataclass(slots=True)
class _Sale:
    """One event on sale, and what was bought of it so far."""

    postgres: PostgresServer
    statements: Statements
    port: int
    stripe_port: int
    organiser: Organiser
    plan_id: str
    wishes: Iterator[Wish]
    orders: int = 0

    def taken_minor(self) -> int:
        """Return what Stripe's stand-in took."""
        answer = httpx.get(f"http://127.0.0.1:{self.stripe_port}{stripe_apart.READY}").raise_for_status()
        return int(answer.json()["taken"])


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


def _round(bench: Bench, sale: _Sale, found: Part, *, buyers: int) -> None:
    bench.say(f"{s.so_many(buyers)}: {s.PURCHASE}")
    bench.run(sale.statements.begin())
    bought = _bought(sale, buyers=buyers, seconds_max=TIMES_A_ROUND * bench.seconds)
    sale.orders += bought.orders
    found.audits.append(
        bench.run(
            audit_orders(
                sale.postgres,
                what=f"{s.PURCHASE}, {s.so_many(buyers)}",
                seats=SEATS,
                orders=sale.orders,
                taken_minor=sale.taken_minor(),
            )
        )
    )
    counts = bench.run(sale.statements.count())
    found.lines.append(Line(scenario=s.PURCHASE, measured=bought.times.measured()))
    for step in STEPS:
        measured = Measured.of(bought.steps_s[step], callers=buyers, elapsed_s=bought.times.elapsed_s)
        found.lines.append(Line(scenario=s.purchase_step(step), measured=measured))
    if counts:
        found.figures.extend(figures_of(buyers, counts, orders=bought.orders))
        commits = bench.run(sale.statements.commits()) / bought.orders
        found.figures.append(Figure(name=s.transactions(buyers), value=commits, unit=s.TRANSACTIONS_UNIT))
    asked_again = bought.asked_again / bought.orders
    found.figures.append(Figure(name=s.asked_again(buyers), value=asked_again, unit=s.ASKED_AGAIN_UNIT))


def _bought(sale: _Sale, *, buyers: int, seconds_max: float) -> Bought:
    buying = Buying(
        port=sale.port,
        stripe_port=sale.stripe_port,
        publishable_key=stripe_apart.PUBLISHABLE_KEY,
        organisation_id=sale.organiser.organisation_id,
        plan_id=sale.plan_id,
        buyers=buyers,
        seconds_max=seconds_max,
        wishes=list(islice(sale.wishes, SEATS // 4 // (len(BUYERS) + 1))),
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.buyers"],
        input=msgspec.json.encode(buying),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        timeout=2 * (seconds_max + PATIENCE_S),
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Bought)


@contextmanager
def _on_sale(bench: Bench) -> Iterator[_Sale]:
    """Run everything, on a durable PostgreSQL that counts statements, as long as the block lasts."""
    folder = bench.folder / "orders"
    folder.mkdir(mode=0o711)
    port, stripe_port, up_port = free_port(), free_port(), free_port()
    webhook_url = f"http://127.0.0.1:{port}/api/v1/webhooks/stripe"
    with EmbeddedPostgres(folder / "postgres", durable=True, password=secrets.token_urlsafe()) as server:
        statements = Statements(server)
        bench.run(statements.prepare())
        postgres = PostgresServer(server.admin_url("postgres"), {})
        environment = databases(postgres) | stripe_apart.SETTINGS
        environment["FAIRSEAT_STRIPE_API_URL"] = f"http://127.0.0.1:{stripe_port}"
        with (
            running(
                folder,
                "Stripe's stand-in",
                "tests.benchmarks.stripe_apart",
                str(stripe_port),
                webhook_url,
                port=stripe_port,
                path=stripe_apart.READY,
                environment={},
            ),
            fairseat(folder, "up", up_port, environment, "--folder", str(folder / "data")),
            fairseat(folder, "serve", port, environment | kept_settings(folder / "data")),
            Organiser(port) as organiser,
        ):
            plan_id, seat_ids = organiser.plan_on_sale()
            tokens = organiser.guests()
            bench.run(settle(postgres.named("venue_db").admin_url, "seats"))
            wishes = (
                Wish(token=tokens[number % GUESTS], seat_ids=four)
                for number, four in enumerate(fours(seat_ids, seed=1))
            )
            yield _Sale(postgres, statements, port, stripe_port, organiser, plan_id, wishes)
