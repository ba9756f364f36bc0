"""The payment service on memory adapters, for tests."""

from uuid import UUID, uuid4

from adapters.memory.clock import MemoryClock, MemoryIds
from adapters.memory.messaging import MemoryMessages
from adapters.memory.payments import MemoryPaymentGateway, MemoryPayments
from core.payments.ledger import balances
from core.payments.payment import Payment, PaymentMethod
from core.payments.payout import Payout
from core.payments.platform_fee import ConnectTerms
from core.payments.record import RecordKind
from core.payments.refund import Refund
from core.shared.ids import AccountId, OrderId, PaymentId, PayoutId, RefundId, TenantId, VenueId
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.payments import Books, PaymentGateway, PaymentTransactions, UnsettledPayments, UnsettledRefunds
from ports.payments.disputes import UnsettledDisputes
from ports.payments.payouts import UnsettledPayouts
from usecases.payments.answer_dispute import AnswerDispute
from usecases.payments.cancel_payment import CancelPayment
from usecases.payments.keep_change import KeepChange
from usecases.payments.keep_payout import KeepPayout
from usecases.payments.keep_refunds import KeepRefunds
from usecases.payments.list_refunds import ListRefunds
from usecases.payments.pay_out import PayOut, PayOutRequest
from usecases.payments.read_disputes import ReadDisputes
from usecases.payments.read_payment import ReadPayment
from usecases.payments.read_payouts import ReadPayouts
from usecases.payments.reconcile_day import ReconcileDay
from usecases.payments.reconcile_pending_payments import ReconcilePendingPayments
from usecases.payments.record_dispute import RecordDispute
from usecases.payments.record_disputes import RecordDisputes
from usecases.payments.record_payment_outcome import RecordPaymentOutcome
from usecases.payments.record_refunds import RecordRefunds
from usecases.payments.record_transfers import RecordTransfers
from usecases.payments.refund_payment import RefundPayment
from usecases.payments.retry_refund import RetryRefund
from usecases.payments.send_refund import SendRefund
from usecases.payments.settle_disputes import SettleDisputes
from usecases.payments.settle_payout import SettlePayout
from usecases.payments.settle_payout_by_hand import RetryPayout, SettlePayoutByHand
from usecases.payments.settle_payouts import SettlePayouts
from usecases.payments.settle_refund import SettleRefund
from usecases.payments.settle_refunds import SettleRefunds
from usecases.payments.start_payment import StartedPayment, StartPayment, StartRequest


class PaymentUseCases:
    """Every use case of payments over one store and one gateway."""

    def __init__(
        self,
        *,
        transactions: PaymentTransactions,
        unsettled: UnsettledPayments,
        unsettled_refunds: UnsettledRefunds,
        unsettled_disputes: UnsettledDisputes,
        unsettled_payouts: UnsettledPayouts,
        books: Books,
        gateway: PaymentGateway,
        clock: Clock,
        ids: IdSource,
        terms: ConnectTerms,
    ) -> None:
        keep = KeepChange(ids)
        keep_refunds = KeepRefunds(ids)
        self.transactions = transactions
        self.start = StartPayment(transactions, gateway, clock, ids, keep, terms)
        record_refunds = RecordRefunds(transactions, gateway, clock, keep_refunds)
        record_disputes = RecordDisputes(transactions, gateway, clock, ids, record_refunds)
        send = SendRefund(transactions, gateway, clock, keep_refunds, record_refunds)
        settle = SettleRefund(transactions, record_refunds, send)
        self.refund = RefundPayment(transactions, clock, keep_refunds, send, settle)
        self.settle_refunds = SettleRefunds(unsettled_refunds, transactions, keep_refunds, settle, clock)
        self.retry_refund = RetryRefund(transactions, clock, keep_refunds, settle)
        self.list_refunds = ListRefunds(transactions)
        self.reconcile_day = ReconcileDay(transactions, books, gateway, clock, ids)
        self.cancel = CancelPayment(transactions, gateway, self.refund, clock, keep)
        self.read = ReadPayment(transactions)
        self.record = RecordPaymentOutcome(transactions, gateway, clock, keep, record_refunds, record_disputes)
        self.record_dispute = RecordDispute(gateway, self.record)
        self.read_disputes = ReadDisputes(transactions)
        self.answer_dispute = AnswerDispute(transactions, gateway, self.read_disputes, record_disputes, clock, ids)
        self.settle_disputes = SettleDisputes(unsettled_disputes, transactions, record_disputes, clock)
        keep_payout = KeepPayout(ids)
        self.record_transfers = RecordTransfers(transactions, gateway, clock, keep_payout)
        settle_payout = SettlePayout(transactions, gateway, keep_payout, self.record_transfers, terms, clock)
        self.pay_out = PayOut(transactions, clock, keep_payout, settle_payout)
        self.settle_payouts = SettlePayouts(unsettled_payouts, transactions, keep_payout, settle_payout, clock)
        self.settle_by_hand = SettlePayoutByHand(transactions, keep_payout, clock)
        self.retry_payout = RetryPayout(transactions, keep_payout, settle_payout, clock)
        self.read_payouts = ReadPayouts(transactions)
        self.reconcile = ReconcilePendingPayments(unsettled, transactions, gateway, self.record, self.cancel, clock)


