"""The payment service: payments and the inbox of Stripe's webhooks, on payment_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator, Sequence

import stripe
from dishka import Provider, Scope, provide, provide_all
from redis.asyncio import Redis

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
    PostgresWebhookInbox,
    PostgresWebhookLog,
    PostgresWebhookQueue,
)
from adapters.redis.client import redis_client
from adapters.redis.locks import RedisLocks
from adapters.redis.trace_notes import TraceNotes
from adapters.stripe.account_events import StripeAccountEvents
from adapters.stripe.client import open_stripe
from adapters.stripe.dispute_events import StripeDisputeEvents
from adapters.stripe.gateway import StripeGateway
from adapters.stripe.noted_gateway import NotedStripeGateway
from adapters.stripe.payment_events import StripePaymentEvents
from adapters.stripe.transfer_events import StripeTransferEvents
from adapters.stripe.verifier import StripeVerifier
from adapters.stripe.watched_events import WatchedStripeEvents
from adapters.system.event_reading_health import EventReadingHealth
from adapters.system.observer import Observer
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
from bootstrap.settings import Settings
from core.payments.platform_fee import ConnectTerms, PlatformFee
from ports.clock import Clock
from ports.ids import IdSource
from ports.locks import Locks
from ports.payments import Books, PaymentGateway, PaymentTransactions, UnsettledPayments, UnsettledRefunds
from ports.published.admission import AdmissionApi
from ports.published.orders import OrdersApi
from ports.published.payments import PaymentsApi
from ports.published.resale_verdicts import VerdictsApi
from ports.published.venues import VenuesApi
from ports.published.webhooks import STRIPE, STRIPE_CONNECT, ProviderEventHandler
from ports.webhooks import WebhookInbox, WebhookLog, WebhookQueue, WebhookVerifier
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
from usecases.webhooks.dispatch_event import DispatchEvent, EventRoute
from usecases.webhooks.list_own_webhooks import ListOwnWebhooks
from usecases.webhooks.list_webhooks import ListWebhooks
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.prune_webhooks import PruneWebhooks
from usecases.webhooks.read_missed_events import ReadMissedEvents
from usecases.webhooks.receive_webhook import ReceiveWebhook
from usecases.webhooks.replay_own_webhook import ReplayOwnWebhook
from usecases.webhooks.replay_webhook import ReplayWebhook

WEBHOOK_INTERVAL_S = 0.2
SWEEP_INTERVAL_S = 15.0
ACCOUNT_SWEEP_INTERVAL_S = 60.0
PRUNE_INTERVAL_S = 300.0

# A lock is waited for this long for each of a connection and an answer, twice; then the other guards have to do.
_REDIS_TIMEOUT_S = 0.5
_REDIS_RETRIES_MAX = 1


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


class WebhooksProvider(Provider):
    """The webhook inbox, and who is told of which events."""

    scope = Scope.APP
    usecases = provide_all(
        ReceiveWebhook,
        ProcessWebhooks,
        ListWebhooks,
        ReplayWebhook,
        ListOwnWebhooks,
        ReplayOwnWebhook,
    )
    handlers = provide_all(StripePaymentEvents, StripeDisputeEvents, StripeTransferEvents, StripeAccountEvents)

    @provide
    def notes(self, client: Redis) -> TraceNotes:
        """Return the traces that payments were made in."""
        return TraceNotes(client)

    @provide
    def handler(
        self,
        settings: Settings,
        observer: Observer,
        notes: TraceNotes,
        payments: StripePaymentEvents,
        disputes: StripeDisputeEvents,
        transfers: StripeTransferEvents,
        accounts: StripeAccountEvents,
    ) -> ProviderEventHandler:
        """Return the table of events: a line for each family. What has no line is completed with a note."""
        events = DispatchEvent(
            (
                EventRoute(STRIPE, "payment_intent.", payments),
                EventRoute(STRIPE, "charge.", payments),
                EventRoute(STRIPE, "charge.dispute.", disputes),
                EventRoute(STRIPE, "refund.", payments),
                EventRoute(STRIPE, "transfer.", transfers),
                EventRoute(STRIPE_CONNECT, "account.updated", accounts),
                EventRoute(STRIPE_CONNECT, "account.application.deauthorized", accounts),
            )
        )
        return WatchedStripeEvents(events, observer, notes if settings.tracing.endpoint else None)

    @provide
    def health(self, queue: WebhookQueue, clock: Clock) -> WebhookHealth:
        """Return the question how the inbox stands."""
        return WebhookHealth(queue, clock)

    @provide
    async def redis(self, settings: Settings) -> AsyncIterator[Redis]:
        """Make the client of the locks, and close it at the end."""
        url = settings.redis.url.reveal()
        client = redis_client(url, timeout_s=_REDIS_TIMEOUT_S, retries_max=_REDIS_RETRIES_MAX)
        try:
            yield client
        finally:
            await client.aclose()

    @provide
    def locks(self, client: Redis) -> Locks:
        """Return the locks."""
        return RedisLocks(client)

    @provide
    def verifiers(self, settings: Settings) -> Sequence[WebhookVerifier]:
        """Return the checks of Stripe's signatures, one an endpoint; one without a secret is closed."""
        stripe_ = settings.stripe
        return (
            StripeVerifier(stripe_.webhook_secret.reveal(), stripe_.webhook_secret_previous.reveal(), source=STRIPE),
            StripeVerifier(
                stripe_.connect_webhook_secret.reveal(),
                stripe_.connect_webhook_secret_previous.reveal(),
                source=STRIPE_CONNECT,
            ),
        )

    @provide
    def inbox(self, pools: Pools) -> WebhookInbox:
        """Return where webhooks are put, as the app role."""
        return PostgresWebhookInbox(pools.app)

    @provide
    def queue(self, pools: Pools) -> WebhookQueue:
        """Return the worker's view, as the relay role."""
        return PostgresWebhookQueue(pools.relay)

    @provide
    def prune(self, queue: WebhookQueue, clock: Clock) -> PruneWebhooks:
        """Return the work that forgets completed webhooks."""
        return PruneWebhooks(queue, clock)

    @provide
    def log(self, pools: Pools) -> WebhookLog:
        """Return the organisations' view, as the app role."""
        return PostgresWebhookLog(pools.app)


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
