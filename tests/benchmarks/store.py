"""Holds through the use case on PostgreSQL, without HTTP, beside pgbench on the same server and within minutes.

Use case, driver and callers share one process and one event loop, as they do in the API's process. Each round has a
hall of its own, ends when the time is up or the hall is sold out, and is audited.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.seating.errors import SeatTakenError
from core.shared.ids import SeatId
from tests.benchmarks import pgbench
from tests.benchmarks import scenarios as s
from tests.benchmarks.arithmetic import Times
from tests.benchmarks.audit import Audit, audit
from tests.benchmarks.bench import Bench
from tests.benchmarks.callers import drive
from tests.benchmarks.hall import SEATS, SEATS_OF_A_LARGE_HALL, fours, hot_fours
from tests.benchmarks.holding import selling
from tests.benchmarks.pgbench import Pgbench, PgbenchRounds
from tests.benchmarks.results import Figure, Line, Part
from tests.benchmarks.stage import Hall, Stage

COMPARED = 64
"""The callers of most lines that are compared with each other; those are taken in turn, round by round."""
ALONE = 1
OTHERS = (8, 256)
CLIENTS_COMPARED = 32
CLIENTS_OTHERS = (1, 8, 64)


@dataclass(frozen=True, slots=True)
class _Scenario:
    name: str
    batching: bool
    contended: bool = False


_BATCHING = _Scenario(s.BATCHING, batching=True)
_PLAIN = _Scenario(s.PLAIN, batching=False)
_CONTENDED = _Scenario(s.CONTENDED_BATCHING, batching=True, contended=True)
_CONTENDED_PLAIN = _Scenario(s.CONTENDED_PLAIN, batching=False, contended=True)


@dataclass(slots=True)
class _Found:
    """What the rounds came to so far."""

    times: dict[tuple[str, int, int], list[Times]] = field(default_factory=lambda: defaultdict(list))
    limits: dict[int, list[PgbenchRounds]] = field(default_factory=lambda: defaultdict(list))
    audits: list[Audit] = field(default_factory=list)

    def part(self, *, deadlocks: int) -> Part:
        lines = [
            Line(scenario=s.PGBENCH, measured=pgbench.together(rounds).measured())
            for _, rounds in sorted(self.limits.items())
        ]
        for (scenario, seats, _), rounds in sorted(self.times.items()):
            lines.append(Line(scenario=scenario, seats=seats, measured=Times.together(rounds).measured()))
        twice = sum(one.twice for one in self.audits)
        figures = [
            Figure(name=s.DOUBLE_OWNERS, value=twice, unit=""),
            Figure(name=s.DEADLOCKS, value=deadlocks, unit=""),
        ]
        return Part(lines=lines, figures=figures, audits=self.audits)


def measure_store(bench: Bench) -> Part:
    """Measure by callers, by the size of the plan, and with everybody after the same seats."""
    limit = Pgbench(bench.postgres.admin_url, bench.folder / "pgbench")
    if limit.installed:
        limit.prepare()
    else:
        bench.say("there is no pgbench beside the server, so the limit is not measured")
    return bench.run(_measure(bench, limit))


async def _measure(bench: Bench, limit: Pgbench) -> Part:
    stage = Stage(await bench.postgres.fresh("venue_db"))
    await stage.prepare()
    small, large = await stage.build(SEATS), await stage.build(SEATS_OF_A_LARGE_HALL)
    found = _Found()
    deadlocks = await stage.deadlocks()
    for number in range(bench.rounds):
        bench.say(f"{COMPARED} callers, and one, round {number + 1} of {bench.rounds}")
        await _limit(bench, limit, found, clients=CLIENTS_COMPARED)
        for scenario, hall, callers in (
            (_BATCHING, small, COMPARED),
            (_BATCHING, large, COMPARED),
            (_PLAIN, small, COMPARED),
            (_CONTENDED, small, COMPARED),
            (_BATCHING, small, ALONE),
            (_PLAIN, small, ALONE),
        ):
            await _round(bench, stage, found, scenario, hall, callers=callers)
    bench.say("what no target is about, for the plots")
    for scenario, hall in ((_PLAIN, large), (_CONTENDED_PLAIN, small)):
        await _round(bench, stage, found, scenario, hall, callers=COMPARED)
    for callers in () if bench.quick else OTHERS:
        for scenario in (_BATCHING, _PLAIN):
            await _round(bench, stage, found, scenario, small, callers=callers)
    for clients in () if bench.quick else CLIENTS_OTHERS:
        await _limit(bench, limit, found, clients=clients)
    return found.part(deadlocks=await stage.deadlocks() - deadlocks)


async def _limit(bench: Bench, limit: Pgbench, found: _Found, *, clients: int) -> None:
    if not limit.installed:
        return
    seconds = max(1, round(bench.seconds)) + 1  # pgbench counts the time in which its clients connect
    found.limits[clients].append(await asyncio.to_thread(limit.simple_update, clients=clients, seconds=seconds))


async def _round(bench: Bench, stage: Stage, found: _Found, scenario: _Scenario, hall: Hall, *, callers: int) -> None:
    await stage.open([hall])
    granted = 0
    rounds = found.times[scenario.name, hall.seats, callers]
    seed = callers + 1_000 * len(rounds)
    wanted: Iterable[tuple[SeatId, ...]] = (
        hot_fours(hall.seat_ids, seed=seed) if scenario.contended else fours(hall.seat_ids, seed=seed)
    )
    async with selling(
        stage.database, stage.tenant_id, plans=[hall.plan_id], callers=callers, batching=scenario.batching
    ) as hold:

        async def ask(_number: int, seats: tuple[SeatId, ...]) -> None:
            nonlocal granted
            try:
                await hold(hall.plan_id, seats)
            except SeatTakenError:
                if not scenario.contended:
                    raise
            else:
                granted += 1

        rounds.append(await drive(ask, wanted, callers=callers, seconds_max=bench.seconds))
    what = f"{scenario.name}, {callers} callers, {hall.seats:,} seats"
    found.audits.append(await audit(stage.database.admin_url, what=what, seats=hall.seats, holds=granted))
