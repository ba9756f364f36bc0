"""What the stores of payments promise, in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.payments import MemoryPayments
from adapters.postgres.payments import PostgresPaymentTransactions, PostgresUnsettledPayments
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.payments.destination import Destination
from core.payments.payment import Payment, PaymentMethod, PaymentStatus
from core.payments.record import PaymentRecord, RecordKind
from core.payments.transitions import CHECK_AFTER_S
from core.shared.ids import TenantId
from core.shared.money import Money
from ports.payments import PaymentTransactions, UnsettledPayments
from tests import payments_builders
from tests.database_roles import refused
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()


@dataclass
class Stores:
    transactions: PaymentTransactions
    unsettled: UnsettledPayments

    async def added(self, payment: Payment) -> bool:
        async with self.transactions.begin(payment.tenant_id) as tx:
            return await tx.payments.add(payment)

    async def found(self, payment: Payment, *, tenant_id: TenantId = OURS) -> Payment | None:
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.payments.find(payment.id)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryPayments(MemoryMessages(ids=IDS))
        yield Stores(memory, memory)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with (
        await open_pool(database.app_url, connections_max=5) as app,
        await open_pool(database.relay_url, connections_max=2) as relay,
    ):
        yield Stores(PostgresPaymentTransactions(app, IDS), PostgresUnsettledPayments(relay))


def a_payment(*, tenant_id: TenantId = OURS, order_id: UUID | None = None, now: datetime = NOW) -> Payment:
    return payments_builders.a_payment(
        now=now, payment_id=IDS.new(), tenant_id=tenant_id, order_id=order_id, method=PaymentMethod.APPLE_PAY
    )


async def test_a_payment_comes_back_as_it_was_stored(stores: Stores) -> None:
    payment = a_payment()
    assert await stores.added(payment)
    assert await stores.found(payment) == payment
    changed = replace(
        payment,
        status=PaymentStatus.MISMATCHED,
        attempt=2,
        intent_id="pi_1",
        received=Money(900, "USD"),
        closing=True,
        refund_reason="wrong amount",
        decline_id="ch_1::card_declined",
        check_at=None,
        updated_at=NOW + timedelta(seconds=5),
        refunded_at=NOW,
        destination=Destination("acct_1", 250),
        needs_action=True,
    )
    async with stores.transactions.begin(OURS) as tx:
        await tx.payments.save(changed)
    assert await stores.found(payment) == changed


async def test_an_order_has_one_payment(stores: Stores) -> None:
    first = a_payment()
    assert await stores.added(first)
    assert not await stores.added(a_payment(order_id=first.order_id))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.payments.lock_of_order(first.order_id) == first


async def test_another_tenants_payment_is_absent(stores: Stores) -> None:
    payment = a_payment()
    await stores.added(payment)
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.payments.find(payment.id) is None
        assert await tx.payments.lock(payment.id) is None
        assert await tx.payments.lock_of_order(payment.order_id) is None
        assert await tx.payments.records(payment.id) == []


async def test_nothing_stays_of_a_transaction_that_raised(stores: Stores) -> None:
    payment = a_payment()
    with pytest.raises(RuntimeError):
        async with stores.transactions.begin(OURS) as tx:
            await tx.payments.add(payment)
            raise RuntimeError
    assert await stores.found(payment) is None


async def test_the_audit_trail_keeps_its_order_and_details(stores: Stores) -> None:
    payment = a_payment()
    await stores.added(payment)
    trail = [
        PaymentRecord(RecordKind.ATTEMPTED, 0, "EUR", {"attempt": 1}),
        PaymentRecord(RecordKind.SUCCEEDED, 7500, "EUR", {"intent_id": "pi_1", "note": None}),
        PaymentRecord(RecordKind.REFUNDED, -7500, "EUR", {"reason": "Fußball fällt aus"}),
    ]
    async with stores.transactions.begin(OURS) as tx:
        for record in trail:
            await tx.payments.append(payment.id, record, id=IDS.new(), at=NOW)
        kept = await tx.payments.records(payment.id)
    assert [(one.record, one.recorded_at, one.payment_id) for one in kept] == [(r, NOW, payment.id) for r in trail]


async def test_the_sweep_sees_silent_payments_of_every_tenant_the_longest_silent_first(stores: Stores) -> None:
    older = a_payment(tenant_id=THEIRS, now=NOW - timedelta(seconds=60))
    newer = a_payment()
    for payment in (newer, older, replace(a_payment(), check_at=None)):
        await stores.added(payment)
    due_at = NOW + timedelta(seconds=CHECK_AFTER_S)
    both = [(THEIRS, older.id), (OURS, newer.id)]
    assert await stores.unsettled.due(now=due_at, payments_max=10) == both
    assert await stores.unsettled.due(now=due_at, payments_max=1) == both[:1]
    assert await stores.unsettled.due(now=due_at - timedelta(microseconds=1), payments_max=10) == both[:1]


async def test_nobody_changes_the_audit_trail(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    payment = a_payment()
    async with await open_pool(database.app_url, connections_max=2) as app:
        stores = PostgresPaymentTransactions(app, IDS)
        async with stores.begin(OURS) as tx:
            await tx.payments.add(payment)
            record = PaymentRecord(RecordKind.ATTEMPTED, 0, "EUR", {})
            await tx.payments.append(payment.id, record, id=IDS.new(), at=NOW)
    for url in (database.app_url, database.relay_url, database.admin_url):
        async with connected(url) as connection:
            await refused(connection, "update payment_records set movement_minor = 1")
            await refused(connection, "delete from payment_records")
            await refused(connection, "truncate payment_records")


async def test_the_database_itself_refuses_a_success_of_another_amount(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    wrong = replace(a_payment(), status=PaymentStatus.SUCCEEDED, received=Money(1, "EUR"))
    async with await open_pool(database.app_url, connections_max=2) as app:
        with pytest.raises(asyncpg.CheckViolationError):
            async with PostgresPaymentTransactions(app, IDS).begin(OURS) as tx:
                await tx.payments.add(wrong)
