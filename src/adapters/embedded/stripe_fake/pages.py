"""The pages of Stripe's that a person visits, short of their looks: a visit does what the form on them would."""

from litestar import Response, Router, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from adapters.embedded.stripe_fake.accounts import Accounts
from adapters.embedded.stripe_fake.payments import Payments


def pages(accounts: Accounts, payments: Payments) -> Router:
    """Return the pages."""

    @get("/setup/e/{account_id:str}/{token:str}")
    async def onboarding(account_id: FromPath[str], token: FromPath[str], complete: FromQuery[bool] = True) -> Redirect:
        return Redirect(accounts.visit(account_id, token, complete=complete))

    @get("/authenticate/{intent_id:str}/{client_secret:str}")
    async def authenticate(
        intent_id: FromPath[str], client_secret: FromPath[str], succeed: FromQuery[bool] = True
    ) -> Response[str]:
        goes_to = payments.visit(intent_id, client_secret, succeed=succeed)
        return Response("Done.", media_type="text/plain") if goes_to is None else Redirect(goes_to)

    return Router("/", route_handlers=[onboarding, authenticate])
