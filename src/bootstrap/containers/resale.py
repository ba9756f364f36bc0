"""Resale's part of the venue service, on venue_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.pass_history import PassHistoryController
from adapters.http.resale_blocks import ResaleBlockController, SellerScoreController
from adapters.http.resale_facts import TicketResaleFactsController, VenueResaleFactsController
from adapters.http.resale_policies import (
    EffectiveResalePolicyController,
    OrganisationResalePolicyController,
    TicketResalePolicyController,
    VenueResalePolicyController,
)
from adapters.http.seller_verifications import SellerVerificationController
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.postgres.resale_verifications import PostgresExpiredVerifications
from adapters.system.staff_review import StaffReview
from bootstrap.containers.service import JobSpec, Pools
from ports.events import Subscription
from ports.ids import IdSource
from ports.resale import ResaleTransactions
from ports.resale.verification import SellerVerifier
from ports.resale.verifications import ExpiredVerifications
from usecases.resale.block_persons import BlockPersons
from usecases.resale.declare_facts import DeclareFacts
from usecases.resale.expire_verifications import ExpireVerifications
from usecases.resale.grounds import Grounds
from usecases.resale.policy_of import PolicyOf
from usecases.resale.read_history import ReadHistory
from usecases.resale.score_seller import ScoreSeller
from usecases.resale.tune_policies import TunePolicies
from usecases.resale.verify_sellers import BringVerification, JudgeVerification

SWEEP_INTERVAL_S = 300.0
"""How often expired verifications are marked; they count for nothing from their end on."""


class ResaleProvider(Provider):
    """The resale context; the container must also give VenuesApi, TicketingApi and RulebookSource."""

    scope = Scope.APP
    usecases = provide_all(
        Grounds,
        PolicyOf,
        TunePolicies,
        DeclareFacts,
        BringVerification,
        JudgeVerification,
        ExpireVerifications,
        BlockPersons,
        ReadHistory,
        ScoreSeller,
    )
    verifier = provide(StaffReview, provides=SellerVerifier)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> ResaleTransactions:
        """Return transactions as the app role."""
        return PostgresResaleTransactions(pools.app, ids)

    @provide
    def expired_verifications(self, pools: Pools) -> ExpiredVerifications:
        """Return the sweep's view as the relay role."""
        return PostgresExpiredVerifications(pools.relay)


RESALE_CONTROLLERS: tuple[type[Controller], ...] = (
    OrganisationResalePolicyController,
    VenueResalePolicyController,
    TicketResalePolicyController,
    EffectiveResalePolicyController,
    VenueResaleFactsController,
    TicketResaleFactsController,
    SellerVerificationController,
    ResaleBlockController,
    SellerScoreController,
    PassHistoryController,
)
RESALE_SUBSCRIPTIONS: tuple[Subscription, ...] = ()
RESALE_JOBS = (JobSpec("expire_verifications", SWEEP_INTERVAL_S, ExpireVerifications),)
