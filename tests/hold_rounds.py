"""Four processes of buyers after the same seats, round after round, and the audit of what each round left behind."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.migrator import Database
from ports.published.seating import SeatsHeld
from tests.hold_process import BUYERS, Answer, Command, Finish, GiveBack, Grant, Hold, Start, reservation_id, wish
from tests.running import clean_environment
from tests.seats_now import SEATS_NOW

type Admin = asyncpg.Connection[asyncpg.Record]

ROOT = Path(__file__).resolve().parents[1]
PROCESSES = 4
HOT_SEATS = 20
_ANSWER_TIMEOUT_S = 60.0
_QUIET_TRIES_MAX = 500
_ANALYSE_EVERY = 4


@dataclass(slots=True)
class HoldProcess:
    """One process of buyers."""

    start: Start
    process: asyncio.subprocess.Process

    @classmethod
    async def begin(cls, start: Start) -> "HoldProcess":
        """Start the process, and return when it has its connections."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.hold_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=clean_environment(),
            limit=2**22,
        )
        self = cls(start, process)
        self.tell(start)
        assert await self._line() == b"ready\n"
        return self

    def tell(self, words: Start | Command) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(words) + b"\n")

    async def answer(self) -> Answer:
        return msgspec.json.decode(await self._line(), type=Answer)

    async def kill(self) -> None:
        """End it the hard way."""
        self.process.send_signal(signal.SIGKILL)
        assert await self.process.wait() == -signal.SIGKILL

    async def end(self) -> None:
        """End it in good order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert await asyncio.wait_for(self.process.wait(), _ANSWER_TIMEOUT_S) == 0

    async def _line(self) -> bytes:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), _ANSWER_TIMEOUT_S)
        assert line, f"process {self.start.number} ended with {self.process.returncode}"
        return line


async def audit(
    admin: Admin,
    seats: Sequence[UUID],
    granted: Sequence[Grant],
    refused: Sequence[frozenset[UUID]],
    *,
    fastest_s: float,
) -> None:
    """See that what the callers were told is what stands, and that no two were told of one seat at one time.

    `fastest_s` is how far the fastest of the clocks is ahead of ours.
    """
    await _see_that_the_ledger_says_whose_each_seat_is(admin)
    swept = await _swept(admin, granted, fastest_s)
    owners: dict[UUID, UUID] = {}
    for seat in seats:
        # By the times that decided: a hold of a seat begins when the one before has ended, and not a moment before.
        turns = [grant for grant in granted if seat in grant.seats and grant.id not in swept]
        turns.sort(key=lambda grant: grant.held_at)
        assert all(before.until <= after.held_at for before, after in pairwise(turns)), turns
        if turns:
            owners[seat] = turns[-1].id
    assert granted, "somebody always gets something"
    began_at = min(grant.held_at for grant in granted)
    rows = await admin.fetch("select seat_id, reservation_id, held_until from seat_states where status = 'HELD'")
    assert owners == {row["seat_id"]: row["reservation_id"] for row in rows if row["held_until"] > began_at}
    taken = {seat for grant in granted for seat in grant.seats}
    assert all(named <= taken for named in refused), "a refusal named a seat that nobody has"


async def _swept(admin: Admin, granted: Sequence[Grant], fastest_s: float) -> set[UUID]:
    """Return those that were tidied up already; they must have ended by the fastest of the clocks."""
    rows = await admin.fetch(
        "select id, expires_at from seat_reservations where id = any($1::uuid[]) and status = 'EXPIRED'",
        [grant.id for grant in granted],
    )
    assert all(row["expires_at"] <= datetime.now(UTC) + timedelta(seconds=fastest_s) for row in rows), rows
    return {row["id"] for row in rows}


async def _see_that_the_ledger_says_whose_each_seat_is(admin: Admin) -> None:
    wrong = await admin.fetch(
        f"""
        select s.id, s.status, s.reservation_id, array_agg(i.sold) as sold
          from {SEATS_NOW} s
          left join seat_reservation_items i on i.seat_id = s.id and i.reservation_id = s.reservation_id
         group by s.tenant_id, s.id, s.status, s.reservation_id
        having count(i.reservation_id) <> (s.status <> 'AVAILABLE')::int
            or coalesce(bool_or(i.sold), false) <> (s.status = 'SOLD')
        """
    )
    assert not wrong, wrong


async def deadlocks(admin: Admin) -> int:
    """Return how many deadlocks PostgreSQL has broken in this database."""
    await admin.execute("select pg_stat_clear_snapshot()")
    return int(await admin.fetchval("select deadlocks from pg_stat_database where datname = current_database()"))


@dataclass(slots=True)
class Rounds:
    """The rounds of four processes on one plan. `ahead_s` is how far all clocks were moved on so far."""

    admin: Admin
    processes: list[HoldProcess]
    seats: list[UUID]
    hold_ttl_s: int
    round: int = 0
    ahead_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter[str])

    async def hold(self, *, sweep: bool = False, kill: HoldProcess | None = None, after_s: float = 0.0) -> list[Grant]:
        """Let everybody hold at once, audit what stands, and return what was granted; `kill` one in the middle."""
        self.round += 1
        if self.round % _ANALYSE_EVERY == 0:
            # With statistics of a small table PostgreSQL finds seats in other ways, and perhaps in another order.
            await self.admin.execute("vacuum analyze seats, seat_states, seat_reservations, seat_reservation_items")
        for process in self.processes:
            process.tell(Hold(round=self.round, ahead_s=self.ahead_s, sweep=sweep))
        if kill is not None:
            await asyncio.sleep(after_s)
            await kill.kill()
            self.processes.remove(kill)
        answers = await self._answers()
        granted = [grant for answer in answers for grant in answer.granted]
        refused = [named for answer in answers for named in answer.refused]
        assert len(granted) + len(refused) == BUYERS * len(self.processes)
        self.counts.update(granted=len(granted), refused=len(refused))
        await self._audit(granted, refused, dead=kill)
        return granted

    async def finish(self, finish: Finish) -> None:
        """Let those who were granted seats go on; what was sold is refunded after an audit."""
        for process in self.processes:
            process.tell(finish)
        answers = await self._answers()
        sold = [id for answer in answers for id in answer.sold]
        lost = Counter(code for answer in answers for code in answer.lost.values())
        self.counts.update(sold=len(sold), lost=lost.total())
        assert set(lost) <= {"seating.reservation_expired"}, lost
        if finish.how == "sell":
            owners = await self.admin.fetch(
                "select reservation_id, count(*) from seat_states where status = 'SOLD' group by 1"
            )
            assert {row["reservation_id"] for row in owners} == set(sold)
            for process in self.processes:
                process.tell(GiveBack())
            await self._answers()
        if finish.how == "leave" or lost:
            self.ahead_s += self.hold_ttl_s + 20

    async def _answers(self) -> list[Answer]:
        answers = [await process.answer() for process in self.processes]
        wrong = [fault for answer in answers for fault in answer.wrong]
        assert not wrong, wrong
        return answers

    async def _audit(self, granted: list[Grant], refused: list[frozenset[UUID]], *, dead: HoldProcess | None) -> None:
        if dead is not None:
            await self._until_nobody_works()
            granted = granted + await self._granted_to_the_dead(dead)
        skews_s = [0.0 if process.start.by_database else process.start.skew_s for process in self.processes]
        fastest_s = self.ahead_s + max(skews_s)
        await audit(self.admin, self.seats, granted, refused, fastest_s=fastest_s)

    async def _granted_to_the_dead(self, dead: HoldProcess) -> list[Grant]:
        """Return what the killed process had committed: holds of its buyers, each whole, each with an end."""
        number, plan_id = dead.start.number, dead.start.plan_id
        wishes = {
            reservation_id(plan_id, self.round, number, buyer): wish(self.seats, self.round, number, buyer)
            for buyer in range(BUYERS)
        }
        rows = await self.admin.fetch(
            """
            select r.id, r.status, r.held_at, r.expires_at, array_agg(i.seat_id) as seats
              from seat_reservations r left join seat_reservation_items i on i.reservation_id = r.id
             where r.id = any($1::uuid[]) group by r.tenant_id, r.id
            """,
            list(wishes),
        )
        for row in rows:
            assert row["status"] == "HELD" and set(row["seats"]) == set(wishes[row["id"]]), row
            assert row["expires_at"] - row["held_at"] == timedelta(seconds=self.hold_ttl_s), row
        self.counts.update(granted_to_the_dead=len(rows))
        return [
            Grant(id=row["id"], seats=frozenset(row["seats"]), held_at=row["held_at"], until=row["expires_at"])
            for row in rows
        ]

    async def _until_nobody_works(self) -> None:
        """Return when the database has noticed that a client is gone: nobody but us works on anything."""
        for _ in range(_QUIET_TRIES_MAX):
            if not await self.admin.fetchval(
                """
                select count(*) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
                  and state <> 'idle'
                """
            ):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("a session of the killed process works on")

    async def replace(self, dead: HoldProcess) -> None:
        """Start a process in place of a killed one."""
        self.processes.append(await HoldProcess.begin(dead.start))

    async def final_audit(self) -> None:
        """See that every hold has its event, and that PostgreSQL never had to break a deadlock."""
        held = await self.admin.fetchval("select count(*) from seat_reservations")
        told = await self.admin.fetchval(
            "select sum(json_array_length(payload->'holds')) from outbox where event_type = $1", SeatsHeld.event_type
        )
        assert held == told == self.counts["granted"] + self.counts["granted_to_the_dead"]
        assert await deadlocks(self.admin) == 0


@asynccontextmanager
async def rounds_on(
    database: Database,
    *,
    tenant_id: UUID,
    plan_id: UUID,
    seats: Sequence[tuple[UUID, str]],
    hold_ttl_s: int,
    skews_s: Sequence[float],
    by_database: bool,
) -> AsyncIterator[Rounds]:
    """Start four processes: two that hold in batches, one that holds one by one, and one more in batches."""
    admin = await asyncpg.connect(database.admin_url)
    starts = [
        Start(
            number=number,
            url=database.app_url,
            relay_url=database.relay_url,
            tenant_id=tenant_id,
            plan_id=plan_id,
            seats=list(seats),
            batching=number != 2,
            skew_s=skew_s,
            by_database=by_database,
        )
        for number, skew_s in enumerate(skews_s)
    ]
    processes: list[HoldProcess] = []
    try:
        processes += await asyncio.gather(*(HoldProcess.begin(start) for start in starts))
        rounds = Rounds(admin, processes, [seat for seat, _ in seats], hold_ttl_s)
        yield rounds
        for process in processes:
            await process.end()
        await rounds.final_audit()
    finally:
        for process in processes:
            if process.process.returncode is None:
                await process.kill()
        await admin.close()
