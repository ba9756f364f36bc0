"""One random story of buyers, orders and a moving clock, told to the memory and the PostgreSQL ledger at once.

Every answer (the reservation, or the code and the words of the refusal) and every picture of the seats must be the same
on both sides, and neither may ever give one seat to two.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from adapters.memory.clock import MemoryClock, MemoryIds
from core.seating.layout import Layout
from core.seating.plans import SeatingPlan
from core.seating.reservations import Reservation
from core.shared.callers import Caller
from core.shared.errors import DomainError
from core.shared.ids import AccountId, OrderId, PlanId, ReservationId, SeatId, TenantId
from ports.events import Delivery
from ports.published.orders import OrderCancelled
from tests.seating_world import (
    CountedTokens,
    SeatingStores,
    a_plan,
    memory_stores,
    postgres_stores,
)
from tests.servers import PostgresServer
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.manage_hold import ExtendHold, ReleaseHold
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.reserve_seats import (
    FinaliseReservation,
    ProtectReservation,
    ReclaimSeats,
    ReleaseReservation,
    ReserveSeats,
)
from usecases.seating.seats_snapshot import SeatsSnapshot

TTL_S = 100
TENANTS = [TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))]
BUYERS = [AccountId(UUID(int=0x100 + number)) for number in range(3)]
ORDERS = [OrderId(UUID(int=0x200 + number)) for number in range(3)]
IDS = [ReservationId(UUID(int=0x300 + number)) for number in range(5)]
SEATS = 6

type Answer = Any  # a reservation, a number, or the code and words of a refusal
type Command = Callable[["Side"], Awaitable[object]]

tenants = st.sampled_from(TENANTS)
buyers = st.sampled_from(BUYERS)
orders = st.sampled_from(ORDERS)
ids = st.sampled_from(IDS)
reasons = st.sampled_from(["refunded", "expired"])
places = st.lists(st.integers(0, SEATS), min_size=0, max_size=4)
tokens = st.one_of(st.none(), st.integers(1, 4).map(lambda number: f"token-{number}"))


class Side:
    """One kind of storage with its own use cases; the clock is shared."""

    def __init__(self, stores: SeatingStores, clock: MemoryClock) -> None:
        store = stores.transactions
        self.stores = stores
        self.tokens = CountedTokens()
        self.hold = HoldSeats(store, self.tokens, clock)
        self.extend = ExtendHold(store, clock)
        self.release = ReleaseHold(store, clock)
        self.reserve = ReserveSeats(store, clock)
        self.protect = ProtectReservation(store, clock)
        self.finalise = FinaliseReservation(store, clock)
        self.reclaim = ReclaimSeats(store, clock)
        self.release_order = ReleaseReservation(store, clock)
        self.sweep = ExpireReservations(stores.expired, store, clock)
        self.cancelled = ReleaseCancelledOrder(store, clock)
        self.snapshot = SeatsSnapshot(store, clock)

    async def answer(self, command: Command) -> Answer:
        """Run a command; a refusal is an answer as well."""
        try:
            return await command(self)
        except DomainError as refusal:
            return (refusal.code, refusal.message, refusal.problems)


class TwoLedgers(RuleBasedStateMachine):
    """Two tenants with a plan of the same six seats each; three buyers who act in both."""

    loop: asyncio.AbstractEventLoop
    postgres: SeatingStores

    def __init__(self) -> None:
        super().__init__()
        self.clock = MemoryClock()
        self.sides = [Side(memory_stores(), self.clock), Side(self.postgres, self.clock)]
        self.plans: dict[TenantId, tuple[SeatingPlan, Layout]] = {}
        self.events = 0

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    @initialize()
    def open_the_plans(self) -> None:
        self.run(_emptied(self.postgres))
        made = MemoryIds()
        for tenant in TENANTS:
            plan, layout = a_plan(
                rows=1, columns=SEATS, seats_max_per_order=3, max_per_user=4, hold_ttl_s=TTL_S, ids=made
            )
            self.plans[tenant] = (plan, layout)
            for side in self.sides:
                self.run(self._add(side, tenant, plan, layout))

    @staticmethod
    async def _add(side: Side, tenant: TenantId, plan: SeatingPlan, layout: Layout) -> None:
        async with side.stores.transactions.begin(tenant) as tx:
            await tx.plans.add(plan, layout)

    def both(self, command: Command) -> None:
        """Give the command to both sides; their answers must agree."""
        memory, postgres = (self.run(side.answer(command)) for side in self.sides)
        assert memory == postgres

    def seat(self, tenant: TenantId, place: int) -> SeatId:
        """Return a seat of the plan; the place behind the last is a seat that no plan has."""
        layout = self.plans[tenant][1]
        return layout.seats[place].id if place < SEATS else SeatId(UUID(int=0xDEAD))

    @rule(tenant=tenants, buyer=buyers, id=ids, seats=places, foreign=st.sampled_from([False] * 9 + [True]))
    def hold(self, tenant: TenantId, buyer: AccountId, id: ReservationId, seats: list[int], foreign: bool) -> None:
        other = TENANTS[1 - TENANTS.index(tenant)]
        plan = PlanId(self.plans[other if foreign else tenant][0].id)
        wanted = tuple(self.seat(tenant, place) for place in seats)
        caller = Caller(buyer, tenant)
        self.both(lambda side: side.hold(plan, id, wanted, caller=caller))

    @rule(tenant=tenants, buyer=buyers, id=ids, token=tokens)
    def extend(self, tenant: TenantId, buyer: AccountId, id: ReservationId, token: str | None) -> None:
        self.both(lambda side: side.extend(id, caller=Caller(buyer, tenant), hold_token=token))

    @rule(tenant=tenants, buyer=buyers, id=ids, token=tokens)
    def release(self, tenant: TenantId, buyer: AccountId, id: ReservationId, token: str | None) -> None:
        self.both(lambda side: side.release(id, caller=Caller(buyer, tenant), hold_token=token))

    @rule(tenant=tenants, buyer=buyers, id=ids, order=orders, token=tokens, lasting_s=st.integers(1, 200))
    def reserve(
        self,
        tenant: TenantId,
        buyer: AccountId,
        id: ReservationId,
        order: OrderId,
        token: str | None,
        lasting_s: int,
    ) -> None:
        until = self.clock.now() + timedelta(seconds=lasting_s)
        self.both(
            lambda side: side.reserve(
                id, tenant_id=tenant, order_id=order, account_id=buyer, hold_token=token, until=until
            )
        )

    @rule(tenant=tenants, id=ids, order=orders, lasting_s=st.integers(1, 300))
    def protect(self, tenant: TenantId, id: ReservationId, order: OrderId, lasting_s: int) -> None:
        until = self.clock.now() + timedelta(seconds=lasting_s)
        self.both(lambda side: side.protect(id, tenant_id=tenant, order_id=order, until=until))

    @rule(tenant=tenants, id=ids, order=orders)
    def finalise(self, tenant: TenantId, id: ReservationId, order: OrderId) -> None:
        self.both(lambda side: side.finalise(id, tenant_id=tenant, order_id=order))

    @rule(tenant=tenants, id=ids, order=orders)
    def reclaim(self, tenant: TenantId, id: ReservationId, order: OrderId) -> None:
        self.both(lambda side: side.reclaim(id, tenant_id=tenant, order_id=order))

    @rule(tenant=tenants, id=ids, order=orders)
    def release_the_order(self, tenant: TenantId, id: ReservationId, order: OrderId) -> None:
        self.both(lambda side: side.release_order(id, tenant_id=tenant, order_id=order))

    @rule(
        tenant=tenants,
        cancelled=st.lists(ids, max_size=3),
        order=orders,
        reason=st.sampled_from(["refunded", "expired"]),
    )
    def cancel(self, tenant: TenantId, cancelled: list[ReservationId], order: OrderId, reason: str) -> None:
        self.events += 1
        event = OrderCancelled(order_id=order, reservation_ids=tuple(cancelled), reason=reason)
        id = UUID(int=0x400 + self.events)
        delivery = Delivery(event_id=id, tenant_id=tenant)
        self.both(lambda side: side.cancelled(event, delivery))
        self.both(lambda side: side.cancelled(event, delivery))

    @rule()
    def sweep(self) -> None:
        self.both(lambda side: side.sweep())

    @rule(seconds=st.sampled_from([1, 30, 99.999999, 100, 0.000001, 250]))
    def wait(self, seconds: float) -> None:
        self.clock.move(seconds=seconds)

    @rule(seconds=st.sampled_from([1, 40]))
    def turn_the_clock_back(self, seconds: float) -> None:
        """Processes have clocks of their own, so a later command may bring an earlier time."""
        self.clock.move(seconds=-seconds)

    @invariant()
    def the_pictures_agree_and_no_seat_has_two_owners(self) -> None:
        for tenant in self.plans:
            memory, postgres = (self.run(self._picture(side, tenant)) for side in self.sides)
            assert memory == postgres
            reservations: list[Reservation] = memory[1]
            now: datetime = self.clock.now()
            for reservation in reservations:
                assert reservation.expires_at >= reservation.held_at
                assert len(reservation.seats) <= 3
            owned = [
                seat.seat_id
                for reservation in reservations
                if not reservation.has_ended(now) and self._owns(reservation, memory[2])
                for seat in reservation.seats
            ]
            assert len(owned) == len(set(owned))

    @staticmethod
    def _owns(reservation: Reservation, owners: dict[SeatId, object]) -> bool:
        """A clock that was turned back may show an ended hold as live, though its seats have gone to others."""
        return all(
            getattr(owners[seat.seat_id], "reservation_id", None) == reservation.id for seat in reservation.seats
        )

    async def _picture(self, side: Side, tenant: TenantId) -> tuple[object, list[Reservation], dict[SeatId, object]]:
        plan = self.plans[tenant][0]
        caller = Caller(BUYERS[0], tenant)
        seen = await side.snapshot(plan.id, caller=caller)
        async with side.stores.transactions.begin(tenant) as tx:
            entries = await tx.seats.lock_all(IDS, wait=True)
            states = {seat.id: state for seat, state in await tx.seats.seat_map(plan.id)}
        return seen, [entry.reservation for entry in entries], dict(states)


async def _emptied(stores: SeatingStores) -> None:
    connection = await asyncpg.connect(stores.admin_url)
    try:
        await connection.execute(
            "truncate seating_plans, sections, seats, price_tiers, seat_reservations, seat_reservation_items,"
            " outbox, inbox"
        )
    finally:
        await connection.close()


@pytest.mark.timeout(300)
def test_memory_and_postgresql_tell_the_same_story(postgres: PostgresServer) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    try:
        TwoLedgers.loop = loop
        TwoLedgers.postgres = loop.run_until_complete(stack.enter_async_context(postgres_stores(postgres)))
        run_state_machine_as_test(
            TwoLedgers,
            settings=settings(
                max_examples=60,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
