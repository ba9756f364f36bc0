"""What the stores of fees and taxes promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.orders import MemoryOrderTransactions
from adapters.postgres.orders import PostgresOrderTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.orders.fee_schedule import FeeSchedule, FeeScheduleChange
from core.orders.fees import FeeUnit, FixedFee, PercentageFee
from core.orders.taxes import TaxRate
from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId, TenantId
from core.shared.money import Money
from ports.orders import OrderTransactions
from tests.database_roles import act, refused
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
ANN, BEN = AccountId(UUID(int=1)), AccountId(UUID(int=2))
SCHEDULE = FeeSchedule(
    fees=(
        FixedFee("booking", "Gebühr „Buchung“", Money(150, "EUR"), FeeUnit.ADMISSION),
        FixedFee("booking", "Booking", Money(20, "JPY")),
        PercentageFee("service", "Service", 250, passed_on=False),
    ),
    taxes=(TaxRate("vat", "VAT", 1_900, included=True), TaxRate("ust", "USt", 1_300, included=False, country="AT")),
    version=1,
)


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[OrderTransactions]:
    ids = Uuid7Source()
    if request.param == "memory":
        yield MemoryOrderTransactions(MemoryMessages(ids=ids))
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("order_db")
    pool = await open_pool(database.app_url, connections_max=8)
    try:
        yield PostgresOrderTransactions(pool, ids)
    finally:
        await pool.close()


async def added(store: OrderTransactions, schedule: FeeSchedule, *, by: AccountId = ANN) -> FeeScheduleChange:
    change = FeeScheduleChange(schedule, by, NOW + timedelta(seconds=schedule.version))
    async with store.begin(OURS) as tx:
        await tx.fee_schedules.add(change)
    return change


async def current(store: OrderTransactions, tenant_id: TenantId = OURS) -> FeeSchedule:
    async with store.begin(tenant_id) as tx:
        return await tx.fee_schedules.current()


async def test_what_was_never_set_is_empty(store: OrderTransactions) -> None:
    assert await current(store) == FeeSchedule()
    async with store.begin(OURS) as tx:
        assert list(await tx.fee_schedules.changes(changes_max=10)) == []


async def test_the_newest_version_counts_and_each_earlier_one_stays(store: OrderTransactions) -> None:
    first = await added(store, SCHEDULE)
    assert await current(store) == SCHEDULE
    second = await added(store, FeeSchedule(version=2), by=BEN)
    assert await current(store) == second.schedule
    async with store.begin(OURS) as tx:
        assert list(await tx.fee_schedules.changes(changes_max=10)) == [second, first]
        assert list(await tx.fee_schedules.changes(changes_max=1)) == [second]


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_a_version_that_is_not_the_next_one_is_refused(store: OrderTransactions, version: int) -> None:
    await added(store, SCHEDULE)
    with pytest.raises(StaleVersionError):
        await added(store, replace(SCHEDULE, version=version))
    assert await current(store) == SCHEDULE


async def test_of_many_changes_of_one_version_at_once_one_is_kept(store: OrderTransactions) -> None:
    results = await asyncio.gather(*(added(store, SCHEDULE) for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(result, StaleVersionError) for result in results) == 11
    assert await current(store) == SCHEDULE


async def test_another_tenant_has_fees_of_its_own(store: OrderTransactions) -> None:
    await added(store, SCHEDULE)
    assert await current(store, THEIRS) == FeeSchedule()
    async with store.begin(THEIRS) as tx:
        await tx.fee_schedules.add(FeeScheduleChange(FeeSchedule(version=1), BEN, NOW))
    assert await current(store) == SCHEDULE


async def test_a_transaction_that_raises_sets_nothing(store: OrderTransactions) -> None:
    with pytest.raises(RuntimeError):
        async with store.begin(OURS) as tx:
            await tx.fee_schedules.add(FeeScheduleChange(SCHEDULE, ANN, NOW))
            raise RuntimeError
    assert await current(store) == FeeSchedule()


async def test_who_set_which_fees_can_be_neither_changed_nor_deleted(postgres: PostgresServer) -> None:
    database = await postgres.fresh("order_db")
    pool = await open_pool(database.app_url, connections_max=1)
    try:
        await added(PostgresOrderTransactions(pool, Uuid7Source()), SCHEDULE)
    finally:
        await pool.close()
    async with connected(database.app_url) as app, app.transaction():
        await act(app, tenant=OURS)
        assert await app.fetchval("select changed_by from fee_schedules") == ANN
        for statement in ("update fee_schedules set version = 7", "delete from fee_schedules"):
            await refused(app, statement)
