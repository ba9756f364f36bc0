"""What the store of disputes promises, in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.payments import MemoryPayments
from adapters.postgres.disputes import PostgresUnsettledDisputes
from adapters.postgres.ledger import PostgresBooks
from adapters.postgres.payments import PostgresPaymentTransactions
from adapters.postgres.pool import open_pool
from adapters.system.ids import Uuid7Source
from core.payments import ledger
from core.payments.dispute import Dispute, DisputeState
from core.payments.ledger import PostingKind
from core.payments.payment import Payment
from core.shared.ids import DisputeId, TenantId
from core.shared.money import Money
from ports.paging import PageRequest
from ports.payments import Books, PaymentTransactions
from ports.payments.disputes import UnsettledDisputes
from tests.payments_builders import a_payment
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()


@dataclass
class Stores:
    transactions: PaymentTransactions
    unsettled: UnsettledDisputes
    books: Books

    async def paid(self) -> Payment:
        payment = a_payment(now=NOW, payment_id=IDS.new(), tenant_id=OURS)
        async with self.transactions.begin(OURS) as tx:
            assert await tx.payments.add(payment)
        return payment

    async def disputed(self, payment: Payment | None = None, *, opened_at: datetime = NOW) -> Dispute:
        payment = payment or await self.paid()
        dispute_id = IDS.new()
        dispute = Dispute(
            id=DisputeId(dispute_id),
            tenant_id=payment.tenant_id,
            payment_id=payment.id,
            order_id=payment.order_id,
            provider_id=f"dp_{dispute_id.hex}",
            amount=payment.amount,
            reason="fraudulent",
            status="needs_response",
            state=DisputeState.OPEN,
            evidence_due_by=NOW + timedelta(days=9),
            opened_at=opened_at,
            closed_at=None,
            version=1,
            check_at=NOW,
            updated_at=NOW,
        )
        await self.put(dispute)
        return dispute

    async def put(self, dispute: Dispute) -> None:
        async with self.transactions.begin(dispute.tenant_id) as tx:
            await tx.disputes.put(dispute)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryPayments(MemoryMessages(ids=IDS))
        yield Stores(memory, memory, memory)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with (
        await open_pool(database.app_url, connections_max=3) as app,
        await open_pool(database.relay_url, connections_max=2) as relay,
    ):
        yield Stores(PostgresPaymentTransactions(app, IDS), PostgresUnsettledDisputes(relay), PostgresBooks(relay))


async def test_a_dispute_comes_back_as_it_was_last_put(stores: Stores) -> None:
    dispute = await stores.disputed()
    lost = replace(
        dispute,
        status="lost",
        state=DisputeState.LOST,
        amount=Money(5000, "EUR"),
        evidence_due_by=None,
        closed_at=NOW + timedelta(days=1),
        version=2,
        check_at=None,
        updated_at=NOW + timedelta(days=1),
    )
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.disputes.find(dispute.id) == dispute
        await tx.disputes.put(lost)
        assert await tx.disputes.find(dispute.id) == lost
        assert await tx.disputes.of_payment(dispute.payment_id) == [lost]


async def test_a_payments_disputes_come_oldest_first_and_anothers_are_absent(stores: Stores) -> None:
    payment = await stores.paid()
    second = await stores.disputed(payment, opened_at=NOW + timedelta(days=1))
    first = await stores.disputed(payment)
    await stores.disputed()
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.disputes.of_payment(payment.id) == [first, second]
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.disputes.of_payment(payment.id) == []
        assert await tx.disputes.find(first.id) is None
        assert (await tx.disputes.page(PageRequest(), state=None)).items == ()


async def test_disputes_are_paged_by_id_and_by_state(stores: Stores) -> None:
    disputes = [await stores.disputed() for _ in range(3)]
    won = replace(disputes[1], state=DisputeState.WON, status="won", closed_at=NOW)
    await stores.put(won)
    async with stores.transactions.begin(OURS) as tx:
        page = await tx.disputes.page(PageRequest(limit=2), state=None)
        assert (page.items, page.next_after) == ((disputes[0], won), won.id)
        rest = await tx.disputes.page(PageRequest(limit=2, after=won.id), state=None)
        assert (rest.items, rest.next_after) == ((disputes[2],), None)
        assert (await tx.disputes.page(PageRequest(), state=DisputeState.WON)).items == (won,)


async def test_a_dispute_is_due_from_its_moment_on_and_the_longest_due_first(stores: Stores) -> None:
    later, first, _ = [await stores.disputed() for _ in range(3)]
    await stores.put(replace(later, check_at=NOW + timedelta(seconds=1)))
    await stores.put(replace(_, check_at=None))
    assert await stores.unsettled.disputes_due(now=NOW - timedelta(microseconds=1), disputes_max=10) == []
    assert await stores.unsettled.disputes_due(now=NOW, disputes_max=10) == [(OURS, first.id)]
    both = [(OURS, first.id), (OURS, later.id)]
    assert await stores.unsettled.disputes_due(now=NOW + timedelta(seconds=1), disputes_max=10) == both
    assert await stores.unsettled.disputes_due(now=NOW + timedelta(seconds=1), disputes_max=1) == both[:1]


async def test_a_transaction_that_fails_leaves_no_dispute(stores: Stores) -> None:
    dispute = await stores.disputed()
    with pytest.raises(ZeroDivisionError):
        async with stores.transactions.begin(OURS) as tx:
            await tx.disputes.put(replace(dispute, version=9))
            raise ZeroDivisionError
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.disputes.find(dispute.id) == dispute


async def test_the_books_have_what_disputes_moved_with_the_fee(stores: Stores) -> None:
    payment = await stores.paid()
    amount, fee = payment.amount, Money(1500, "EUR")
    taken = ledger.dispute_movement(amount * -1, fee=fee, ref="txn_1", at=NOW)
    back = ledger.dispute_movement(amount, fee=fee * -1, ref="txn_2", at=NOW + timedelta(days=1))
    async with stores.transactions.begin(OURS) as tx:
        for posting in (*taken, *back):
            await tx.ledger.post(payment.id, posting, id=IDS.new(), at=NOW)
        assert await tx.ledger.of_payment(payment.id) == [*taken, *back]
    booked = await stores.books.booked(start=NOW, end=NOW + timedelta(days=2), refs=[])
    assert [(one.kind, one.ref, one.amount.amount_minor, one.fee_minor) for one in booked] == [
        (PostingKind.DISPUTE_WITHDRAWN, "txn_1", -7500, 1500),
        (PostingKind.DISPUTE_REINSTATED, "txn_2", 7500, -1500),
    ]
