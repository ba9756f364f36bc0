"""What the stores of connected accounts promise, in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.payments import MemoryPayments
from adapters.postgres.payment_accounts import PostgresAccountDirectory
from adapters.postgres.payments import PostgresPaymentTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.payments.accounts import (
    NAME_AFTER_S,
    AccountOwner,
    ConnectedAccount,
    OwnerKind,
    Requirements,
    ask_for_account,
)
from core.payments.destination import Destination
from core.payments.platform_fee import PlatformFee
from core.shared.ids import TenantId
from ports.payments import PaymentTransactions
from ports.payments.accounts import AccountDirectory
from tests.payments_builders import a_payment
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()


@dataclass
class Stores:
    transactions: PaymentTransactions
    directory: AccountDirectory

    async def added(self, account: ConnectedAccount) -> bool:
        async with self.transactions.begin(account.tenant_id) as tx:
            return await tx.accounts.add(account)

    async def found(self, account: ConnectedAccount, *, tenant_id: TenantId = OURS) -> ConnectedAccount | None:
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.accounts.find(account.owner)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryPayments(MemoryMessages(ids=IDS))
        yield Stores(memory, memory.directory)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with (
        await open_pool(database.app_url, connections_max=5) as app,
        await open_pool(database.relay_url, connections_max=2) as relay,
    ):
        yield Stores(PostgresPaymentTransactions(app, IDS), PostgresAccountDirectory(relay))


def an_account(
    *, tenant_id: TenantId = OURS, now: datetime = NOW, kind: OwnerKind = OwnerKind.VENUE
) -> ConnectedAccount:
    change = ask_for_account(
        None,
        owner=AccountOwner(tenant_id, kind, uuid4()),
        country="DE",
        email="owner@example.org",
        now=now,
    )
    assert change is not None
    return change.account


async def test_an_account_comes_back_as_it_was_stored(stores: Stores) -> None:
    account = an_account()
    assert await stores.added(account)
    assert await stores.found(account) == account
    changed = replace(
        account,
        country="AT",
        email=None,
        attempt=2,
        account_id="acct_1",
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
        requirements=Requirements(
            currently_due=("a", "b"), past_due=("a",), eventually_due=("c",), deadline=NOW, disabled_reason="listed"
        ),
        refusal="no",
        told_at=NOW - timedelta(seconds=1),
        check_at=None,
        version=7,
        updated_at=NOW + timedelta(seconds=5),
    )
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.accounts.lock(account.owner) == account
        await tx.accounts.save(changed)
    assert await stores.found(account) == changed
    gone = replace(changed, charges_enabled=False, deauthorized_at=NOW)
    async with stores.transactions.begin(OURS) as tx:
        await tx.accounts.save(gone)
    assert await stores.found(account) == gone


async def test_a_venue_has_one_account(stores: Stores) -> None:
    account = an_account()
    assert await stores.added(account)
    assert not await stores.added(replace(account, country="AT"))
    assert await stores.found(account) == account


async def test_another_tenants_account_is_absent(stores: Stores) -> None:
    account = an_account()
    await stores.added(account)
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.accounts.find(account.owner) is None
        assert await tx.accounts.lock(account.owner) is None


async def test_nothing_stays_of_a_transaction_that_raised(stores: Stores) -> None:
    account = an_account()
    with pytest.raises(RuntimeError):
        async with stores.transactions.begin(OURS) as tx:
            await tx.accounts.add(account)
            await tx.accounts.agree_platform_fee(PlatformFee(fixed_minor=1), at=NOW)
            raise RuntimeError
    assert await stores.found(account) is None
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.accounts.platform_fee() is None


async def test_the_owner_of_an_account_is_found_across_tenants(stores: Stores) -> None:
    account = replace(an_account(tenant_id=THEIRS), account_id="acct_theirs")
    await stores.added(account)
    assert await stores.directory.owner("acct_theirs") == account.owner
    assert await stores.directory.owner("acct_nobodys") is None


async def test_silent_accounts_are_found_the_longest_silent_first(stores: Stores) -> None:
    older = an_account(tenant_id=THEIRS, now=NOW - timedelta(seconds=60))
    newer = an_account()
    for account in (newer, older, replace(an_account(), check_at=None)):
        await stores.added(account)
    both = [older.owner, newer.owner]
    due_at = NOW + timedelta(seconds=NAME_AFTER_S)
    assert await stores.directory.due(now=due_at, accounts_max=10) == both
    assert await stores.directory.due(now=due_at, accounts_max=1) == both[:1]
    assert await stores.directory.due(now=due_at - timedelta(microseconds=1), accounts_max=10) == both[:1]


async def test_a_fee_is_agreed_replaced_and_taken_back_for_one_organisation(stores: Stores) -> None:
    for fee in (PlatformFee(basis_points=100, fixed_minor=30), PlatformFee(basis_points=50), None):
        async with stores.transactions.begin(OURS) as tx:
            await tx.accounts.agree_platform_fee(fee, at=NOW)
        async with stores.transactions.begin(OURS) as tx:
            assert await tx.accounts.platform_fee() == fee
        async with stores.transactions.begin(THEIRS) as tx:
            assert await tx.accounts.platform_fee() is None


async def test_a_payment_keeps_where_its_money_goes(stores: Stores) -> None:
    payment = replace(a_payment(now=NOW, tenant_id=OURS), destination=Destination("acct_1", 217))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.payments.add(payment)
        assert await tx.payments.find(payment.id) == payment
        moved = replace(payment, destination=Destination("acct_2", 0))
        await tx.payments.save(moved)
        assert await tx.payments.find(payment.id) == moved
        await tx.payments.save(replace(payment, destination=None))
        assert await tx.payments.find(payment.id) == replace(payment, destination=None)


async def test_the_database_itself_refuses_what_cannot_be(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    named = replace(an_account(), account_id="acct_1")
    async with await open_pool(database.app_url, connections_max=2) as app:
        transactions = PostgresPaymentTransactions(app, IDS)
        async with transactions.begin(OURS) as tx:
            await tx.accounts.add(named)
        with pytest.raises(asyncpg.UniqueViolationError):  # one account is of one venue, whoever it belongs to
            async with transactions.begin(THEIRS) as tx:
                await tx.accounts.add(replace(an_account(tenant_id=THEIRS), account_id="acct_1"))
        with pytest.raises(asyncpg.CheckViolationError):
            async with transactions.begin(OURS) as tx:
                await tx.accounts.save(replace(named, charges_enabled=True, deauthorized_at=NOW))
        with pytest.raises(asyncpg.CheckViolationError):
            async with transactions.begin(OURS) as tx:
                destination = Destination("acct_1", 7501)
                await tx.payments.add(replace(a_payment(now=NOW, tenant_id=OURS), destination=destination))
