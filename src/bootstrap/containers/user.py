"""The user service: people, on user_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.http.users import OwnDataController
from adapters.http.users_requests import DataRequestController
from adapters.inprocess.own_data import OwnPersonalData
from adapters.postgres.health import PostgresHealth
from adapters.postgres.users import PostgresUserTransactions
from adapters.postgres.users_requests import PostgresDueRequests
from bootstrap.containers.personal_data import AnswersProvider, PostgresMessagesProvider, person_subscriptions
from bootstrap.containers.service import JobSpec, Pools, PostgresProvider, Service, linked, relay_jobs
from ports.events import Subscription
from ports.ids import IdSource
from ports.personal_data import PersonalData
from ports.published.admission_persons import PassesOfPersonApi
from ports.published.identity import AccountRegistered, IdentityApi, PersonsApi
from ports.published.personal_data import PersonalDataCollected, PersonalDataErased
from ports.users import DueRequests, UserTransactions
from usecases.users.ask_for_erasure import AskForErasure
from usecases.users.ask_for_export import AskForExport
from usecases.users.gather_answers import GATHERS_ERASURES, GATHERS_PAGES, GatherErasure, GatherPage
from usecases.users.own_billing_address import OwnBillingAddress
from usecases.users.own_preferences import OwnPreferences
from usecases.users.own_profile import OwnProfile
from usecases.users.tend_data_requests import TendDataRequests
from usecases.users.welcome_person import CONSUMER, WelcomePerson

TEND_INTERVAL_S = 10.0


class UserProvider(Provider):
    """The context of people."""

    scope = Scope.APP
    usecases = provide_all(
        OwnProfile,
        OwnPreferences,
        OwnBillingAddress,
        WelcomePerson,
        AskForExport,
        AskForErasure,
        GatherPage,
        GatherErasure,
        TendDataRequests,
    )
    data = provide(OwnPersonalData, provides=PersonalData)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> UserTransactions:
        """Return transactions as the app role."""
        return PostgresUserTransactions(pools.app, ids)

    @provide
    def due(self, pools: Pools) -> DueRequests:
        """Return the sweep's view as the relay role."""
        return PostgresDueRequests(pools.relay)


def user_service() -> Service:
    """Return the user service."""
    return Service(
        name="user",
        providers=(
            PostgresProvider("user"),
            UserProvider(),
            PostgresMessagesProvider(tenant_owned=False),
            AnswersProvider("user"),
            linked(IdentityApi, PersonsApi, PassesOfPersonApi),
        ),
        controllers=(OwnDataController, DataRequestController),
        subscriptions=(
            Subscription(CONSUMER, AccountRegistered, WelcomePerson),
            Subscription(GATHERS_PAGES, PersonalDataCollected, GatherPage),
            Subscription(GATHERS_ERASURES, PersonalDataErased, GatherErasure),
            *person_subscriptions("user"),
        ),
        jobs=(*relay_jobs(), JobSpec("tend_data_requests", TEND_INTERVAL_S, TendDataRequests)),
        checks=(PostgresHealth,),
    )