class PaymentsWorld:
    """One tenant, one buyer, one order over 75.00 EUR."""

    def __init__(self, terms: ConnectTerms | None = None) -> None:
        self.clock = MemoryClock()
        self.ids = MemoryIds()
        self.messages = MemoryMessages(ids=self.ids)
        self.payments = MemoryPayments(self.messages)
        self.gateway = MemoryPaymentGateway(self.clock)
        self.use = PaymentUseCases(
            transactions=self.payments,
            unsettled=self.payments,
            unsettled_refunds=self.payments,
            unsettled_disputes=self.payments,
            unsettled_payouts=self.payments,
            books=self.payments,
            gateway=self.gateway,
            clock=self.clock,
            ids=self.ids,
            terms=terms or ConnectTerms(required=False),
        )
        self.tenant_id = TenantId(uuid4())
        self.order_id = OrderId(uuid4())
        self.account_id = AccountId(uuid4())
        self.seller_id = AccountId(uuid4())

    async def start(
        self,
        *venue_ids: VenueId,
        amount_minor: int = 7500,
        account_id: AccountId | None = None,
        escrow: bool = False,
    ) -> StartedPayment:
        return await self.use.start(
            StartRequest(
                tenant_id=self.tenant_id,
                order_id=self.order_id,
                account_id=account_id or self.account_id,
                method=PaymentMethod.CARD,
                amount=Money(amount_minor, "EUR"),
                description="Derby, 1 seat",
                venue_ids=venue_ids,
                escrow=escrow,
            )
        )

    async def payment(self, payment_id: UUID) -> Payment:
        async with self.payments.begin(self.tenant_id) as tx:
            payment = await tx.payments.find(PaymentId(payment_id))
        assert payment is not None
        return payment

    async def trail(self, payment_id: UUID) -> list[tuple[RecordKind, int]]:
        """Return what the audit trail says, with the money that moved."""
        async with self.payments.begin(self.tenant_id) as tx:
            kept = await tx.payments.records(PaymentId(payment_id))
        return [(one.record.kind, one.record.movement_minor) for one in kept]

    @property
    def news(self) -> list[str]:
        """Return the types of the events that were published, without their common beginning."""
        return [envelope.type.removeprefix("payments.payment.") for envelope in self.messages.events]

    async def paid(self, *, amount_minor: int = 7500, escrow: bool = False) -> StartedPayment:
        """Start the payment, let the buyer pay, and take the news of it."""
        started = await self.start(amount_minor=amount_minor, escrow=escrow)
        self.gateway.pay(started.intent.id)
        await self.use.record(started.intent.id)
        return started

    async def refund(self, amount_minor: int | None = None, *, number: int = 1, reason: str = "no seats") -> Refund:
        """Ask for a refund; the number makes its id."""
        return await self.use.refund(
            tenant_id=self.tenant_id,
            order_id=self.order_id,
            refund_id=RefundId(UUID(int=0x4EF0 + number)),
            amount_minor=amount_minor,
            reason=reason,
        )

    async def pay_out(
        self,
        *venue_ids: VenueId,
        seller_minor: int = 7000,
        royalty_minor: int = 300,
        fee_minor: int = 200,
        number: int = 1,
        seller_id: AccountId | None = None,
    ) -> Payout:
        """Pay the order's money out; the number makes the id."""
        return await self.use.pay_out(
            PayOutRequest(
                tenant_id=self.tenant_id,
                order_id=self.order_id,
                payout_id=PayoutId(UUID(int=0x9A70 + number)),
                seller_account_id=seller_id or self.seller_id,
                seller_minor=seller_minor,
                royalty_minor=royalty_minor,
                fee_minor=fee_minor,
                venue_ids=venue_ids,
                reason="sold again",
            )
        )

    async def payout(self, number: int = 1) -> Payout:
        async with self.payments.begin(self.tenant_id) as tx:
            found = await tx.payouts.find(PayoutId(UUID(int=0x9A70 + number)))
        assert found is not None
        return found

    async def refunds(self, payment_id: UUID) -> list[Refund]:
        async with self.payments.begin(self.tenant_id) as tx:
            return list(await tx.refunds.of_payment(PaymentId(payment_id)))

    async def balances(self, payment_id: UUID) -> dict[str, int]:
        """Return what the ledger's accounts have of the payment, without those that have nothing."""
        async with self.payments.begin(self.tenant_id) as tx:
            had = balances(await tx.ledger.of_payment(PaymentId(payment_id)))
        return {account.value: amount for account, amount in had.items() if amount}
