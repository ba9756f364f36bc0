"""What payment_db itself holds about money, whoever writes: tried by raw SQL, in each role."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.migrator import Database, downgrade, migrate
from adapters.postgres.payments import PostgresPaymentTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.payments.payment import Payment, PaymentStatus
from core.shared.ids import TenantId
from tests.database_roles import Connection, act, refused
from tests.payments_builders import a_payment
from tests.servers import PostgresServer, connected

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
TENANT, OTHER = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()
REFUND = """
    insert into refunds (tenant_id, id, payment_id, amount_minor, currency, reason, status, attempt, booked,
                         created_at, updated_at)
    values ($1, $2, $3, $4, $5, 'no seats', $6, 1, false, now(), now())
"""
ENTRY = """
    insert into ledger_entries (tenant_id, transaction_id, account, amount_minor, currency, kind, payment_id,
                                occurred_at, booked_at)
    values ($1, $2, $3, $4, $5, 'capture', $6, now(), now())
"""


@pytest.fixture
async def database(postgres: PostgresServer) -> Database:
    return await postgres.fresh("payment_db")


@pytest.fixture
async def payment(database: Database) -> Payment:
    new = a_payment(now=NOW, payment_id=IDS.new(), tenant_id=TENANT)
    paid = replace(new, status=PaymentStatus.SUCCEEDED, received=new.amount)
    async with (
        await open_pool(database.app_url, connections_max=1) as pool,
        PostgresPaymentTransactions(pool, IDS).begin(TENANT) as tx,
    ):
        await tx.payments.add(paid)
    return paid


@pytest.fixture
async def app(database: Database) -> AsyncIterator[Connection]:
    async with connected(database.app_url) as connection:
        yield connection


async def refund(
    app: Connection, payment: Payment, amount_minor: int, *, status: str = "pending", currency: str = "EUR"
) -> UUID:
    refund_id = IDS.new()
    async with app.transaction():
        await act(app, tenant=TENANT)
        await app.execute(REFUND, TENANT, refund_id, payment.id, amount_minor, currency, status)
    return refund_id


async def changed(app: Connection, refund_id: UUID, assignment: str) -> None:
    async with app.transaction():
        await act(app, tenant=TENANT)
        await app.execute(f"update refunds set {assignment} where tenant_id = $1 and id = $2", TENANT, refund_id)


async def refunded(app: Connection) -> int:
    async with app.transaction():
        await act(app, tenant=TENANT)
        found: int = await app.fetchval("select refunded_minor from payments")
    return found


async def test_refunds_that_did_not_fail_never_exceed_what_was_received(app: Connection, payment: Payment) -> None:
    first = await refund(app, payment, 5000)
    failed = await refund(app, payment, 7500, status="failed")
    await refund(app, payment, 2500)
    for attempt in (
        refund(app, payment, 1),
        changed(app, failed, "status = 'pending'"),
        changed(app, first, "amount_minor = 5001"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await attempt
    assert await refunded(app) == 7500
    await changed(app, first, "status = 'failed'")
    assert await refunded(app) == 2500
    await refund(app, payment, 5000)


async def test_a_refund_in_another_currency_than_was_received_is_refused(app: Connection, payment: Payment) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await refund(app, payment, 1, currency="USD")


async def test_nobody_but_the_refunds_says_what_was_refunded(
    database: Database, app: Connection, payment: Payment
) -> None:
    refund_id = await refund(app, payment, 5000)
    await app.execute("select set_config('app.tenant_id', $1, false)", str(TENANT))
    await refused(app, "update payments set refunded_minor = 0")
    await refused(app, "insert into payments (tenant_id, id, refunded_minor) values ($1, $1, -100)", TENANT)
    await refused(app, "delete from refunds")
    for member in ("payment_id", "tenant_id", "id", "currency", "reason"):
        await refused(app, f"update refunds set {member} = {member} where id = $1", refund_id)
    async with connected(database.relay_url) as relay:
        await refused(relay, "update refunds set status = 'failed'")


async def test_another_tenants_money_cannot_be_refunded(app: Connection, payment: Payment) -> None:
    for tenant in (OTHER, TENANT):
        async with app.transaction():
            await act(app, tenant=OTHER)
            with pytest.raises((asyncpg.ForeignKeyViolationError, asyncpg.InsufficientPrivilegeError)):
                async with app.transaction():
                    await app.execute(REFUND, tenant, uuid4(), payment.id, 1, "EUR", "pending")
    assert await refunded(app) == 0


async def test_of_many_refunds_at_once_only_as_much_as_was_received_goes_back(
    database: Database, payment: Payment
) -> None:
    async def one() -> bool:
        async with connected(database.app_url) as connection:
            try:
                await refund(connection, payment, 1000)
            except asyncpg.CheckViolationError:
                return False
        return True

    done = await asyncio.gather(*(one() for _ in range(16)))
    assert sum(done) == 7
    async with connected(database.app_url) as app:
        assert await refunded(app) == 7000


async def book(app: Connection, payment: Payment, *entries: tuple[str, int, str], leaving: bool = False) -> None:
    transaction_id = IDS.new()
    async with app.transaction():
        await act(app, tenant=TENANT)
        for account, amount_minor, currency in entries:
            await app.execute(ENTRY, TENANT, transaction_id, account, amount_minor, currency, payment.id)
        if leaving:
            await act(app, tenant=OTHER)


async def test_a_movement_that_balances_is_booked(app: Connection, payment: Payment) -> None:
    await book(app, payment, ("buyer", -7500, "EUR"), ("organisation", 7000, "EUR"), ("platform_fee", 500, "EUR"))


@pytest.mark.parametrize(
    "entries",
    [
        [("buyer", -7500, "EUR"), ("organisation", 7499, "EUR")],
        [("buyer", -7500, "EUR")],
        [("buyer", -7500, "EUR"), ("organisation", 7500, "USD")],
        [("buyer", -7500, "EUR"), ("nobody", 7500, "EUR")],
        [("buyer", -7500, "EUR"), ("organisation", 7500, "EUR"), ("refund", 0, "EUR")],
    ],
)
async def test_a_movement_that_does_not_balance_cannot_commit(
    app: Connection, payment: Payment, entries: list[tuple[str, int, str]]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await book(app, payment, *entries)
    async with app.transaction():
        await act(app, tenant=TENANT)
        assert await app.fetchval("select count(*) from ledger_entries") == 0


async def test_leaving_the_tenant_before_the_commit_is_no_way_round_the_balance(
    app: Connection, payment: Payment
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await book(app, payment, ("buyer", -7500, "EUR"), leaving=True)


async def test_what_was_booked_is_never_changed_added_to_or_taken_away(
    database: Database, app: Connection, payment: Payment
) -> None:
    await book(app, payment, ("buyer", -7500, "EUR"), ("organisation", 7500, "EUR"))
    for url in (database.app_url, database.relay_url, database.admin_url):
        async with connected(url) as connection:
            await refused(connection, "update ledger_entries set amount_minor = 1")
            await refused(connection, "delete from ledger_entries")
            await refused(connection, "truncate ledger_entries")
    async with app.transaction():
        await act(app, tenant=TENANT)
        booked = await app.fetchval("select transaction_id from ledger_entries limit 1")
    with pytest.raises(asyncpg.CheckViolationError):
        async with app.transaction():
            await act(app, tenant=TENANT)
            await app.execute(ENTRY, TENANT, booked, "refund", 5, "EUR", payment.id)


async def test_a_movement_of_the_provider_is_booked_once(app: Connection, payment: Payment) -> None:
    named = ENTRY.replace("payment_id,", "payment_id, provider_ref,").replace("$6,", "$6, 'ch_1',")

    async def booked() -> None:
        transaction_id = IDS.new()
        async with app.transaction():
            await act(app, tenant=TENANT)
            for account, amount_minor in (("buyer", -7500), ("organisation", 7500)):
                await app.execute(named, TENANT, transaction_id, account, amount_minor, "EUR", payment.id)

    await booked()
    with pytest.raises(asyncpg.UniqueViolationError):
        await booked()


async def test_money_that_moved_before_is_carried_over(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    await downgrade(database, revision="payment_0001")
    async with connected(database.admin_url) as admin:
        for number, status, reason in ((1, "SUCCEEDED", None), (2, "REFUNDED", "late"), (3, "SUCCEEDED", "late")):
            await admin.execute(
                "insert into payments (tenant_id, id, order_id, account_id, method, amount_minor, currency,"
                " description, status, attempt, stripe_payment_intent_id, received_minor, received_currency,"
                " closing, refund_reason, created_at, updated_at)"
                " values ($1, $2, $2, $2, 'CARD', 900, 'EUR', 'Derby', $3, 1, $4, 900, 'EUR', false, $5, now(), now())",
                *(TENANT, UUID(int=number), status, f"pi_{number}", reason),
            )

    await migrate(database)

    async with connected(database.admin_url) as admin:
        payments = await admin.fetch("select refunded_minor, refunded_at is not null as back from payments order by id")
        assert [tuple(row) for row in payments] == [(0, False), (900, True), (900, False)]
        refunds = await admin.fetch(
            "select payment_id, status, check_at is not null as due from refunds order by payment_id"
        )
        assert [tuple(row) for row in refunds] == [
            (UUID(int=2), "succeeded", False),
            (UUID(int=3), "pending", True),
        ]
        booked = await admin.fetch(
            "select account, sum(amount_minor)::int as has from ledger_entries group by account order by account"
        )
        assert [tuple(row) for row in booked] == [("buyer", -2700), ("organisation", 1800), ("refund", 900)]
    await downgrade(database, revision="payment_0001")
    await migrate(database)
