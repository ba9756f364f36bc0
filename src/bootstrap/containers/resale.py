"""Resale's part of the venue service, on venue_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.resale_facts import TicketResaleFactsController, VenueResaleFactsController
from adapters.http.resale_policies import (
    EffectiveResalePolicyController,
    OrganisationResalePolicyController,
    TicketResalePolicyController,
    VenueResalePolicyController,
)
from adapters.memory.rulebook import OneRulebook
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.rulebook.builtin import built_in_rulebook
from bootstrap.containers.service import JobSpec, Pools
from ports.events import Subscription
from ports.ids import IdSource
from ports.resale import ResaleTransactions
from ports.resale.rulebook import RulebookSource
from usecases.resale.declare_facts import DeclareFacts
from usecases.resale.grounds import Grounds
from usecases.resale.policy_of import PolicyOf
from usecases.resale.tune_policies import TunePolicies


class ResaleProvider(Provider):
    """The resale context; the container must also give VenuesApi and TicketingApi."""

    scope = Scope.APP
    usecases = provide_all(Grounds, PolicyOf, TunePolicies, DeclareFacts)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> ResaleTransactions:
        """Return transactions as the app role."""
        return PostgresResaleTransactions(pools.app, ids)

    @provide
    def rulebooks(self) -> RulebookSource:
        """Return the rulebook that comes with Fairseat, for every moment."""
        return OneRulebook(built_in_rulebook())


RESALE_CONTROLLERS: tuple[type[Controller], ...] = (
    OrganisationResalePolicyController,
    VenueResalePolicyController,
    TicketResalePolicyController,
    EffectiveResalePolicyController,
    VenueResaleFactsController,
    TicketResaleFactsController,
)
RESALE_SUBSCRIPTIONS: tuple[Subscription, ...] = ()
RESALE_JOBS: tuple[JobSpec, ...] = ()
