"""Many buyers after the same seats at once, on a real PostgreSQL: nobody shares a seat, nothing locks up.

Each story is told with holds one by one, and with holds in batches.
"""

import asyncio
import random
from collections import Counter
from uuid import uuid4

import asyncpg
import pytest

from adapters.memory.clock import MemoryClock
from adapters.system.clock import SystemClock
from adapters.system.hold_tokens import RandomHoldTokens
from core.seating.errors import MaxPerUserExceededError, SeatTakenError
from core.seating.reservations import Reservation
from core.shared.errors import DomainError
from core.shared.ids import OrderId, ReservationId, SeatId
from ports.events import Delivery
from ports.published.orders import OrderCancelled
from tests.seating_world import SeatingStores, a_buyer, a_plan, a_tenant, postgres_stores
from tests.servers import PostgresServer
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.manage_hold import ExtendHold, ReleaseHold
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.reserve_seats import FinaliseReservation, ReclaimSeats, ReserveSeats

BUYERS = 200
HOT_SEATS = 20
both_ways = pytest.mark.parametrize("batching", [False, True], ids=["one by one", "in batches"])


CONTRADICTIONS = """
select s.seat_id, s.status, r.status as entry, i.seat_id as item
  from seat_states s
  left join seat_reservations r on r.id = s.reservation_id
  left join seat_reservation_items i on i.reservation_id = s.reservation_id and i.seat_id = s.seat_id
 where s.reservation_id is not null and (r.status is distinct from s.status or i.seat_id is null)
"""
"""Seats that say of themselves what the ledger does not say of them."""


async def found(stores: SeatingStores, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(stores.admin_url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.mark.timeout(120)
@both_ways
async def test_two_hundred_buyers_after_the_same_twenty_seats_never_share_one(
    postgres: PostgresServer, batching: bool
) -> None:
    async with postgres_stores(postgres, connections_max=32, batching=batching) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=2, columns=HOT_SEATS // 2)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        clock = SystemClock()
        hold = HoldSeats(stores.grant, RandomHoldTokens(), clock)
        reserve = ReserveSeats(stores.transactions, clock)
        finalise = FinaliseReservation(stores.transactions, clock)
        dice = random.Random(20)
        wishes = [tuple(seat.id for seat in dice.sample(layout.seats, 4)) for _ in range(BUYERS)]

        async def buy(wish: tuple[SeatId, ...]) -> Reservation | SeatTakenError:
            buyer, order = a_buyer(tenant), OrderId(uuid4())
            try:
                held = (await hold(plan.id, ReservationId(uuid4()), wish, caller=buyer)).reservation
            except SeatTakenError as refused:
                return refused
            until = held.expires_at
            await reserve(
                held.id, tenant_id=tenant, order_id=order, account_id=buyer.account_id, hold_token=None, until=until
            )
            await finalise(held.id, tenant_id=tenant, order_id=order)
            return held

        answers = await asyncio.gather(*(buy(wish) for wish in wishes))
        sold = [seat.seat_id for answer in answers if isinstance(answer, Reservation) for seat in answer.seats]
        assert len(sold) == len(set(sold)) and len(sold) >= 4
        items = await found(stores, "select seat_id from seat_reservation_items where sold")
        assert sorted(row["seat_id"] for row in items) == sorted(sold)
        assert await found(stores, CONTRADICTIONS) == []
        async with stores.transactions.begin(tenant) as tx:
            states = Counter(type(state).__name__ for _, state in await tx.seats.seat_map(plan.id))
        assert states == Counter(Sold=len(sold), Available=HOT_SEATS - len(sold))


@pytest.mark.timeout(120)
@both_ways
async def test_holds_extensions_releases_and_sweeps_of_the_same_seats_do_not_lock_up(
    postgres: PostgresServer, batching: bool
) -> None:
    async with postgres_stores(postgres, connections_max=24, batching=batching) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=1, columns=12, hold_ttl_s=60)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        clock = MemoryClock()
        hold = HoldSeats(stores.grant, RandomHoldTokens(), clock)
        extend = ExtendHold(stores.transactions, clock)
        release = ReleaseHold(stores.transactions, clock)
        sweep = ExpireReservations(stores.expired, stores.transactions, clock)

        async def roam(number: int) -> None:
            dice = random.Random(number)
            buyer = a_buyer(tenant)
            for _ in range(12):
                id = ReservationId(uuid4())
                seats = tuple(seat.id for seat in dice.sample(layout.seats, dice.randint(1, 6)))
                try:
                    await hold(plan.id, id, seats, caller=buyer)
                    await extend(id, caller=buyer, hold_token=None)
                    clock.move(seconds=dice.choice([0, 5, 61]))
                    if dice.random() < 0.5:
                        await release(id, caller=buyer, hold_token=None)
                    await sweep()
                except DomainError:
                    continue

        await asyncio.gather(*(roam(number) for number in range(40)))
        assert await found(stores, CONTRADICTIONS) == []


@pytest.mark.timeout(120)
@both_ways
async def test_late_payments_and_new_holds_of_the_same_seats_never_share_one(
    postgres: PostgresServer, batching: bool
) -> None:
    async with postgres_stores(postgres, connections_max=24, batching=batching) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=1, columns=12, hold_ttl_s=60)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        clock = MemoryClock()
        hold = HoldSeats(stores.grant, RandomHoldTokens(), clock)
        reserve = ReserveSeats(stores.transactions, clock)
        reclaim = ReclaimSeats(stores.transactions, clock)
        give_back = ReleaseCancelledOrder(stores.transactions, clock)
        sweep = ExpireReservations(stores.expired, stores.transactions, clock)
        owners: dict[SeatId, ReservationId] = {}
        outcomes: Counter[str] = Counter()

        async def roam(number: int) -> None:
            dice = random.Random(number)
            buyer = a_buyer(tenant)
            for _ in range(12):
                id, order = ReservationId(uuid4()), OrderId(uuid4())
                seats = tuple(seat.id for seat in dice.sample(layout.seats, dice.randint(1, 3)))
                try:
                    held = (await hold(plan.id, id, seats, caller=buyer)).reservation
                    await reserve(
                        id,
                        tenant_id=tenant,
                        order_id=order,
                        account_id=buyer.account_id,
                        hold_token=None,
                        until=held.expires_at,
                    )
                    clock.move(seconds=dice.choice([5, 61]))
                    if dice.random() < 0.5:
                        await sweep()
                    await reclaim(id, tenant_id=tenant, order_id=order)
                except DomainError as refused:
                    outcomes[refused.code] += 1
                    continue
                # Until the order is refunded nobody else is told that they have one of the seats.
                assert not owners.keys() & set(seats)
                owners.update(dict.fromkeys(seats, id))
                await asyncio.sleep(0)
                for seat in seats:
                    assert owners.pop(seat) == id
                refund = OrderCancelled(order_id=order, reason="refunded", reservation_ids=(id,))
                await give_back(refund, Delivery(event_id=uuid4(), tenant_id=tenant))
                outcomes["sold"] += 1

        await asyncio.gather(*(roam(number) for number in range(40)))
        assert outcomes["sold"] and outcomes[SeatTakenError.code]
        assert await found(stores, CONTRADICTIONS) == []
        assert await found(stores, "select from seat_reservation_items where sold") == []


