"""What blocking by the box office promises, held by the memory and the PostgreSQL adapter alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from adapters.memory.clock import MemoryClock
from core.seating.blocking import Deed
from core.seating.errors import PlanNotFoundError, SeatTakenError, UnknownSeatError
from core.seating.layout import Layout
from core.seating.plans import PlanStatus, SeatingPlan
from core.seating.seats import Available, Blocked, Held, SeatState, state_at
from core.shared.callers import Caller, Role
from core.shared.errors import ForbiddenError, InvalidInputError
from core.shared.ids import ReservationId, SeatId, TenantId
from tests.database_roles import act, refused
from tests.seating_world import (
    TTL_S,
    CountedTokens,
    SeatingStores,
    a_buyer,
    a_plan,
    a_tenant,
    memory_stores,
    postgres_stores,
    seat_ids,
)
from tests.servers import PostgresServer, connected
from usecases.seating.block_seats import BlockSeats, UnblockSeats
from usecases.seating.expire_reservations import ExpireReservations
from usecases.seating.hold_seats import HoldSeats, NewHold


@dataclass(slots=True)
class House:
    """A tenant with one plan of ten seats, its clerk and its clock."""

    stores: SeatingStores
    tenant: TenantId
    clerk: Caller
    clock: MemoryClock
    plan: SeatingPlan
    layout: Layout

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def seats(self, *labels: str) -> tuple[SeatId, ...]:
        return seat_ids(self.layout, *labels)

    async def block(self, *labels: str, until: datetime | None = None, by: Caller | None = None) -> None:
        usecase = BlockSeats(self.stores.transactions, self.clock)
        await usecase(self.plan.id, self.seats(*labels), reason="camera", until=until, caller=by or self.clerk)

    async def unblock(self, *labels: str) -> frozenset[SeatId]:
        usecase = UnblockSeats(self.stores.transactions, self.clock)
        return frozenset((await usecase(self.plan.id, self.seats(*labels), caller=self.clerk)).seats)

    async def hold(self, *labels: str) -> NewHold:
        usecase = HoldSeats(self.stores.grant, CountedTokens(), self.clock)
        buyer = a_buyer(self.tenant)
        return await usecase(self.plan.id, ReservationId(uuid4()), self.seats(*labels), caller=buyer)

    async def states(self) -> dict[str, SeatState]:
        async with self.stores.transactions.begin(self.tenant) as tx:
            return {seat.label: state for seat, state in await tx.seats.seat_map(self.plan.id)}

    async def audit(self, label: str) -> list[tuple[Deed, datetime, str | None, datetime | None]]:
        async with self.stores.transactions.begin(self.tenant) as tx:
            lines = await tx.blocks.audit(self.seats(label)[0])
        assert {line.by for line in lines} <= {self.clerk.account_id}
        return [(line.what, line.at, line.reason, line.until) for line in lines]


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[SeatingStores]:
    if request.param == "memory":
        yield memory_stores()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_stores(postgres) as real:
        yield real


async def a_house(stores: SeatingStores, status: PlanStatus = PlanStatus.ACTIVE) -> House:
    tenant = a_tenant()
    plan, layout = a_plan(status=status)
    async with stores.transactions.begin(tenant) as tx:
        await tx.plans.add(plan, layout)
    return House(stores, tenant, a_buyer(tenant, role=Role.BOX_OFFICE), MemoryClock(), plan, layout)


@pytest.fixture
async def house(stores: SeatingStores) -> House:
    return await a_house(stores)


async def test_a_blocked_seat_cannot_be_held_until_it_is_unblocked(house: House) -> None:
    await house.block("R1S1", "R1S2")
    assert (await house.states())["R1S1"] == Blocked("camera")
    with pytest.raises(SeatTakenError):
        await house.hold("R1S2", "R1S3")
    assert await house.unblock("R1S2") == frozenset(house.seats("R1S2"))
    await house.hold("R1S2", "R1S3")


async def test_a_block_is_over_at_its_time_exactly_whether_or_not_anything_tidied_it(house: House) -> None:
    end = house.now + timedelta(hours=1)
    await house.block("R1S1", until=end)
    house.clock.moment = end - timedelta(microseconds=1)
    with pytest.raises(SeatTakenError):
        await house.hold("R1S1")
    house.clock.moment = end
    assert {state_at(state, end) for state in (await house.states()).values()} == {Available()}
    assert await house.unblock("R1S1") == frozenset()
    held = (await house.hold("R1S1")).reservation
    assert (await house.states())["R1S1"] == Held(held.id, held.expires_at)


async def test_a_block_that_is_over_may_be_renewed(house: House) -> None:
    end = house.now + timedelta(hours=1)
    await house.block("R1S1", until=end)
    house.clock.moment = end
    await house.block("R1S1")
    assert (await house.states())["R1S1"] == Blocked("camera")


async def test_all_the_seats_are_blocked_or_none_and_the_others_are_named(house: House) -> None:
    await house.hold("R1S2")
    await house.block("R1S4")
    with pytest.raises(SeatTakenError) as refusal:
        await house.block("R1S1", "R1S2", "R1S3", "R1S4")
    assert refusal.value.message == "Already taken: Stalls R1S2, Stalls R1S4. No seat was blocked."
    assert [problem.pointer for problem in refusal.value.problems] == ["/seatIds/1", "/seatIds/3"]
    states = await house.states()
    assert states["R1S1"] == states["R1S3"] == Available()
    assert await house.audit("R1S1") == []


async def test_a_seat_is_blocked_over_an_ended_hold_that_was_not_tidied_up(house: House) -> None:
    await house.hold("R1S1", "R1S2")
    house.clock.move(seconds=TTL_S - 1)
    with pytest.raises(SeatTakenError):
        await house.block("R1S1")
    house.clock.move(seconds=1)
    await house.block("R1S1")
    assert await ExpireReservations(house.stores.expired, house.stores.transactions, house.clock)() == 1
    states = await house.states()
    assert (states["R1S1"], states["R1S2"]) == (Blocked("camera"), Available())
    await house.unblock("R1S1")
    await house.hold("R1S1", "R1S2")


@pytest.mark.parametrize("past_s", [0, 1])
async def test_a_block_does_not_end_in_the_past(house: House, past_s: int) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await house.block("R1S1", until=house.now - timedelta(seconds=past_s))
    assert [problem.pointer for problem in refusal.value.problems] == ["/until"]
    await house.block("R1S1", until=house.now + timedelta(microseconds=1))


async def test_who_did_what_when_and_why_is_kept(house: House) -> None:
    start = house.now
    end = start + timedelta(hours=1)
    await house.block("R1S1", "R1S2", until=end)
    house.clock.move(seconds=5)
    await house.unblock("R1S1")
    await house.unblock("R1S1")
    assert await house.audit("R1S1") == [
        (Deed.BLOCKED, start, "camera", end),
        (Deed.UNBLOCKED, house.now, None, None),
    ]
    assert await house.audit("R1S2") == [(Deed.BLOCKED, start, "camera", end)]


async def test_seats_can_be_blocked_before_the_sale_begins(stores: SeatingStores) -> None:
    house = await a_house(stores, PlanStatus.DRAFT)
    await house.block("R1S1")
    assert (await house.states())["R1S1"] == Blocked("camera")


async def test_seats_of_another_plan_or_tenant_are_unknown(house: House) -> None:
    other, layout = a_plan()
    async with house.stores.transactions.begin(house.tenant) as tx:
        await tx.plans.add(other, layout)
    block = BlockSeats(house.stores.transactions, house.clock)
    mixed = [*house.seats("R1S1"), layout.seats[0].id]
    with pytest.raises(UnknownSeatError) as refusal:
        await block(house.plan.id, mixed, reason="camera", until=None, caller=house.clerk)
    assert [problem.pointer for problem in refusal.value.problems] == ["/seatIds/1"]
    stranger = a_buyer(a_tenant(), role=Role.OWNER)
    with pytest.raises(PlanNotFoundError):
        await house.block("R1S1", by=stranger)
    assert set((await house.states()).values()) == {Available()}


@pytest.mark.parametrize("role", [None, Role.SCANNER])
async def test_only_those_who_sell_may_block_and_unblock(house: House, role: Role | None) -> None:
    nobody = a_buyer(house.tenant, role=role)
    with pytest.raises(ForbiddenError):
        await house.block("R1S1", by=nobody)
    with pytest.raises(ForbiddenError):
        await UnblockSeats(house.stores.transactions, house.clock)(house.plan.id, house.seats("R1S1"), caller=nobody)


async def test_the_audit_can_neither_be_changed_nor_deleted_nor_read_by_others(postgres: PostgresServer) -> None:
    async with postgres_stores(postgres) as stores:
        house = await a_house(stores)
        await house.block("R1S1")
        async with connected(stores.admin_url) as admin:
            await admin.execute("set role fairseat_venue_app")
            async with admin.transaction():
                await act(admin, tenant=house.tenant)
                assert len(await admin.fetch("select * from seat_audit")) == 1
                await refused(admin, "update seat_audit set reason = 'none'")
                await refused(admin, "delete from seat_audit")
            async with admin.transaction():
                await act(admin, tenant=a_tenant())
                assert await admin.fetch("select * from seat_audit") == []
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with admin.transaction():
                        await admin.execute(
                            "insert into seat_audit values ($1, $2, default, $2, 'unblocked', $2, null, null, now())",
                            house.tenant,
                            uuid4(),
                        )
