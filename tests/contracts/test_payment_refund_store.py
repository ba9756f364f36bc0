"""What the stores of refunds and of the ledger promise, in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.messaging import MemoryMessages
from adapters.memory.payments import MemoryPayments
from adapters.postgres.ledger import PostgresBooks
from adapters.postgres.payments import PostgresPaymentTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.refunds import PostgresUnsettledRefunds
from adapters.system.ids import Uuid7Source
from core.payments import ledger
from core.payments.destination import Destination
from core.payments.errors import RefundConflictError, RefundTooLargeError
from core.payments.ledger import Posting, PostingKind
from core.payments.payment import Payment, PaymentStatus
from core.payments.refund import Refund, RefundStatus
from core.shared.ids import RefundId, TenantId
from core.shared.money import Money
from ports.paging import PageRequest
from ports.payments import Books, PaymentTransactions, RefundBacklog, UnsettledRefunds
from tests.payments_builders import a_payment, a_refund
from tests.servers import PostgresServer

NOW = datetime(2026, 11, 21, 18, 0, 0, 123456, tzinfo=UTC)
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
IDS = Uuid7Source()


@dataclass
class Stores:
    transactions: PaymentTransactions
    unsettled: UnsettledRefunds
    books: Books

    async def paid(self, *, tenant_id: TenantId = OURS, received_minor: int = 7500) -> Payment:
        payment = a_payment(now=NOW, payment_id=IDS.new(), tenant_id=tenant_id)
        received = Money(received_minor, "EUR")
        status = PaymentStatus.SUCCEEDED if received == payment.amount else PaymentStatus.MISMATCHED
        payment = replace(payment, status=status, received=received, check_at=None)
        async with self.transactions.begin(tenant_id) as tx:
            assert await tx.payments.add(payment)
        return payment

    async def add(self, *refunds: Refund) -> None:
        async with self.transactions.begin(refunds[0].tenant_id) as tx:
            for refund in refunds:
                assert await tx.refunds.add(refund)

    async def save(self, refund: Refund) -> None:
        async with self.transactions.begin(refund.tenant_id) as tx:
            await tx.refunds.save(refund)

    async def refunded_minor(self, payment: Payment) -> int:
        async with self.transactions.begin(payment.tenant_id) as tx:
            found = await tx.payments.find(payment.id)
        assert found is not None
        return found.refunded_minor

    async def post(self, payment: Payment, *postings: Posting) -> None:
        async with self.transactions.begin(payment.tenant_id) as tx:
            for posting in postings:
                await tx.ledger.post(payment.id, posting, id=IDS.new(), at=NOW)


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        memory = MemoryPayments(MemoryMessages(ids=IDS))
        yield Stores(memory, memory, memory)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("payment_db")
    async with (
        await open_pool(database.app_url, connections_max=5) as app,
        await open_pool(database.relay_url, connections_max=2) as relay,
    ):
        yield Stores(PostgresPaymentTransactions(app, IDS), PostgresUnsettledRefunds(relay), PostgresBooks(relay))


async def test_a_refund_comes_back_as_it_was_stored(stores: Stores) -> None:
    refund = a_refund(await stores.paid(), 2500, now=NOW)
    await stores.add(refund)
    changed = replace(
        refund,
        status=RefundStatus.FAILED,
        provider_id="re_1",
        failure="lost_or_stolen_card",
        attempt=2,
        booked=True,
        check_at=None,
        updated_at=NOW + timedelta(seconds=5),
    )
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.refunds.find(refund.id) == refund
        await tx.refunds.save(changed)
        assert await tx.refunds.find(refund.id) == changed
        assert await tx.refunds.of_payment(refund.payment_id) == [changed]


async def test_refunds_weigh_on_their_payment_until_they_fail(stores: Stores) -> None:
    payment = await stores.paid()
    first, second = a_refund(payment, 5000, now=NOW), a_refund(payment, 2500, now=NOW)
    await stores.add(first, second)
    assert await stores.refunded_minor(payment) == 7500
    await stores.save(replace(first, status=RefundStatus.FAILED))
    assert await stores.refunded_minor(payment) == 2500
    await stores.save(replace(second, status=RefundStatus.SUCCEEDED, provider_id="re_2"))
    assert await stores.refunded_minor(payment) == 2500


async def test_saving_a_payment_leaves_what_the_refunds_weigh(stores: Stores) -> None:
    payment = await stores.paid()
    await stores.add(a_refund(payment, 2500, now=NOW))
    async with stores.transactions.begin(OURS) as tx:
        await tx.payments.save(replace(payment, refunded_minor=0, refund_reason="no seats"))
    assert await stores.refunded_minor(payment) == 2500


@pytest.mark.parametrize("received_minor", [7500, 900])
async def test_no_more_goes_back_than_was_received(stores: Stores, received_minor: int) -> None:
    payment = await stores.paid(received_minor=received_minor)
    failed = replace(a_refund(payment, received_minor, now=NOW), status=RefundStatus.FAILED)
    await stores.add(a_refund(payment, received_minor, now=NOW), failed)
    with pytest.raises(RefundTooLargeError):
        await stores.add(a_refund(payment, 1, now=NOW))
    with pytest.raises(RefundTooLargeError):
        await stores.save(replace(failed, status=RefundStatus.PENDING))
    assert await stores.refunded_minor(payment) == received_minor


async def test_nothing_goes_back_of_nothing(stores: Stores) -> None:
    payment = a_payment(now=NOW, payment_id=IDS.new(), tenant_id=OURS)
    async with stores.transactions.begin(OURS) as tx:
        await tx.payments.add(payment)
    with pytest.raises(RefundTooLargeError):
        await stores.add(a_refund(replace(payment, received=payment.amount), 1, now=NOW))


async def test_an_id_is_one_refund_of_one_payment(stores: Stores) -> None:
    refund = a_refund(await stores.paid(), 2500, now=NOW)
    other = replace(refund, payment_id=(await stores.paid()).id)
    await stores.add(refund)
    async with stores.transactions.begin(OURS) as tx:
        assert not await tx.refunds.add(refund)
        assert not await tx.refunds.add(other)
    with pytest.raises(RefundConflictError):
        await stores.save(other)


async def test_another_tenants_refunds_and_entries_are_absent(stores: Stores) -> None:
    payment = await stores.paid()
    refund = a_refund(payment, 2500, now=NOW)
    await stores.add(refund)
    await stores.post(payment, ledger.capture(payment.amount, ref="ch_1", at=NOW))
    async with stores.transactions.begin(THEIRS) as tx:
        assert await tx.refunds.find(refund.id) is None
        assert await tx.refunds.of_payment(payment.id) == []
        assert (await tx.refunds.page(PageRequest(), status=None)).items == ()
        assert await tx.ledger.of_payment(payment.id) == []


async def test_refunds_are_listed_by_status_a_page_at_a_time(stores: Stores) -> None:
    payment = await stores.paid()
    refunds = [replace(a_refund(payment, 100, now=NOW), id=RefundId(UUID(int=number))) for number in (1, 2, 3)]
    failed = [replace(refund, status=RefundStatus.FAILED, failure="declined") for refund in refunds[1:]]
    await stores.add(refunds[0], *failed)
    async with stores.transactions.begin(OURS) as tx:
        first = await tx.refunds.page(PageRequest(limit=1), status=RefundStatus.FAILED)
        assert (first.items, first.next_after) == ((failed[0],), failed[0].id)
        second = await tx.refunds.page(PageRequest(limit=1, after=first.next_after), status=RefundStatus.FAILED)
        assert (second.items, second.next_after) == ((failed[1],), None)
        assert len((await tx.refunds.page(PageRequest(), status=None)).items) == 3
    assert await stores.unsettled.backlog() == RefundBacklog(pending=1, failed=2)


async def test_the_sweep_sees_due_refunds_of_every_tenant_the_longest_due_first(stores: Stores) -> None:
    ours, theirs = await stores.paid(), await stores.paid(tenant_id=THEIRS)
    newer = replace(a_refund(ours, 100, now=NOW), check_at=NOW)
    older = replace(a_refund(theirs, 100, now=NOW), check_at=NOW - timedelta(seconds=1))
    await stores.add(newer, replace(a_refund(ours, 100, now=NOW), check_at=None))
    await stores.add(older)
    both = [(THEIRS, older.id), (OURS, newer.id)]
    assert await stores.unsettled.refunds_due(now=NOW, refunds_max=10) == both
    assert await stores.unsettled.refunds_due(now=NOW, refunds_max=1) == both[:1]
    assert await stores.unsettled.refunds_due(now=NOW - timedelta(microseconds=1), refunds_max=10) == both[:1]


async def test_what_was_booked_comes_back_in_its_order(stores: Stores) -> None:
    payment = await stores.paid()
    refund = a_refund(payment, 2500, now=NOW)
    await stores.add(refund)
    destination = Destination("acct_1", 700)
    booked = [
        ledger.capture(payment.amount, ref="ch_1", at=NOW, destination=destination, fee=Money(240, "EUR")),
        ledger.refund(refund.amount, refund_id=refund.id, ref="re_1", at=NOW),
        ledger.application_fee_refund(Money(233, "EUR"), at=NOW),
        ledger.failed_refund(refund.amount, refund_id=refund.id, ref="re_1", at=NOW),
        ledger.late_stripe_fee(Money(10, "EUR"), ref="re_1", at=NOW, refund_id=refund.id),
    ]
    await stores.post(payment, *booked)
    async with stores.transactions.begin(OURS) as tx:
        assert list(await tx.ledger.of_payment(payment.id)) == booked


async def test_nothing_stays_in_the_books_of_a_transaction_that_raised(stores: Stores) -> None:
    payment = await stores.paid()
    with pytest.raises(RuntimeError):
        async with stores.transactions.begin(OURS) as tx:
            await tx.refunds.add(a_refund(payment, 2500, now=NOW))
            await tx.ledger.post(payment.id, ledger.capture(payment.amount, ref="c", at=NOW), id=IDS.new(), at=NOW)
            raise RuntimeError
    async with stores.transactions.begin(OURS) as tx:
        assert await tx.ledger.of_payment(payment.id) == []
        assert await tx.refunds.of_payment(payment.id) == []
    assert await stores.refunded_minor(payment) == 0


async def test_the_books_of_a_day_are_those_of_every_tenant_with_what_is_named(stores: Stores) -> None:
    ours, theirs = await stores.paid(), await stores.paid(tenant_id=THEIRS)
    refund = a_refund(ours, 2500, now=NOW)
    await stores.add(refund)
    end, before = NOW + timedelta(days=1), NOW - timedelta(microseconds=1)
    await stores.post(
        ours,
        ledger.capture(ours.amount, ref="ch_1", at=NOW, fee=Money(240, "EUR")),
        ledger.late_stripe_fee(Money(10, "EUR"), ref="ch_1", at=end),
        ledger.refund(refund.amount, refund_id=refund.id, ref="re_1", at=end),
        ledger.failed_refund(refund.amount, refund_id=refund.id, ref="re_1", at=end),
    )
    await stores.post(theirs, ledger.capture(theirs.amount, ref="ch_2", at=before))

    def shown(found: object) -> object:
        assert isinstance(found, list)
        return [(one.tenant_id, one.kind, one.ref, one.amount.amount_minor, one.fee_minor) for one in found]

    capture = (OURS, PostingKind.CAPTURE, "ch_1", 7500, 250)
    assert shown(await stores.books.booked(start=NOW, end=end, refs=[])) == [capture]
    assert shown(await stores.books.booked(start=NOW, end=end, refs=["ch_2", "re_1"])) == [
        (THEIRS, PostingKind.CAPTURE, "ch_2", 7500, 0),
        capture,
        (OURS, PostingKind.REFUND, "re_1", -2500, 0),
        (OURS, PostingKind.REFUND_FAILED, "re_1", 2500, 0),
    ]
