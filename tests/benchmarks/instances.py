"""Fairseat, and what it needs, in processes of their own while a block lasts."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.embedded.readiness import reply
from bootstrap.settings import DATABASES
from tests.running import clean_environment
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 90


# Requests are counted, and one caller here may send as many as a thousand elsewhere.
WIDE_LIMITS = {f"FAIRSEAT_LIMITS_{kind}_PER_MINUTE": "10000000" for kind in ("READ", "WRITE", "HOLD", "LOGIN")}


def databases(postgres: PostgresServer) -> dict[str, str]:
    """Return the settings that name our PostgreSQL, and set no budget of holds; all money is the platform's own."""
    # Guests here hold more often than any buyer would.
    environment = {"FAIRSEAT_SEATING_HOLD_BUDGET_PER_ACCOUNT": "0", "FAIRSEAT_SEATING_HOLD_BUDGET_PER_ADDRESS": "0"}
    environment |= {"FAIRSEAT_STRIPE_CONNECT": "off"} | WIDE_LIMITS
    for name in DATABASES:
        database = postgres.named(f"{name}_db")
        environment |= {
            f"FAIRSEAT_{name.upper()}_DATABASE_URL": database.app_url,
            f"FAIRSEAT_{name.upper()}_DATABASE_RELAY_URL": database.relay_url,
            f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL": database.admin_url,
        }
    return environment


def kept_settings(data: Path) -> dict[str, str]:
    """Return the settings that `fairseat up` keeps in its folder for the other commands."""
    return dict(word.split("=", 1) for word in shlex.split((data / "settings.env").read_text()))


@contextmanager
def fairseat(
    folder: Path, command: str, port: int, environment: dict[str, str], *options: str, path: str = "/health/live"
) -> Iterator[int]:
    """Run a command of Fairseat, with the trivial route, while the block lasts; yields the id of its process.

    The block begins when the path is answered with 200: behind a gateway `/health/ready` is that of all services.
    """
    arguments = ("tests.benchmarks.server", command, "--port", str(port), *options)
    what = f"fairseat {command}"
    with running(folder, what, *arguments, port=port, path=path, environment=environment) as pid:
        yield pid


@contextmanager
def running(
    folder: Path, what: str, module: str, *options: str, port: int, path: str, environment: dict[str, str]
) -> Iterator[int]:
    """Run a module while the block lasts, which begins when the path is answered with 200; yields its process's id."""
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    output = folder / f"{what.rpartition(' ')[2]}.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            cwd=ROOT,
            env=clean_environment(**environment),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + READY_TIMEOUT_S
            while b" 200 " not in reply(port, asked):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"`{what}` did not get ready:\n{output.read_text()}")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


def processor_s(pid: int) -> float:
    """Return how many seconds of processor time a process has had, by Linux's own account."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
