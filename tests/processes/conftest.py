"""One running Fairseat for all tests; some kill it and start it again."""

import shlex
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.running import RunningFairseat, clean_environment, fairseat

_EVEN_WITHIN_S = 30


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFairseat]:
    """Whatever the tests did with it, its books are those of the provider afterwards, and the doctor finds nothing."""
    instance = RunningFairseat(tmp_path_factory.mktemp("up"))
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    instance.start()
    yield instance
    told = differences(instance, day)
    assert instance.stop() == 0
    assert told == ""


@pytest.fixture
def mortal(running: RunningFairseat) -> Iterator[RunningFairseat]:
    """For tests that end it: whatever comes of them, it runs again for those that come after them."""
    yield running
    if not running.runs:
        running.start()


def differences(instance: RunningFairseat, day: str) -> str:
    """Return what `fairseat reconcile` and the doctor still find after a while, empty for nothing.

    The last webhooks may be under way.
    """
    return _wrong_with(instance, "reconcile", "--day", day) or _wrong_with(instance, "doctor", "--grace-s", "10")


def _wrong_with(instance: RunningFairseat, *command: str) -> str:
    lines = shlex.split((instance.folder / "data" / "settings.env").read_text())
    environment = clean_environment(**dict(line.split("=", 1) for line in lines))
    until = time.monotonic() + _EVEN_WITHIN_S
    while True:
        found = subprocess.run(
            fairseat(*command), check=False, env=environment, capture_output=True, text=True, timeout=60
        )
        if found.returncode == 0:
            return ""
        if time.monotonic() > until:
            return found.stdout + found.stderr
        time.sleep(0.5)
