"""What the store of payouts promises, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.payments import MemoryPayments
from adapters.postgres.payments import PostgresPaymentTransactions
from adapters.postgres.payouts import PostgresUnsettledPayouts
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.payments.accounts import AccountOwner
from core.payments.errors import PayoutTooLargeError
from core.payments.payment import Payment, PaymentStatus
from core.payments.payout import Payout, PayoutStatus, Shares
from core.shared.ids import AccountId, PayoutId, TenantId, VenueId
from core.shared.money import Money
from ports.paging import PageRequest
from ports.payments import PaymentTransactions
from ports.payments.payouts import PayoutBacklog, UnsettledPayouts
from tests.payments_builders import a_payment, a_refund
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()
RELEASED = frozenset({PayoutStatus.PAID, PayoutStatus.OWED, PayoutStatus.REVERSED})


@dataclass
class Stores:
    transactions: PaymentTransactions
    unsettled: UnsettledPayouts

    async def paid(self, *, tenant_id: TenantId = OURS, escrow: bool = True) -> Payment:
        payment = a_payment(now=NOW, payment_id=IDS.new(), tenant_id=tenant_id)
        payment = replace(
            payment, status=PaymentStatus.SUCCEEDED, received=payment.amount, check_at=None, escrow=escrow
        )
        async with self.transactions.begin(tenant_id) as tx:
            assert await tx.payments.add(payment)
        return payment

    async def add(self, *payouts: Payout) -> None:
        async with self.transactions.begin(payouts[0].tenant_id) as tx:
            for payout in payouts:
                assert await tx.payouts.add(payout)

    async def save(self, payout: Payout) -> None:
        async with self.transactions.begin(payout.tenant_id) as tx:
            await tx.payouts.save(payout)

    async def found(self, payout: Payout, *, tenant_id: TenantId = OURS) -> Payout | None:
        async with self.transactions.begin(tenant_id) as tx:
            return await tx.payouts.find(payout.id)

    async def paid_out_minor(self, payment: Payment) -> int:
        async with self.transactions.begin(payment.tenant_id) as tx:
            found = await tx.payments.find(payment.id)
        assert found is not None
        return found.paid_out_minor

    async def page(
        self, *, status: PayoutStatus | None = None, seller: AccountId | None = None, after: UUID | None = None
    ) -> tuple[list[UUID], UUID | None]:
        async with self.transactions.begin(OURS) as tx:
            page = await tx.payouts.page(PageRequest(limit=2, after=after), status=status, seller=seller)
        return [payout.id for payout in page.items], page.next_after


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
        yield Stores(PostgresPaymentTransactions(app, IDS), PostgresUnsettledPayouts(relay))


def a_payout(payment: Payment, seller_minor: int, *, status: PayoutStatus = PayoutStatus.PENDING) -> Payout:
    return Payout(
        id=PayoutId(IDS.new()),
        tenant_id=payment.tenant_id,
        payment_id=payment.id,
        order_id=payment.order_id,
        seller_account_id=AccountId(uuid4()),
        shares=Shares(seller_minor=seller_minor, royalty_minor=0, fee_minor=0, currency="EUR"),
        venue_ids=(VenueId(uuid4()), VenueId(uuid4())),
        reason="sold again",
        status=status,
        attempt=1,
        check_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        released=status in RELEASED,
    )


async def test_a_payout_comes_back_as_it_was_stored(stores: Stores) -> None:
    payment = await stores.paid()
    payout = a_payout(payment, 100)
    await stores.add(payout)
    assert await stores.found(payout) == payout
    assert await stores.found(payout, tenant_id=THEIRS) is None
    async with stores.transactions.begin(OURS) as tx:
        assert not await tx.payouts.add(replace(payout, reason="another"))
        assert await tx.payouts.of_payment(payment.id) == [payout]
    changed = replace(
        payout,
        status=PayoutStatus.PAID,
        attempt=2,
        released=True,
        reversed_minor=1,
        royalty_transfer="tr_2",
        failure="once",
        settled_by=AccountId(uuid4()),
        note="by hand",
        check_at=None,
        updated_at=NOW + timedelta(seconds=1),
    )
    await stores.save(changed)
    assert await stores.found(payout) == changed


async def test_payouts_never_take_more_than_what_is_left(stores: Stores) -> None:
    payment = await stores.paid()
    await stores.add(a_payout(payment, 5000))
    with pytest.raises(PayoutTooLargeError):
        await stores.add(a_payout(payment, 2501))
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.refunds.add(a_refund(payment, 500, now=NOW, refund_id=IDS.new()))
    with pytest.raises(PayoutTooLargeError):
        await stores.add(a_payout(payment, 2501))
    await stores.add(a_payout(payment, 2500))
    assert await stores.paid_out_minor(payment) == 7500


async def test_only_what_is_in_escrow_is_paid_out(stores: Stores) -> None:
    with pytest.raises(PayoutTooLargeError):
        await stores.add(a_payout(await stores.paid(escrow=False), 1))


async def test_what_went_back_is_paid_out_all_the_same_and_nothing_more_than_came(stores: Stores) -> None:
    payment = await stores.paid()
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.refunds.add(a_refund(payment, 7500, now=NOW, refund_id=IDS.new()))
    payout = a_payout(payment, 5000)
    await stores.add(payout)
    async with stores.transactions.begin(OURS) as tx:
        assert not await tx.payouts.add(payout)
    await stores.add(a_payout(payment, 2500, status=PayoutStatus.OWED))
    with pytest.raises(PayoutTooLargeError):
        await stores.add(a_payout(payment, 1))
    assert await stores.paid_out_minor(payment) == 7500


async def test_a_refund_may_take_what_was_paid_out(stores: Stores) -> None:
    payment = await stores.paid()
    payout = a_payout(payment, 5000, status=PayoutStatus.PAID)
    await stores.add(payout)
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.refunds.add(a_refund(payment, 7500, now=NOW, refund_id=IDS.new()))
    with pytest.raises(PayoutTooLargeError):
        await stores.add(a_payout(payment, 2501))
    await stores.save(replace(payout, check_at=None))
    await stores.save(replace(payout, status=PayoutStatus.REVERSED, reversed_minor=5000))
    assert await stores.paid_out_minor(payment) == 0


async def test_one_that_failed_takes_nothing_unless_its_money_left_escrow(stores: Stores) -> None:
    payment = await stores.paid()
    first, second = a_payout(payment, 7500), a_payout(payment, 7500)
    await stores.add(first)
    await stores.save(replace(first, status=PayoutStatus.FAILED, released=True))
    assert await stores.paid_out_minor(payment) == 7500
    await stores.save(replace(first, status=PayoutStatus.FAILED))
    assert await stores.paid_out_minor(payment) == 0
    await stores.add(second)
    with pytest.raises(PayoutTooLargeError):
        await stores.save(first)


async def test_two_at_once_cannot_pay_out_too_much(stores: Stores) -> None:
    payment = await stores.paid()
    payouts = [a_payout(payment, 3000) for _ in range(8)]
    results = await asyncio.gather(*(stores.add(payout) for payout in payouts), return_exceptions=True)
    refused = [result for result in results if result is not None]
    assert len(refused) == 6
    assert all(isinstance(result, PayoutTooLargeError) for result in refused)
    assert await stores.paid_out_minor(payment) == 6000


async def test_refunds_at_once_take_nothing_from_payouts(stores: Stores) -> None:
    payment = await stores.paid()

    async def give_back() -> None:
        async with stores.transactions.begin(OURS) as tx:
            assert await tx.refunds.add(a_refund(payment, 2500, now=NOW, refund_id=IDS.new()))

    work = [give_back(), *(stores.add(a_payout(payment, 2500)) for _ in range(4)), give_back()]
    results = await asyncio.gather(*work, return_exceptions=True)
    done = [result is None for result in results[1:-1]]
    assert results[0] is None and results[-1] is None
    assert sum(done) == 3
    assert await stores.paid_out_minor(payment) == 7500


async def test_pages_are_of_one_status_and_one_seller(stores: Stores) -> None:
    payment = await stores.paid()
    payouts = [
        a_payout(payment, 100, status=status) for status in (PayoutStatus.OWED, PayoutStatus.PAID, PayoutStatus.OWED)
    ]
    await stores.add(*payouts)
    await stores.add(a_payout(await stores.paid(tenant_id=THEIRS), 100))
    first, second, third = (payout.id for payout in payouts)
    assert await stores.page() == ([first, second], second)
    assert await stores.page(after=second) == ([third], None)
    assert await stores.page(status=PayoutStatus.OWED) == ([first, third], None)
    assert await stores.page(seller=payouts[1].seller_account_id) == ([second], None)


async def test_what_is_owed_is_woken_for_its_owner(stores: Stores) -> None:
    payment = await stores.paid()
    owed, other = (replace(a_payout(payment, 100, status=PayoutStatus.OWED), check_at=None) for _ in range(2))
    paid = replace(a_payout(payment, 100, status=PayoutStatus.PAID), check_at=None)
    back = replace(a_payout(payment, 100, status=PayoutStatus.REVERSED), check_at=None)
    await stores.add(owed, other, paid, back)

    async def due() -> set[UUID]:
        return {payout_id for _, payout_id in await stores.unsettled.payouts_due(now=NOW, payouts_max=10)}

    assert await due() == set()
    async with stores.transactions.begin(OURS) as tx:
        await tx.payouts.wake_owed(AccountOwner.seller(OURS, owed.seller_account_id), at=NOW)
        await tx.payouts.wake_owed(AccountOwner.seller(OURS, paid.seller_account_id), at=NOW)
    assert await due() == {owed.id}
    async with stores.transactions.begin(OURS) as tx:
        await tx.payouts.wake_owed(AccountOwner.venue(OURS, other.venue_ids[1]), at=NOW)
    assert await due() == {owed.id, other.id}
    async with stores.transactions.begin(OURS) as tx:
        await tx.payouts.wake(payment.id, at=NOW)
    assert await due() == {owed.id, other.id, paid.id}


async def test_payouts_are_found_across_tenants_the_longest_due_first(stores: Stores) -> None:
    ours, theirs = await stores.paid(), await stores.paid(tenant_id=THEIRS)
    late = replace(a_payout(theirs, 100), check_at=NOW - timedelta(seconds=1))
    soon = replace(a_payout(ours, 100), check_at=NOW + timedelta(microseconds=1))
    now = a_payout(ours, 100)
    await stores.add(now, soon)
    await stores.add(late)
    both = [(THEIRS, late.id), (OURS, now.id)]
    assert await stores.unsettled.payouts_due(now=NOW, payouts_max=5) == both
    assert await stores.unsettled.payouts_due(now=NOW, payouts_max=1) == both[:1]
    assert await stores.unsettled.payout_backlog() == PayoutBacklog(pending=3, owed=0, failed=0)


async def test_nobody_but_the_trigger_writes_what_was_paid_out(postgres: PostgresServer) -> None:
    database = await postgres.fresh("payment_db")
    async with await open_pool(database.app_url, connections_max=2) as pool:
        stores = Stores(PostgresPaymentTransactions(pool, IDS), PostgresUnsettledPayouts(pool))
        payment = await stores.paid()
        payout = a_payout(payment, 100)
        await stores.add(payout)
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("select set_config('app.tenant_id', $1, true)", str(OURS))
            for statement in (
                "update payments set paid_out_minor = 0",
                "update payments set escrow = false",
                "update payouts set seller_minor = 1",
                "delete from payouts",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(statement)
        assert payment.amount == Money(7500, "EUR")
