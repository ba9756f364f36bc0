"""Buyers in a process of their own: the real use cases on a pool of its own, with a clock that may be wrong.

The process reads a Start and then one command a line as JSON from its standard input, and answers each with a line.
"""

import asyncio
import random
import sys
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, override
from uuid import UUID, uuid4, uuid5

import msgspec
import uvloop

from adapters.postgres.clock import DatabaseClock
from adapters.postgres.pool import open_pool
from adapters.postgres.seating import PostgresExpiredReservations, PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.system.clock import SystemClock
from adapters.system.hold_tokens import RandomHoldTokens
from adapters.system.ids import Uuid7Source
from core.seating.errors import SeatTakenError
from core.shared.callers import Caller
from core.shared.errors import DomainError
from core.shared.ids import AccountId, OrderId, PlanId, ReservationId, SeatId, TenantId
from ports.clock import Clock
from ports.events import Delivery
from ports.published.orders import OrderCancelled
from ports.seating import Holds
from tests.seating_world import granting
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_chosen_seats import HoldChosenSeats
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.looking import Pictures
from usecases.seating.manage_hold import ReleaseHold
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.reserve_seats import FinaliseReservation, ReserveSeats

BUYERS = 50
"""Buyers of one process, all at once in each round."""
CONNECTIONS_MAX = 6
CLOCK_ROUND_TRIP_MAX_S = 10.0
"""On a busy machine an answer takes long; here it has to do."""
_PAYING_TIME = timedelta(seconds=60)


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is about; `seats` are ids with what people call them, `skew_s` is how far its clock is ahead.

    `by_database`: it follows the database's clock all the same.
    """

    number: int
    url: str
    relay_url: str
    tenant_id: UUID
    plan_id: UUID
    seats: list[tuple[UUID, str]]
    batching: bool
    skew_s: float
    by_database: bool = False


class Hold(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Let all buyers hold at once, `ahead_s` later than it is; `sweep`: tidy up ended holds at the same time."""

    round: int
    ahead_s: float
    sweep: bool


class Finish(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What those who were granted seats do next."""

    how: Literal["release", "sell", "leave"]


class GiveBack(msgspec.Struct, frozen=True, tag=True):
    """Refund whatever was sold."""


type Command = Hold | Finish | GiveBack


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer was told: these seats are yours until then."""

    id: UUID
    seats: frozenset[UUID]
    held_at: datetime
    until: datetime


class Answer(msgspec.Struct, kw_only=True):
    """What came of a command.

    `refused` has the seats that each refusal named, `lost` the codes by which sales were refused, `wrong` everything
    that should not be.
    """

    granted: list[Grant] = []
    refused: list[frozenset[UUID]] = []
    sold: list[UUID] = []
    lost: dict[UUID, str] = {}
    wrong: list[str] = []


def reservation_id(plan_id: UUID, round_number: int, process: int, buyer: int) -> UUID:
    """Return the id under which a buyer holds in a round, which others can foretell."""
    return uuid5(plan_id, f"{round_number}:{process}:{buyer}")


def wish(seats: Sequence[UUID], round_number: int, process: int, buyer: int) -> tuple[UUID, ...]:
    """Return the one to four seats that a buyer wants in a round, which others can foretell."""
    dice = random.Random(f"{round_number}:{process}:{buyer}")
    return tuple(dice.sample(seats, dice.randint(1, 4)))


class ShiftedClock(Clock):
    """Another clock, a number of seconds ahead."""

    def __init__(self, clock: Clock, ahead_s: float = 0.0) -> None:
        self._clock = clock
        self.ahead_s = ahead_s

    @override
    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.ahead_s)


