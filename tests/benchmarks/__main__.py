"""Measures holds a second beside limits of the same machine, server and minute, and audits what was written."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console

from adapters.embedded.postgres import EmbeddedPostgres
from tests.benchmarks.adapter import AdapterRun, measure_adapter
from tests.benchmarks.audit import Audit
from tests.benchmarks.machine import machine_facts
from tests.benchmarks.over_http import measure_http
from tests.benchmarks.report import print_adapter, print_audits, print_facts, print_http
from tests.servers import PostgresServer

ADAPTER_LEVELS = (1, 8, 64, 256)
HTTP_LEVELS = (1, 8, 32)
SECONDS_DEFAULT = 5.0
SECONDS_MAX = 30.0
WIDTH_MIN = 120


def seconds(text: str) -> float:
    """Read how long a measurement may take; raises ArgumentTypeError beyond the limits."""
    value = float(text)
    if not 0.5 <= value <= SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"from 0.5 to {SECONDS_MAX:g} seconds")
    return value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=SECONDS_DEFAULT,
        help="for each of the 22 measurements; holds also end when the plan is sold out (default: %(default)s)",
    )
    parser.add_argument("--only", choices=("adapter", "http"), help="one part alone")
    return parser.parse_args()


async def adapter_part(postgres: PostgresServer, *, seconds_max: float) -> list[AdapterRun]:
    return await measure_adapter(await postgres.fresh("venue_db"), levels=ADAPTER_LEVELS, seconds_max=seconds_max)


def main() -> int:
    given = arguments()
    console = Console()
    if console.width < WIDTH_MIN:
        console = Console(width=WIDTH_MIN)
    audits: list[Audit] = []
    with tempfile.TemporaryDirectory(prefix="fairseat-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL of root runs as another account, which has to come through here
        with (
            EmbeddedPostgres(folder / "postgres", durable=True, password=secrets.token_urlsafe()) as server,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            postgres = PostgresServer(server.admin_url("postgres"), {})
            print_facts(console, runner.run(machine_facts(postgres.admin_url)))
            if given.only != "http":
                adapter = runner.run(adapter_part(postgres, seconds_max=given.seconds))
                print_adapter(console, adapter)
                audits += [run.audit for run in adapter]
            if given.only != "adapter":
                http = measure_http(postgres, folder / "up", levels=HTTP_LEVELS, seconds_max=given.seconds)
                print_http(console, http)
                audits += [run.audit for run in http]
    return 0 if print_audits(console, audits) else 1


sys.exit(main())