@both_ways
async def test_holds_of_one_account_at_once_never_exceed_what_it_may_have(
    postgres: PostgresServer, batching: bool
) -> None:
    async with postgres_stores(postgres, connections_max=10, batching=batching) as stores:
        tenant = a_tenant()
        plan, layout = a_plan(rows=4, columns=5, max_per_user=4)
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        hold = HoldSeats(stores.grant, RandomHoldTokens(), SystemClock())
        ann = a_buyer(tenant)
        pairs = [(layout.seats[place].id, layout.seats[place + 1].id) for place in range(0, 20, 2)]
        answers = await asyncio.gather(
            *(hold(plan.id, ReservationId(uuid4()), pair, caller=ann) for pair in pairs), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, MaxPerUserExceededError)]
        assert len(refused) == 8 and len(answers) == 10


@both_ways
async def test_the_same_hold_sent_many_times_at_once_is_one_hold(postgres: PostgresServer, batching: bool) -> None:
    async with postgres_stores(postgres, connections_max=10, batching=batching) as stores:
        tenant = a_tenant()
        plan, layout = a_plan()
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        hold = HoldSeats(stores.grant, RandomHoldTokens(), SystemClock())
        ann, id = a_buyer(tenant), ReservationId(uuid4())
        seats = (layout.seats[0].id, layout.seats[1].id)
        answers = await asyncio.gather(*(hold(plan.id, id, seats, caller=ann) for _ in range(20)))
        assert len({answer.reservation for answer in answers}) == 1
        assert [answer.hold_token is not None for answer in answers].count(True) == 1


async def test_the_database_itself_refuses_a_second_sale_of_a_seat(postgres: PostgresServer) -> None:
    async with postgres_stores(postgres) as stores:
        tenant = a_tenant()
        plan, layout = a_plan()
        async with stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)
        hold = HoldSeats(stores.grant, RandomHoldTokens(), SystemClock())
        await hold(plan.id, ReservationId(uuid4()), (layout.seats[0].id,), caller=a_buyer(tenant))
        connection = await asyncpg.connect(stores.admin_url)
        try:
            with pytest.raises(asyncpg.UniqueViolationError, match="one_sale"):
                await connection.execute("update seat_reservation_items set sold = true")
                await connection.execute(
                    """
                    insert into seat_reservation_items
                    select tenant_id, gen_random_uuid(), seat_id, section_id, seat_label, price_minor, true
                    from seat_reservation_items
                    """
                )
        finally:
            await connection.close()
