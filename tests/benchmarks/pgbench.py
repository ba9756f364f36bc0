"""The limit that anybody can measure: pgbench's simple-update on the same server."""

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from adapters.embedded.postgres_programs import find_postgres
from tests.benchmarks.arithmetic import Measured

SCALE = 10
"""A million accounts: they fit in memory, so the limit is no lower than it has to be."""
_THREADS = 2
_SAMPLED = 0.1
_INIT_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class PgbenchRounds:
    """Rounds with the same number of clients, to be counted as one."""

    clients: int
    transactions: int
    elapsed_s: float
    sample_s: tuple[float, ...]

    def measured(self) -> Measured:
        """Sum up; the percentiles are those of the sample."""
        return Measured.of(self.sample_s, callers=self.clients, elapsed_s=self.elapsed_s, answers=self.transactions)


class Pgbench:
    """pgbench from the folder of the server's programs, as the superuser, on a database of its own."""

    def __init__(self, admin_url: str, folder: Path) -> None:
        parts = urlsplit(admin_url)
        self._folder = folder
        self._program = find_postgres().folder / "pgbench"
        # In the environment, since a command line is for everybody to read.
        self._environment = os.environ | {
            "PGHOST": parts.hostname or "",
            "PGPORT": str(parts.port),
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGDATABASE": parts.path.removeprefix("/"),
        }

    @property
    def installed(self) -> bool:
        """Whether it is there: beside a PostgreSQL on PATH it may be a package of its own."""
        return self._program.is_file()

    def prepare(self) -> None:
        """Make the tables."""
        self._folder.mkdir(exist_ok=True)
        self._run("--initialize", "--quiet", f"--scale={SCALE}", "--fillfactor=90", timeout_s=_INIT_TIMEOUT_S)
        self.simple_update(clients=8, seconds=1)

    def simple_update(self, *, clients: int, seconds: int) -> PgbenchRounds:
        """Update an account, read it, and write a line of history, again and again, each time durably."""
        prefix = self._folder / f"log-{clients}"
        shown = self._run(
            "--builtin=simple-update",
            "--protocol=prepared",
            f"--client={clients}",
            f"--jobs={min(clients, _THREADS)}",
            f"--time={seconds}",
            "--no-vacuum",
            "--log",
            f"--log-prefix={prefix}",
            f"--sampling-rate={_SAMPLED}",
            timeout_s=60 + 4 * seconds,
        )
        logs = sorted(self._folder.glob(f"{prefix.name}.*"))
        times = times_of(line for log in logs for line in log.read_text().splitlines())
        for log in logs:
            log.unlink()
        transactions, rate = counted(shown)
        return PgbenchRounds(clients, transactions, transactions / rate, times)

    def _run(self, *arguments: str, timeout_s: float) -> str:
        done = subprocess.run(
            [str(self._program), *arguments],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"pgbench failed: {done.stderr[-1000:]}")
        return done.stdout


def together(rounds: Iterable[PgbenchRounds]) -> PgbenchRounds:
    """Count rounds of the same clients as one; raises ValueError for none, or for different clients."""
    every = list(rounds)
    if len({one.clients for one in every}) != 1:
        raise ValueError("only rounds of the same clients are one")
    return PgbenchRounds(
        every[0].clients,
        sum(one.transactions for one in every),
        sum(one.elapsed_s for one in every),
        tuple(time for one in every for time in one.sample_s),
    )


def counted(shown: str) -> tuple[int, float]:
    """Return the transactions and their rate as pgbench printed them; raises ValueError for any other text."""
    transactions = re.search(r"^number of transactions actually processed: (\d+)", shown, re.MULTILINE)
    rate = re.search(r"^tps = ([\d.]+) \(without initial connection time\)", shown, re.MULTILINE)
    if transactions is None or rate is None or float(rate[1]) == 0:
        raise ValueError(f"pgbench counted nothing: {shown}")
    return int(transactions[1]), float(rate[1])


def times_of(log: Iterable[str]) -> tuple[float, ...]:
    """Return the seconds that each transaction of a log took; its third column holds microseconds."""
    return tuple(int(line.split()[2]) / 1_000_000 for line in log)