class Buyers:
    """The buyers of this process, and what they were granted."""

    def __init__(
        self,
        start: Start,
        *,
        transactions: PostgresSeatingTransactions,
        holds: Holds,
        expired: PostgresExpiredReservations,
        clock: Clock,
    ) -> None:
        self._start = start
        self._tenant = TenantId(start.tenant_id)
        self._seats = [seat_id for seat_id, _ in start.seats]
        self._labels = dict(start.seats)
        self._clock = clock = ShiftedClock(clock)
        grant = granting(holds, transactions)
        hold = HoldSeats(grant, RandomHoldTokens(), clock)
        self._hold = HoldChosenSeats(transactions, Pictures(transactions, grant.catalogues, clock), hold)
        self._release = ReleaseHold(transactions, clock)
        self._reserve = ReserveSeats(transactions, clock)
        self._finalise = FinaliseReservation(transactions, clock)
        self._give_back = ReleaseCancelledOrder(transactions, clock)
        self._sweep = ExpireReservations(expired, transactions, clock)
        self._granted: dict[UUID, Caller] = {}
        self._sold: dict[UUID, OrderId] = {}

    async def do(self, command: Command) -> Answer:
        """Do it, for all buyers at once; whatever goes wrong is in the answer."""
        answer = Answer()
        work: list[Coroutine[Any, Any, None]] = []
        match command:
            case Hold():
                self._granted.clear()
                self._clock.ahead_s = command.ahead_s
                work = [self._one_holds(command.round, buyer, answer) for buyer in range(BUYERS)]
                if command.sweep:
                    work.append(self._sweeps())
            case Finish(how="release"):
                work = [self._one_releases(id, buyer) for id, buyer in self._granted.items()]
            case Finish(how="sell"):
                work = [self._one_buys(id, buyer, answer) for id, buyer in self._granted.items()]
            case Finish(how="leave"):
                work = []
            case GiveBack():
                work = [self._refund(id, order) for id, order in self._sold.items()]
                self._sold = {}
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if outcome is not None:
                answer.wrong.append(repr(outcome))
        return answer

    async def _one_holds(self, round_number: int, buyer: int, answer: Answer) -> None:
        number, plan_id = self._start.number, self._start.plan_id
        wanted = wish(self._seats, round_number, number, buyer)
        id = reservation_id(plan_id, round_number, number, buyer)
        caller = Caller(AccountId(uuid4()), self._tenant)
        seat_ids = tuple(SeatId(seat) for seat in wanted)
        try:
            held = await self._hold(PlanId(plan_id), ReservationId(id), seat_ids, caller=caller)
        except SeatTakenError as refused:
            answer.refused.append(self._named(refused, wanted))
            return
        reservation = held.new.reservation
        self._granted[id] = caller
        seats = frozenset(UUID(int=seat.seat_id.int) for seat in reservation.seats)
        if seats != frozenset(wanted) or held.new.hold_token is None:
            answer.wrong.append(f"{id} was granted {seats}, and asked for {wanted}")
        answer.granted.append(Grant(id=id, seats=seats, held_at=reservation.held_at, until=reservation.expires_at))

    def _named(self, refused: SeatTakenError, wanted: Sequence[UUID]) -> frozenset[UUID]:
        """Return the seats that the refusal names, by pointer and by label."""
        named: set[UUID] = set()
        for problem in refused.problems:
            seat = wanted[int(problem.pointer.removeprefix("/seatIds/"))]
            assert f" {self._labels[seat]} " in problem.message, (problem, self._labels[seat])
            assert self._labels[seat] in refused.message, (refused.message, self._labels[seat])
            named.add(seat)
        assert named, refused.message
        return frozenset(named)

    async def _one_releases(self, id: UUID, buyer: Caller) -> None:
        await self._release(ReservationId(id), caller=buyer, hold_token=None)

    async def _one_buys(self, id: UUID, buyer: Caller, answer: Answer) -> None:
        order = OrderId(uuid4())
        try:
            await self._reserve(
                ReservationId(id),
                tenant_id=self._tenant,
                order_id=order,
                account_id=buyer.account_id,
                hold_token=None,
                until=self._clock.now() + _PAYING_TIME,
            )
            await self._finalise(ReservationId(id), tenant_id=self._tenant, order_id=order)
        except DomainError as refused:
            answer.lost[id] = refused.code
        else:
            answer.sold.append(id)
            self._sold[id] = order

    async def _refund(self, id: UUID, order: OrderId) -> None:
        event = OrderCancelled(order_id=order, reason="refunded", reservation_ids=(id,))
        await self._give_back(event, Delivery(event_id=uuid4(), tenant_id=self._tenant))

    async def _sweeps(self) -> None:
        while await self._sweep():
            continue


async def serve(lines: asyncio.StreamReader) -> None:
    """Answer command after command until the input ends."""
    start = msgspec.json.decode(await lines.readline(), type=Start)
    commands = msgspec.json.Decoder(Hold | Finish | GiveBack)
    async with (
        await open_pool(start.url, connections_max=CONNECTIONS_MAX) as pool,
        await open_pool(start.relay_url, connections_max=1) as relay,
    ):
        ids = Uuid7Source()
        transactions = PostgresSeatingTransactions(pool, ids)
        alone = PostgresHolds(pool, ids, transactions)
        holds: Holds = BatchedHolds(pool, ids, alone=alone) if start.batching else alone
        expired = PostgresExpiredReservations(relay)
        clock: Clock = ShiftedClock(SystemClock(), start.skew_s)
        if start.by_database:
            clock = followed = DatabaseClock(relay, clock, round_trip_max_s=CLOCK_ROUND_TRIP_MAX_S)
            await followed.measure()
            await followed.measure()
        buyers = Buyers(start, transactions=transactions, holds=holds, expired=expired, clock=clock)
        print("ready", flush=True)
        while line := await lines.readline():
            print(msgspec.json.encode(await buyers.do(commands.decode(line))).decode(), flush=True)


async def main() -> None:
    lines = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await serve(lines)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
