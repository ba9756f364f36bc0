"""Reading Stripe's own list of events: a part of the payment service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide

from adapters.postgres.event_readings import PostgresEventReadings
from adapters.stripe.event_list import StripeEventList
from adapters.system.event_reading_health import EventReadingHealth
from bootstrap.containers.service import Pools
from bootstrap.settings import Settings
from ports.clock import Clock
from ports.ids import IdSource
from ports.published.webhooks import STRIPE
from ports.webhooks import EventList, EventReadings, WebhookInbox, WebhookQueue
from usecases.webhooks.read_missed_events import ReadMissedEvents


class MissedEventsProvider(Provider):
    """What finds the events whose webhooks never came, and how it stands."""

    scope = Scope.APP
    events = provide(StripeEventList, provides=EventList)
    health = provide(EventReadingHealth)

    @provide
    def readings(self, pools: Pools) -> EventReadings:
        """Return how far the list was read, as the relay role."""
        return PostgresEventReadings(pools.relay)

    @provide
    def read(
        self,
        settings: Settings,
        events: EventList,
        readings: EventReadings,
        inbox: WebhookInbox,
        queue: WebhookQueue,
        clock: Clock,
        ids: IdSource,
    ) -> ReadMissedEvents:
        """Return the work, which looks for itself whether its interval is over."""
        interval_s = float(settings.stripe.events_interval_s)
        return ReadMissedEvents(STRIPE, events, readings, inbox, queue, clock, ids, interval_s)
