"""Programs that are kept running: whichever ends is started again, and all of them end with whoever keeps them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.nursery import Nursery
from adapters.embedded.processes import is_alive
from adapters.embedded.supervisor import Launcher, Program, Spawning, Supervisor

WITHIN_S = 20.0
SLEEPER = "import time; time.sleep(600)"
NURSERY = """
from adapters.embedded.nursery import tend
def run(arguments):
    try:
        exec(arguments[0])
    except SystemExit as end:
        return end.code
tend(run)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def program(folder: Path, name: str, code: str) -> Program:
    return Program(name=name, arguments=[code], environment={"PATH": os.defpath}, pid_file=folder / f"{name}.pid")


@pytest.fixture(params=["spawned", "forked"])
async def launcher(request: pytest.FixtureRequest) -> AsyncIterator[Launcher]:
    if request.param == "spawned":
        yield Spawning([sys.executable, "-c", "import sys; exec(sys.argv[1])"])
    else:
        async with nursery() as forking:
            yield forking


def nursery() -> Nursery:
    source = str(Path(__file__).parents[2] / "src")
    return Nursery([sys.executable, "-c", NURSERY], {"PATH": os.defpath, "PYTHONPATH": source})


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.01)


def pid_of(folder: Path, name: str) -> int:
    return int((folder / f"{name}.pid").read_text())


async def test_a_program_that_is_killed_is_started_again_and_the_others_go_on(
    launcher: Launcher, tmp_path: Path
) -> None:
    supervisor = Supervisor([program(tmp_path, name, SLEEPER) for name in ("venue", "order")], launcher)
    await supervisor.start()
    try:
        venue, order = supervisor.pid("venue"), supervisor.pid("order")
        assert (pid_of(tmp_path, "venue"), pid_of(tmp_path, "order")) == (venue, order)
        os.kill(venue, signal.SIGKILL)
        await eventually(lambda: pid_of(tmp_path, "venue") != venue)
        assert supervisor.ended == {"venue": 1}
        assert supervisor.pid("order") == order and is_alive(order)
        venue = supervisor.pid("venue")
        assert is_alive(venue)
    finally:
        await supervisor.stop()
    assert not is_alive(venue) and not is_alive(order)


async def test_a_program_that_ends_at_once_is_tried_again_after_longer_and_longer_pauses(
    launcher: Launcher, tmp_path: Path
) -> None:
    supervisor = Supervisor([program(tmp_path, "venue", "raise SystemExit(2)")], launcher, backoff_max_s=0.4)
    await supervisor.start()
    try:
        await eventually(lambda: supervisor.ended.get("venue", 0) >= 3)
    finally:
        await supervisor.stop()
    ended = supervisor.ended["venue"]
    await asyncio.sleep(0.5)
    assert supervisor.ended["venue"] == ended, "nothing is started after the stop"
    with pytest.raises(EmbeddedServerError, match="venue does not run"):
        supervisor.pid("venue")


async def test_what_is_no_program_is_told_and_nothing_is_left_running(launcher: Launcher, tmp_path: Path) -> None:
    missing = Program(name="none", arguments=[SLEEPER], environment={}, pid_file=tmp_path / "missing" / "none.pid")
    supervisor = Supervisor([program(tmp_path, "venue", SLEEPER), missing], launcher)
    with pytest.raises(EmbeddedServerError, match="none cannot be run"):
        await supervisor.start()
    assert not is_alive(pid_of(tmp_path, "venue"))


async def test_who_does_not_listen_to_the_end_is_killed(
    launcher: Launcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.embedded.supervisor._STOP_TIMEOUT_S", 0.2)
    ready = f"open({str(tmp_path / 'ready')!r}, 'w').close(); "
    supervisor = Supervisor(
        [program(tmp_path, "venue", STUBBORN.replace("time.sleep", f"{ready}time.sleep"))], launcher
    )
    await supervisor.start()
    await eventually((tmp_path / "ready").exists)
    pid = supervisor.pid("venue")
    await supervisor.stop()
    assert not is_alive(pid)


async def test_what_was_forked_ends_with_the_process_that_forked_it_and_is_started_again(tmp_path: Path) -> None:
    async with nursery() as forking:
        supervisor = Supervisor([program(tmp_path, "venue", SLEEPER)], forking)
        await supervisor.start()
        try:
            child = supervisor.pid("venue")
            parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(parent, signal.SIGKILL)
            await eventually(lambda: pid_of(tmp_path, "venue") != child)
            await eventually(lambda: not is_alive(child))
            assert is_alive(supervisor.pid("venue"))
        finally:
            await supervisor.stop()
