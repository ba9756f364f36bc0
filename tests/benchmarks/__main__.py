"""Measures holds beside limits of the same machine, server and minute, judges the targets, audits what was written."""

import argparse
import asyncio
import os
import secrets
import shlex
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console

from adapters.embedded.postgres import EmbeddedPostgres
from tests.benchmarks.bench import Bench
from tests.benchmarks.machine import machine_facts
from tests.benchmarks.parts import PARTS
from tests.benchmarks.publishing import PUBLISHED, publish
from tests.benchmarks.report import print_facts, print_results
from tests.benchmarks.results import Part, Results, load, save
from tests.benchmarks.targets import judged
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
INCOMPLETE = Path(".benchmarks/latest.json")
SECONDS_DEFAULT = 2.0
SECONDS_QUICK = 1.0
SECONDS_MAX = 30.0
WIDTH_MIN = 150
LOAD_MAX = 0.5
BUSY = "the machine was busy with something else, so even the ratios are off"


def seconds(text: str) -> float:
    """Read how long a measurement may take; raises ArgumentTypeError beyond the limits."""
    value = float(text)
    if not 0.5 <= value <= SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"from 0.5 to {SECONDS_MAX:g} seconds")
    return value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=seconds, help=f"for each round of each line (default: {SECONDS_DEFAULT:g})")
    parser.add_argument("--quick", action="store_true", help="about a minute: fewer lines, one round of a second each")
    parser.add_argument("--only", choices=tuple(PARTS), help="one part alone")
    parser.add_argument(
        "--json",
        type=Path,
        help=f"where the figures are saved (default: {PUBLISHED}; {INCOMPLETE} with --quick or --only)",
    )
    parser.add_argument("--draw", action="store_true", help="measure nothing: plots and tables of what was saved")
    return parser.parse_args()


def measure(given: argparse.Namespace, console: Console) -> Results:
    """Run the parts on a PostgreSQL of their own."""
    parts: list[Part] = []
    with tempfile.TemporaryDirectory(prefix="fairseat-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL of root runs as another account, which has to come through here
        with (
            EmbeddedPostgres(folder / "postgres", durable=True, password=secrets.token_urlsafe()) as server,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            postgres = PostgresServer(server.admin_url("postgres"), {})
            facts = runner.run(machine_facts(postgres.admin_url))
            if os.getloadavg()[0] > LOAD_MAX:
                facts |= {"beware": BUSY}
            print_facts(console, facts)
            bench = Bench(
                postgres=postgres,
                folder=folder,
                runner=runner,
                console=console,
                seconds=given.seconds or (SECONDS_QUICK if given.quick else SECONDS_DEFAULT),
                quick=given.quick,
            )
            for part, work in PARTS.items():
                if given.only in {None, part}:
                    begun = time.monotonic()
                    parts.append(work(bench))
                    bench.say(f"{part} took {time.monotonic() - begun:.0f} s")
    return Results.of(parts, command=_command(), facts=facts)


def main() -> int:
    given = arguments()
    console = Console()
    if console.width < WIDTH_MIN:
        console = Console(width=WIDTH_MIN)
    path: Path = given.json or ROOT / (INCOMPLETE if given.quick or given.only else PUBLISHED)
    if not given.draw:
        found = measure(given, console)
        found = msgspec.structs.replace(found, verdicts=judged(found))
        save(found, path)
        print_results(console, found)
    results = load(path)
    for written in publish(results, path, root=ROOT):
        console.print(f"written: {written}", highlight=False, soft_wrap=True)
    return 0 if results.clean else 1


def _command() -> str:
    given = shlex.join(sys.argv[1:])
    return f'make bench ARGS="{given}"' if given else "make bench"


sys.exit(main())
