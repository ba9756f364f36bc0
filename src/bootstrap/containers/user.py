"""The user service: people, on user_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.http.users import OwnDataController
from adapters.postgres.health import PostgresHealth
from adapters.postgres.users import PostgresUserTransactions
from bootstrap.containers.service import Pools, PostgresProvider, Service, relay_jobs
from ports.events import Subscription
from ports.ids import IdSource
from ports.published.identity import AccountRegistered
from ports.users import UserTransactions
from usecases.users.own_billing_address import OwnBillingAddress
from usecases.users.own_preferences import OwnPreferences
from usecases.users.own_profile import OwnProfile
from usecases.users.welcome_person import CONSUMER, WelcomePerson


class UserProvider(Provider):
    """The context of people."""

    scope = Scope.APP
    usecases = provide_all(OwnProfile, OwnPreferences, OwnBillingAddress, WelcomePerson)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> UserTransactions:
        """Return transactions as the app role."""
        return PostgresUserTransactions(pools.app, ids)


def user_service() -> Service:
    """Return the user service."""
    return Service(
        name="user",
        providers=(PostgresProvider("user"), UserProvider()),
        controllers=(OwnDataController,),
        subscriptions=(Subscription(CONSUMER, AccountRegistered, WelcomePerson),),
        jobs=relay_jobs(),
        checks=(PostgresHealth,),
    )
