"""Connected accounts: a part of the payment service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.inprocess.venue_accounts import InProcessVenueAccounts
from adapters.postgres.payment_accounts import PostgresAccountDirectory
from adapters.stripe.accounts import StripeAccountGateway
from bootstrap.containers.service import Pools
from bootstrap.settings import Settings
from ports.payments.accounts import AccountDirectory, AccountGateway
from ports.published.payments import VenueAccountsApi
from usecases.payments.agree_platform_fee import AgreePlatformFee
from usecases.payments.ask_charging import AskCharging
from usecases.payments.connect_venue import ConnectVenue, ReturnUrls
from usecases.payments.name_account import NameAccount
from usecases.payments.open_account import OpenAccount
from usecases.payments.read_account import ReadAccount
from usecases.payments.reconcile_accounts import ReconcileAccounts
from usecases.payments.record_account import RecordAccount


class AccountsProvider(Provider):
    """Connected accounts, with Stripe as their provider."""

    scope = Scope.APP
    usecases = provide_all(
        AskCharging,
        AgreePlatformFee,
        NameAccount,
        OpenAccount,
        ConnectVenue,
        ReadAccount,
        RecordAccount,
        ReconcileAccounts,
    )
    gateway = provide(StripeAccountGateway, provides=AccountGateway)
    published = provide(InProcessVenueAccounts, provides=VenueAccountsApi)

    @provide
    def directory(self, pools: Pools) -> AccountDirectory:
        """Return the worker's view as the relay role."""
        return PostgresAccountDirectory(pools.relay)

    @provide
    def urls(self, settings: Settings) -> ReturnUrls:
        """Return where Stripe's pages send people back to."""
        http = settings.http
        return ReturnUrls(http.public_url or f"http://{http.host}:{http.port}")
