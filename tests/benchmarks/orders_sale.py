"""One event on sale for measurements of purchases: Stripe's stand-in, PostgreSQL, Fairseat and its buyers."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import httpx
import msgspec

from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.readiness import free_port
from tests.benchmarks import stripe_apart
from tests.benchmarks.audit import Audit
from tests.benchmarks.bench import Bench
from tests.benchmarks.buyers import PATIENCE_S, Bought, Buying, Wish
from tests.benchmarks.hall import SEATS, fours
from tests.benchmarks.instances import ROOT, databases, running
from tests.benchmarks.orders_audit import audit_orders
from tests.benchmarks.organiser import GUESTS, Organiser
from tests.benchmarks.settling import settle
from tests.benchmarks.statements import Statements
from tests.servers import PostgresServer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What Fairseat is told of: a durable PostgreSQL that counts statements, and Stripe's stand-in."""

    postgres: PostgresServer
    statements: Statements
    stripe_port: int
    environment: dict[str, str]


@dataclass(slots=True)
class Sale:
    """One event on sale, and what was bought of it so far."""

    around: Surroundings
    port: int
    organiser: Organiser
    plan_id: str
    wishes: Iterator[Wish]
    orders: int = 0

    def bought(self, *, buyers: int, seconds_max: float, wishes_max: int) -> Bought:
        """Let so many buyers buy at a time."""
        buying = Buying(
            port=self.port,
            stripe_port=self.around.stripe_port,
            publishable_key=stripe_apart.PUBLISHABLE_KEY,
            organisation_id=self.organiser.organisation_id,
            plan_id=self.plan_id,
            buyers=buyers,
            seconds_max=seconds_max,
            wishes=list(islice(self.wishes, wishes_max)),
        )
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.buyers"],
            input=msgspec.json.encode(buying),
            stdout=subprocess.PIPE,
            cwd=ROOT,
            timeout=2 * (seconds_max + PATIENCE_S),
            check=True,
        )
        found = msgspec.json.decode(done.stdout, type=Bought)
        self.orders += found.orders
        return found

    def audit(self, bench: Bench, what: str) -> Audit:
        """Compare what was bought so far with every database, and with what Stripe's stand-in took."""
        answer = httpx.get(f"http://127.0.0.1:{self.around.stripe_port}{stripe_apart.READY}").raise_for_status()
        taken_minor = int(answer.json()["taken"])
        postgres = self.around.postgres
        return bench.run(audit_orders(postgres, what=what, seats=SEATS, orders=self.orders, taken_minor=taken_minor))


@contextmanager
def surroundings(bench: Bench, folder: Path, *, api_port: int) -> Iterator[Surroundings]:
    """Run them while the block lasts; webhooks go to the port."""
    folder.mkdir(mode=0o711)
    stripe_port = free_port()
    webhook_url = f"http://127.0.0.1:{api_port}/api/v1/webhooks/stripe"
    with EmbeddedPostgres(folder / "postgres", durable=True, password=secrets.token_urlsafe()) as server:
        statements = Statements(server)
        bench.run(statements.prepare())
        postgres = PostgresServer(server.admin_url("postgres"), {})
        environment = databases(postgres) | stripe_apart.SETTINGS
        environment["FAIRSEAT_STRIPE_API_URL"] = f"http://127.0.0.1:{stripe_port}"
        with running(
            folder,
            "Stripe's stand-in",
            "tests.benchmarks.stripe_apart",
            str(stripe_port),
            webhook_url,
            port=stripe_port,
            path=stripe_apart.READY,
            environment={},
        ):
            yield Surroundings(postgres, statements, stripe_port, environment)


@contextmanager
def on_sale(bench: Bench, around: Surroundings, *, port: int) -> Iterator[Sale]:
    """Put an event on sale through the API at the port."""
    with Organiser(port) as organiser:
        plan_id, seat_ids = organiser.plan_on_sale()
        tokens = organiser.guests()
        bench.run(settle(around.postgres.named("venue_db").admin_url, "seats"))
        wishes = (
            Wish(token=tokens[number % GUESTS], seat_ids=four) for number, four in enumerate(fours(seat_ids, seed=1))
        )
        yield Sale(around, port, organiser, plan_id, wishes)
