"""The payment service: payments and the inbox of Stripe's webhooks, on payment_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator

import stripe
from dishka import Provider, Scope, provide, provide_all

from adapters.http.disputes import DisputeController
from adapters.http.payment_refunds import PaymentRefundController
from adapters.http.payments import PaymentController
from adapters.http.payouts import PayoutController, SellerController
from adapters.http.stripe_connect import StripeConnectController
from adapters.http.webhooks import StripeWebhookController, WebhookController
from adapters.inprocess.payments import InProcessPayments
from adapters.postgres.health import PostgresHealth
from adapters.postgres.ledger import PostgresBooks
from adapters.postgres.payments import PostgresPaymentTransactions, PostgresUnsettledPayments
from adapters.postgres.refunds import PostgresUnsettledRefunds
from adapters.postgres.webhooks import (
    WEBHOOKS_CHANNEL,
)
from adapters.redis.trace_notes import TraceNotes
from adapters.stripe.client import open_stripe
from adapters.stripe.gateway import StripeGateway
from adapters.stripe.noted_gateway import NotedStripeGateway
from adapters.system.event_reading_health import EventReadingHealth
from adapters.system.payout_health import PayoutHealth
from adapters.system.refund_health import RefundHealth
from adapters.system.webhook_health import WebhookHealth
from bootstrap.containers.connected_accounts import AccountsProvider
from bootstrap.containers.disputes import DisputesProvider
from bootstrap.containers.missed_events import MissedEventsProvider
from bootstrap.containers.payment_data import PaymentDataProvider
from bootstrap.containers.payouts import PayoutsProvider
from bootstrap.containers.personal_data import AnswersProvider, PostgresMessagesProvider, person_subscriptions
from bootstrap.containers.service import AlarmSpec, JobSpec, Pools, PostgresProvider, Service, linked, relay_jobs
from bootstrap.containers.webhook_inbox import WebhooksProvider
from bootstrap.settings import Settings
from core.payments.platform_fee import ConnectTerms, PlatformFee
from ports.ids import IdSource
from ports.payments import Books, PaymentGateway, PaymentTransactions, UnsettledPayments, UnsettledRefunds
from ports.published.admission import AdmissionApi
from ports.published.orders import OrdersApi
from ports.published.payments import PaymentsApi
from ports.published.resale_verdicts import VerdictsApi
from ports.published.venues import VenuesApi
from usecases.payments.cancel_payment import CancelPayment
from usecases.payments.keep_change import KeepChange
from usecases.payments.keep_refunds import KeepRefunds
from usecases.payments.list_refunds import ListRefunds
from usecases.payments.read_payment import ReadPayment
from usecases.payments.reconcile_accounts import ReconcileAccounts
from usecases.payments.reconcile_day import ReconcileDay
from usecases.payments.reconcile_pending_payments import ReconcilePendingPayments
from usecases.payments.record_payment_outcome import RecordPaymentOutcome
from usecases.payments.record_refunds import RecordRefunds
from usecases.payments.refund_payment import RefundPayment
from usecases.payments.retry_refund import RetryRefund
from usecases.payments.send_refund import SendRefund
from usecases.payments.settle_disputes import SettleDisputes
from usecases.payments.settle_payouts import SettlePayouts
from usecases.payments.settle_refund import SettleRefund
from usecases.payments.settle_refunds import SettleRefunds
from usecases.payments.start_payment import StartPayment
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.prune_webhooks import PruneWebhooks
from usecases.webhooks.read_missed_events import ReadMissedEvents

WEBHOOK_INTERVAL_S = 0.2
SWEEP_INTERVAL_S = 15.0
ACCOUNT_SWEEP_INTERVAL_S = 60.0
PRUNE_INTERVAL_S = 300.0


class PaymentsProvider(Provider):
    """The payments context, with Stripe as its provider."""

    scope = Scope.APP
    usecases = provide_all(
        KeepChange,
        StartPayment,
        CancelPayment,
        ReadPayment,
        RecordPaymentOutcome,
        ReconcilePendingPayments,
        KeepRefunds,
        RecordRefunds,
        SendRefund,
        SettleRefund,
        RefundPayment,
        SettleRefunds,
        RetryRefund,
        ListRefunds,
        ReconcileDay,
    )
    refund_health = provide(RefundHealth)
    published = provide(InProcessPayments, provides=PaymentsApi)

    @provide
    def terms(self, settings: Settings) -> ConnectTerms:
        """Return whether connected accounts are needed, and the usual fee."""
        given = settings.stripe
        fee = PlatformFee(basis_points=given.fee_basis_points, fixed_minor=given.fee_fixed_minor)
        return ConnectTerms(required=given.connect == "required", fee=fee)

    @provide
    async def client(self, settings: Settings) -> AsyncIterator[stripe.StripeClient]:
        """Open the SDK's client, and close it at the end."""
        async with open_stripe(settings.stripe.secret_key.reveal(), api_url=settings.stripe.api_url) as client:
            yield client

    @provide
    def gateway(self, settings: Settings, client: stripe.StripeClient, notes: TraceNotes) -> PaymentGateway:
        """Return Stripe."""
        return NotedStripeGateway(client, notes) if settings.tracing.endpoint else StripeGateway(client)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> PaymentTransactions:
        """Return transactions as the app role."""
        return PostgresPaymentTransactions(pools.app, ids)

    @provide
    def unsettled(self, pools: Pools) -> UnsettledPayments:
        """Return the sweep's view as the relay role."""
        return PostgresUnsettledPayments(pools.relay)

    @provide
    def unsettled_refunds(self, pools: Pools) -> UnsettledRefunds:
        """Return the sweep's view of refunds as the relay role."""
        return PostgresUnsettledRefunds(pools.relay)

    @provide
    def books(self, pools: Pools) -> Books:
        """Return the ledger of all tenants as the relay role."""
        return PostgresBooks(pools.relay)


