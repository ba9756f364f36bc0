"""The inbox of Stripe's webhooks: a part of the payment service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator, Sequence

from dishka import Provider, Scope, provide, provide_all
from redis.asyncio import Redis

from adapters.postgres.webhooks import (
    PostgresWebhookInbox,
    PostgresWebhookLog,
    PostgresWebhookQueue,
)
from adapters.redis.client import redis_client
from adapters.redis.locks import RedisLocks
from adapters.redis.trace_notes import TraceNotes
from adapters.stripe.account_events import StripeAccountEvents
from adapters.stripe.dispute_events import StripeDisputeEvents
from adapters.stripe.payment_events import StripePaymentEvents
from adapters.stripe.transfer_events import StripeTransferEvents
from adapters.stripe.verifier import StripeVerifier
from adapters.stripe.watched_events import WatchedStripeEvents
from adapters.system.observer import Observer
from adapters.system.webhook_health import WebhookHealth
from bootstrap.containers.service import Pools
from bootstrap.settings import Settings
from ports.clock import Clock
from ports.locks import Locks
from ports.published.webhooks import STRIPE, STRIPE_CONNECT, ProviderEventHandler
from ports.webhooks import WebhookInbox, WebhookLog, WebhookQueue, WebhookVerifier
from usecases.webhooks.dispatch_event import DispatchEvent, EventRoute
from usecases.webhooks.list_own_webhooks import ListOwnWebhooks
from usecases.webhooks.list_webhooks import ListWebhooks
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.prune_webhooks import PruneWebhooks
from usecases.webhooks.receive_webhook import ReceiveWebhook
from usecases.webhooks.replay_own_webhook import ReplayOwnWebhook
from usecases.webhooks.replay_webhook import ReplayWebhook

# A lock is waited for this long for each of a connection and an answer, twice; then the other guards have to do.
_REDIS_TIMEOUT_S = 0.5
_REDIS_RETRIES_MAX = 1


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
