"""A crowd that wants the best seats, and a box office that blocks under its eyes, on a real PostgreSQL."""

import asyncio
import random
from collections import Counter
from uuid import uuid4

import pytest

from adapters.memory.clock import MemoryClock
from adapters.system.clock import SystemClock
from adapters.system.hold_tokens import RandomHoldTokens
from core.seating.best_available import SeatWish
from core.seating.seats import Blocked, state_at
from core.shared.callers import Role
from core.shared.errors import DomainError
from core.shared.ids import ReservationId
from tests.seating_world import a_buyer, a_plan, a_tenant, pictures_of, postgres_stores
from tests.servers import PostgresServer
from usecases.seating.block_seats import BlockSeats, UnblockSeats
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_best_available import BestHold, HoldBestAvailable
from usecases.seating.hold_seats import HoldSeats


@pytest.mark.timeout(120)
async def test_a_crowd_that_wants_the_best_seats_gets_different_ones(postgres: PostgresServer) -> None:
    async with postgres_stores(postgres, connections_max=16) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=20, columns=20)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        clock = SystemClock()
        hold = HoldSeats(stores.grant, RandomHoldTokens(), clock)
        processes = [HoldBestAvailable(stores.transactions, pictures_of(stores, clock), hold) for _ in range(4)]
        wish = SeatWish(quantity=2)
        answers = await asyncio.gather(
            *(
                best(plan.id, ReservationId(uuid4()), wish, caller=a_buyer(tenant))
                for _ in range(15)
                for best in processes
            ),
            return_exceptions=True,
        )
        held = [answer for answer in answers if isinstance(answer, BestHold)]
        assert len(held) >= 55, Counter(map(repr, answers)).most_common(5)
        assert all(answer.adjacent for answer in held)
        seats = [seat.seat_id for answer in held for seat in answer.new.reservation.seats]
        assert len(seats) == len(set(seats)) == 2 * len(held)


@pytest.mark.timeout(120)
async def test_the_same_wish_sent_many_times_at_once_is_one_hold(postgres: PostgresServer) -> None:
    async with postgres_stores(postgres, connections_max=10) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=4, columns=10)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        clock = SystemClock()
        hold = HoldSeats(stores.grant, RandomHoldTokens(), clock)
        processes = [HoldBestAvailable(stores.transactions, pictures_of(stores, clock), hold) for _ in range(3)]
        ann, id = a_buyer(tenant), ReservationId(uuid4())
        answers = await asyncio.gather(
            *(best(plan.id, id, SeatWish(quantity=3), caller=ann) for _ in range(4) for best in processes)
        )
        assert len({answer.new.reservation for answer in answers}) == 1
        assert [answer.new.hold_token is not None for answer in answers].count(True) == 1


@pytest.mark.timeout(120)
async def test_blocking_holding_and_sweeping_the_same_seats_do_not_lock_up(postgres: PostgresServer) -> None:
    async with postgres_stores(postgres, connections_max=24) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=1, columns=12, hold_ttl_s=60)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        clock = MemoryClock()
        hold = HoldSeats(stores.grant, RandomHoldTokens(), clock)
        block, unblock = BlockSeats(stores.transactions, clock), UnblockSeats(stores.transactions, clock)
        sweep = ExpireReservations(stores.expired, stores.transactions, clock)
        clerk = a_buyer(tenant, role=Role.BOX_OFFICE)

        async def roam(number: int) -> None:
            dice = random.Random(number)
            for _ in range(12):
                seats = tuple(seat.id for seat in dice.sample(layout.seats, dice.randint(1, 5)))
                try:
                    if dice.random() < 0.4:
                        await block(plan.id, seats, reason="camera", until=None, caller=clerk)
                        await unblock(plan.id, seats, caller=clerk)
                    else:
                        await hold(plan.id, ReservationId(uuid4()), seats, caller=a_buyer(tenant))
                        clock.move(seconds=dice.choice([0, 5, 61]))
                    await sweep()
                except DomainError:
                    continue

        await asyncio.gather(*(roam(number) for number in range(40)))
        async with stores.transactions.begin(tenant) as tx:
            states = {seat.id: state_at(state, clock.now()) for seat, state in await tx.seats.seat_map(plan.id)}
            lines = {seat_id: await tx.blocks.audit(seat_id) for seat_id in states}
        assert not any(isinstance(state, Blocked) for state in states.values())
        assert any(lines.values())
        for seat_id, state in states.items():
            deeds = [line.what.value for line in lines[seat_id]]
            assert deeds == ["blocked", "unblocked"] * (len(deeds) // 2), state