def payment_service() -> Service:
    """Return the payment service."""
    return Service(
        name="payment",
        providers=(
            PostgresProvider("payment"),
            PaymentsProvider(),
            DisputesProvider(),
            PayoutsProvider(),
            AccountsProvider(),
            WebhooksProvider(),
            MissedEventsProvider(),
            linked(VenuesApi, OrdersApi, AdmissionApi, VerdictsApi),
            PaymentDataProvider(),
            PostgresMessagesProvider(),
            AnswersProvider("payment"),
        ),
        controllers=(
            PaymentController,
            PaymentRefundController,
            DisputeController,
            PayoutController,
            SellerController,
            StripeConnectController,
            StripeWebhookController,
            WebhookController,
        ),
        subscriptions=person_subscriptions("payment"),
        jobs=(
            *relay_jobs(),
            JobSpec("process_webhooks", WEBHOOK_INTERVAL_S, ProcessWebhooks),
            JobSpec("read_missed_events", SWEEP_INTERVAL_S, ReadMissedEvents),
            JobSpec("prune_webhooks", PRUNE_INTERVAL_S, PruneWebhooks),
            JobSpec("reconcile_payments", SWEEP_INTERVAL_S, ReconcilePendingPayments),
            JobSpec("reconcile_accounts", ACCOUNT_SWEEP_INTERVAL_S, ReconcileAccounts),
            JobSpec("settle_refunds", SWEEP_INTERVAL_S, SettleRefunds),
            JobSpec("settle_disputes", SWEEP_INTERVAL_S, SettleDisputes),
            JobSpec("settle_payouts", SWEEP_INTERVAL_S, SettlePayouts),
        ),
        alarms=(AlarmSpec(WEBHOOKS_CHANNEL, "process_webhooks"),),
        checks=(PostgresHealth, WebhookHealth, EventReadingHealth, RefundHealth, PayoutHealth),
    )
