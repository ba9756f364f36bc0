"""Resale's part of the venue service, on venue_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide
from litestar import Controller

from adapters.postgres.resale_transactions import PostgresResaleTransactions
from bootstrap.containers.service import JobSpec, Pools
from ports.events import Subscription
from ports.ids import IdSource
from ports.resale import ResaleTransactions


class ResaleProvider(Provider):
    """The resale context; the container must also give VenuesApi and TicketingApi."""

    scope = Scope.APP

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> ResaleTransactions:
        """Return transactions as the app role."""
        return PostgresResaleTransactions(pools.app, ids)


RESALE_CONTROLLERS: tuple[type[Controller], ...] = ()
RESALE_SUBSCRIPTIONS: tuple[Subscription, ...] = ()
RESALE_JOBS: tuple[JobSpec, ...] = ()
