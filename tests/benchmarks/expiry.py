"""Many holds end at once, and are swept by a process of its own while callers go on holding other seats."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from pathlib import Path

import msgspec

from adapters.postgres.migrator import Database
from core.shared.ids import PlanId, SeatId
from tests.benchmarks import scenarios as s
from tests.benchmarks.audit import audit
from tests.benchmarks.bench import Bench
from tests.benchmarks.callers import drive
from tests.benchmarks.ended_holds import store_ended_holds
from tests.benchmarks.hall import SEATS_A_HOLD, SEATS_OF_A_LARGE_HALL, fours
from tests.benchmarks.holding import selling
from tests.benchmarks.results import Figure, Line, Part
from tests.benchmarks.stage import Stage
from tests.benchmarks.sweep import Sweep, Swept

ROOT = Path(__file__).resolve().parents[2]
CALLERS = 8
ENDED = 100_000
ENDED_QUICK = 25_000
_SELLING_HALLS = 2
_SWEEP_S_MAX = 12.0
_SWEEP_S_MAX_QUICK = 5.0
"""A sweep that takes longer is cut off, and what is left is reckoned at the same speed."""
_PROCESS_TIMEOUT_S = 60


def measure_expiry(bench: Bench) -> Part:
    """Measure holds before and during the sweep, and the sweep."""
    return bench.run(_measure(bench))


async def _measure(bench: Bench) -> Part:
    stage = Stage(await bench.postgres.fresh("venue_db"))
    await stage.prepare()
    ending_halls = (ENDED_QUICK if bench.quick else ENDED) * SEATS_A_HOLD // SEATS_OF_A_LARGE_HALL
    selling_halls = 1 if bench.quick else _SELLING_HALLS
    sweep_s_max = _SWEEP_S_MAX_QUICK if bench.quick else _SWEEP_S_MAX
    bench.say(f"building {ending_halls + selling_halls} halls of {SEATS_OF_A_LARGE_HALL:,} seats, most of them held")
    begun = time.perf_counter()
    halls = [await stage.build(SEATS_OF_A_LARGE_HALL)]
    while len(halls) < ending_halls + selling_halls:
        halls.append(await stage.copy(halls[0]))
    await stage.open(halls[ending_halls:])
    ended = await store_ended_holds(stage, halls[:ending_halls])
    bench.say(f"{ended:,} holds have ended ({time.perf_counter() - begun:.0f} s of preparation)")
    granted = 0
    seats: list[tuple[PlanId, tuple[SeatId, ...]]] = []
    for number, hall in enumerate(halls[ending_halls:]):
        seats += ((hall.plan_id, four) for four in fours(hall.seat_ids, seed=number))
    deck = iter(seats)

    async with (
        selling(
            stage.database,
            stage.tenant_id,
            plans=[hall.plan_id for hall in halls[ending_halls:]],
            callers=CALLERS,
            batching=True,
        ) as hold,
        _sweeper(stage.database, seconds_max=sweep_s_max) as process,
    ):

        async def ask(_number: int, wanted: tuple[PlanId, tuple[SeatId, ...]]) -> None:
            nonlocal granted
            await hold(*wanted)
            granted += 1

        before = await drive(ask, deck, callers=CALLERS, seconds_max=bench.seconds)
        sweeping = asyncio.create_task(_swept(process))
        during = await drive(
            ask,
            takewhile(lambda _: not sweeping.done(), deck),
            callers=CALLERS,
            seconds_max=sweep_s_max + 10,
            warm_up=False,
        )
        # Had the seats been sold out first, the rest of the sweep would have had the machine for itself.
        _say(process, "stop")
        swept = await asyncio.wait_for(sweeping, _PROCESS_TIMEOUT_S)
    what = f"{swept.holds:,} of {ended:,} ended holds swept, {CALLERS} callers"
    checked = await audit(
        stage.database.admin_url,
        what=what,
        seats=sum(hall.seats for hall in halls),
        holds=granted,
        ended=ended,
    )
    return Part(
        lines=[
            Line(scenario=s.HOLDS_BEFORE_SWEEP, measured=before.measured()),
            Line(scenario=s.HOLDS_DURING_SWEEP, measured=during.measured()),
        ],
        figures=[
            Figure(name=s.SWEEP_S, value=sweep_s(swept), unit="s"),
            Figure(name=s.SWEPT, value=swept.holds, unit="holds"),
        ],
        audits=[checked],
    )


def sweep_s(swept: Swept) -> float:
    """Return how long 100,000 holds take at the speed that was seen."""
    return swept.seconds * ENDED / swept.holds if swept.holds else float("inf")


@asynccontextmanager
async def _sweeper(database: Database, *, seconds_max: float) -> AsyncIterator[Process]:
    """Start the process that sweeps, and have it ready to begin."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.sweep", stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    try:
        given = Sweep(app_url=database.app_url, relay_url=database.relay_url, seconds_max=seconds_max)
        _say(process, msgspec.json.encode(given).decode())
        if await _line(process) != b"ready\n":
            raise RuntimeError("the process that sweeps did not get ready")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _swept(process: Process) -> Swept:
    _say(process, "go")
    return msgspec.json.decode(await _line(process), type=Swept)


def _say(process: Process, what: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{what}\n".encode())


async def _line(process: Process) -> bytes:
    assert process.stdout is not None
    return await asyncio.wait_for(process.stdout.readline(), _PROCESS_TIMEOUT_S)
